// SPDX-License-Identifier: Apache-2.0
#include "harness/schema_components.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/imported_config.h"
#include "harness/resolve.h"
#include "harness/schema_values.h"

namespace loom {
namespace schema_components_detail {
namespace {

using namespace schema_values;

constexpr const char* kSwept[] = {"architecture", "backbone",  "birth",
                                  "combiner",     "partition", "suite"};  // inside them

// Schemas of settings by key. Where components disagree on a key, any of theirs holds.
using Settings = std::map<std::string, std::vector<Json>>;

void add(Settings& settings, const std::string& key, Json schema) {
  std::vector<Json>& known = settings[key];
  if (std::ranges::find(known, schema) == known.end()) known.push_back(std::move(schema));
}

Json properties_of(Settings settings) {
  Json out = Json::object();
  for (auto& [key, schemas] : settings) out[key] = any_of(std::move(schemas));
  return out;
}

Json setting_schema(const Facts& facts, const Field& field) {
  const FieldRules rules = {.nullable = true, .sweeps = std::ranges::count(kSwept, facts.kind) > 0};
  if (!field.fallback.is_array() || !imported_config::is_imported({{"name", facts.name}}))
    return field_schema(field, rules);
  return documented(field, with_sweeps(any_of({scalar_schema(field), list_of(scalar_schema(field))})));
}

Settings backbone_settings(const FactSheet& sheet) {
  Settings out;
  for (const std::string& name : sheet.names("backbone")) {
    const Facts& backbone = *sheet.find("backbone", name);
    for (const Field& field : backbone.fields) add(out, field.name, setting_schema(backbone, field));
  }
  return out;
}

void add_settings(const FactSheet& sheet, const Facts& facts, Settings& settings) {
  for (const Field& field : facts.fields) add(settings, field.name, setting_schema(facts, field));
  if (facts.kind == "architecture") add(settings, "label", reference_to("label"));
  if (find_field(facts.fields, "backbone") == nullptr) return;
  for (const auto& [key, schemas] : backbone_settings(sheet))  // they may stand here directly
    add(settings, key, reference_to("setting." + key));
}

// What stands behind `NAME:`.
Json settings_schema(const FactSheet& sheet, const Facts& facts) {
  Settings settings;
  add_settings(sheet, facts, settings);
  std::vector<std::string> required;
  for (const Field& field : facts.fields)
    if (field.required) required.push_back(field.name);
  std::vector<Json> forms = {map_of(properties_of(std::move(settings)), required)};
  if (!facts.fields.empty()) {  // a bare value sets the first
    Json first = setting_schema(facts, facts.fields[0]);
    forms.push_back({{"not", {{"type", {"array", "object"}}}}, {"allOf", {std::move(first)}}});
  }
  if (!needs_settings(facts)) forms.push_back({{"type", "null"}});
  Json out = any_of(std::move(forms));
  out["description"] = facts.summary + (facts.paper.empty() ? "" : " (" + facts.paper + ")");
  return out;
}

Json kind_schema(const FactSheet& sheet, const std::string& kind) {
  std::vector<std::string> alone, all = sheet.names(kind);
  Json each = Json::object();
  for (const std::string& name : all) {
    if (!needs_settings(*sheet.find(kind, name))) alone.push_back(name);
    each[name] = reference_to(kind + "." + name);
  }
  Json named = map_of(std::move(each));
  named["minProperties"] = named["maxProperties"] = 1;
  Json resolved = {{"type", "object"}, {"required", {"name"}}, {"properties", {{"name", {{"enum", all}}}}}};
  return any_of({names_schema(sheet, kind, alone), std::move(named), std::move(resolved)});
}

Json wrapped_arm(Json more) {
  more["component"] = reference_to("architecture");
  more["label"] = reference_to("label");
  return map_of(std::move(more), {"component"});
}

// {ARCHITECTURE: {...}, samples: N}: settings may stand beside the name too.
Json reference_schema(const FactSheet& sheet) {
  const Json samples = field_schema(config_field("", "samples"), {});
  const std::vector<std::string> names = sheet.names("architecture");
  Settings settings;
  Json one_name = Json::array();
  for (const std::string& name : names) {
    add_settings(sheet, *sheet.find("architecture", name), settings);
    one_name.push_back({{"required", {name}}});
  }
  for (const std::string& name : names) settings[name] = {reference_to("architecture." + name)};
  settings["samples"] = {samples};
  Json named = map_of(properties_of(std::move(settings)));
  named["oneOf"] = std::move(one_name);
  Json resolved = {{"required", {"name"}}, {"properties", {{"name", {{"enum", names}}}, {"samples", samples}}}};
  return {{"type", "object"},
          {"allOf", {reference_to("no_sweep")}},
          {"anyOf", {std::move(named), wrapped_arm({{"samples", samples}}), std::move(resolved)}}};
}

}  // namespace
}  // namespace schema_components_detail

bool needs_settings(const Facts& facts) {
  return std::ranges::any_of(facts.fields, [](const Field& field) { return field.required; });
}

Json names_schema(const FactSheet& facts, std::string_view kind, const std::vector<std::string>& names) {
  std::vector<std::string> summaries;  // enumDescriptions is an editors' extension; validators pass over it
  for (const std::string& name : names) summaries.push_back(facts.find(kind, name)->summary);
  return {{"enum", names}, {"enumDescriptions", std::move(summaries)}};
}

void define_components(const FactSheet& facts, Json& definitions) {
  using namespace schema_components_detail;
  for (const char* kind : {"architecture", "backbone", "birth", "combiner", "partition", "suite"}) {
    definitions[kind] = kind_schema(facts, kind);
    for (const std::string& name : facts.names(kind))
      definitions[std::string(kind) + "." + name] = settings_schema(facts, *facts.find(kind, name));
  }
  for (auto& [key, schemas] : backbone_settings(facts)) definitions["setting." + key] = any_of(std::move(schemas));
  definitions["arm"] = with_sweeps(any_of({reference_to("architecture"), wrapped_arm(Json::object())}));
  definitions["reference"] = reference_schema(facts);
  definitions["no_sweep"] = {{"properties", {{"sweep", false}}},
                             {"additionalProperties", reference_to("no_sweep")},
                             {"items", reference_to("no_sweep")}};
}

}  // namespace loom
