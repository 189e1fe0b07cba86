// SPDX-License-Identifier: Apache-2.0
#include "harness/config_schema.h"

#include <nlohmann/json.hpp>

#include "harness/arms.h"
#include "harness/claim_config.h"
#include "harness/planted.h"
#include "harness/resolve.h"
#include "harness/schema_components.h"
#include "harness/schema_values.h"

namespace loom {
namespace config_schema_detail {
namespace {

using namespace schema_values;

constexpr size_t kSuitesMax = 100, kFreeWidths = 4;  // of suites.cpp, whose text decides trial ids

Json list_up_to(Json item, size_t most) {
  Json out = list_of(std::move(item));
  out["maxItems"] = most;
  return out;
}

Json of_length(Json list, size_t length) {
  list["minItems"] = list["maxItems"] = length;
  return list;
}

Json claim_side() {
  return any_of({plain_text(), map_of({{"family", {{"enum", {"fabric", "monolith"}}}}}, {"family"})});
}

// Keys whose form the descriptors leave to the code that reads them; null: the descriptor says it all.
Json own_form(const std::string& section, const Field& field) {
  const auto is = [&](std::string_view where, std::string_view key) { return section == where && field.name == key; };
  if (is("", "name") || is("claims", "id")) return plain_name();
  if (is("claims", "family")) return any_of({plain_name(), {{"type", "null"}}});
  if (is("claims", "better") || is("claims", "than")) return claim_side();
  if (is("", "claims")) return list_up_to(any_of({reference_to("claims"), plain_text()}), kClaimsMax);
  if (is("", "defaults")) return {{"type", "array"}, {"items", {{"type", "string"}, {"pattern", "^[^/\\n][^\\n]*$"}}}};
  if (is("", "suites")) return list_up_to(reference_to("suite_entry"), kSuitesMax);
  if (is("search", "between")) return of_length(list_of(plain_text()), 2);
  if (is("suite", "suite")) return with_sweeps(reference_to("suite"));
  if (field.name == "arms") return list_of(reference_to("arm"));
  if (field.name == "reference") return reference_to("reference");
  if (field.name == "label") return reference_to("label");
  if (field.name == "free") return of_length(list_of(scalar_schema(field)), kFreeWidths);
  if (field.name == "tune" || field.name == "search") return any_of({reference_to(field.name), {{"type", "null"}}});
  return nullptr;
}

// At the top and in an entry of `suites:` null stands for nothing, but for a margin.
bool takes_null(const std::string& section, const Field& field) {
  return (section != "" && section != "suite") || field.name == "margin";
}

Json section_schema(const Section& section) {
  Json properties = Json::object();
  std::vector<std::string> required;
  for (const Field& field : section.fields) {
    Json own = own_form(section.name, field);
    properties[field.name] = own.is_null() ? field_schema(field, {.nullable = takes_null(section.name, field)})
                                           : documented(field, std::move(own));
    const bool here = section.name == "claims" || section.name == "search";  // elsewhere another file may say it
    if (field.required && here) required.push_back(field.name);
  }
  return map_of(std::move(properties), std::move(required));
}

Json required_keys(std::vector<std::string> keys) { return {{"required", std::move(keys)}}; }

// A suite by name alone, or an entry that names it with the key `suite`.
Json suite_among(const std::vector<std::string>& names) {
  const Json name = {{"enum", names}};
  const Json settings = {{"type", "object"}, {"minProperties", 1}, {"propertyNames", name}};
  const Json resolved = {{"type", "object"}, {"required", {"name"}}, {"properties", {{"name", name}}}};
  Json entry = {{"type", "object"}, {"required", {"suite"}}};
  entry["properties"]["suite"] = any_of({name, settings, resolved});
  return any_of({name, std::move(entry)});
}

Json sampled_reference() {
  Json out = required_keys({"reference"});
  out["properties"]["reference"] = required_keys({"samples"});
  return out;
}

// What must be there: said once at the top, or in every entry of `suites:` that needs it, or by a file of `defaults:`.
Json needed(const std::vector<Json>& forms, const std::vector<std::string>& excused) {
  std::vector<Json> in_entry = forms, at_top = forms;
  in_entry.push_back(required_keys({"imported"}));
  Json entry = any_of(std::move(in_entry));
  entry["type"] = "object";
  Json everywhere = required_keys({"suites"});
  everywhere["properties"]["suites"] = {{"type", "array"}, {"items", any_of({std::move(entry), suite_among(excused)})}};
  at_top.insert(at_top.end(), {required_keys({"defaults"}), std::move(everywhere), reference_to("only_files")});
  return any_of(std::move(at_top));
}

Json samples_once() { return {{"not", {{"allOf", {required_keys({"samples"}), sampled_reference()}}}}}; }

Json suite_entry(const FactSheet& facts) {
  std::vector<std::string> names;
  for (const std::string& name : facts.names("suite"))
    if (!needs_settings(*facts.find("suite", name))) names.push_back(name);
  Json entry = section_schema(config_section("suite"));
  entry["properties"]["imported"] = plain_text();
  entry["allOf"] = {samples_once()};
  entry["oneOf"] = {required_keys({"suite"}), required_keys({"imported"})};
  return any_of({names_schema(facts, "suite", names), std::move(entry)});
}

// arms: [{imported: PATH}] and no suites.
Json only_files() {
  Json arms = {{"type", "array"}, {"items", {{"type", "object"}, {"required", {"imported"}}}}};
  return {{"required", {"arms"}}, {"not", required_keys({"suites"})}, {"properties", {{"arms", std::move(arms)}}}};
}

}  // namespace
}  // namespace config_schema_detail

Json config_schema(const FactSheet& facts) {
  using namespace config_schema_detail;
  Json definitions = Json::object();
  define_components(facts, definitions);
  for (const Section& section : config_sections())
    if (!section.name.empty() && section.name != "suite") definitions[section.name] = section_schema(section);
  definitions["suite_entry"] = suite_entry(facts);
  definitions["only_files"] = only_files();
  definitions["label"] = plain_text();
  definitions["label"]["maxLength"] = kLabelMax;
  definitions["claim_file"] = any_of({reference_to("claims"), list_of(reference_to("claims"))});
  std::vector<std::string> untrained = {"imported"};
  for (const std::string& name : facts.names("suite"))
    if (is_planted(*facts.find("suite", name))) untrained.push_back(name);
  Json out = section_schema(config_section(""));
  out["$schema"] = "http://json-schema.org/draft-07/schema#";
  out["title"] = "loom experiment";
  out["description"] =
      "What to compare, on what, at which budget. Made by loom check --schema; loom show config says more.";
  out["allOf"] = {any_of({required_keys({"suites"}), required_keys({"defaults"}), reference_to("only_files")}),
                  samples_once(), needed({required_keys({"arms"})}, {"imported"}),
                  needed({required_keys({"reference"})}, untrained),
                  needed({required_keys({"samples"}), sampled_reference()}, untrained)};
  out["definitions"] = std::move(definitions);
  return out;
}

}  // namespace loom
