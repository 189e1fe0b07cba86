// SPDX-License-Identifier: Apache-2.0
#include "harness/resolve.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/components.h"
#include "harness/error.h"
#include "harness/file_field.h"
#include "harness/text_numbers.h"

namespace loom {
namespace resolve_detail {
namespace {

std::string range(const Field& field) {
  if (field.min && field.max) return " from " + number_text(*field.min) + " to " + number_text(*field.max);
  if (field.min) return " of at least " + number_text(*field.min);
  if (field.max) return " of at most " + number_text(*field.max);
  return "";
}

bool in_range(const Field& field, double value) {
  return !(field.min && value < *field.min) && !(field.max && value > *field.max);
}

// What the writer probably meant by a text where a number or a truth value belongs.
std::string number_hint(const Node& node) {
  if (node.quoted && parse_number(node.text)) return "remove the quotes";
  if (node.text.starts_with("0x") || node.text.starts_with("0o")) return "numbers are decimal";
  if (node.text.size() > 1 && node.text[0] == '0' && std::isdigit(static_cast<unsigned char>(node.text[1]))) {
    return "numbers are decimal, without leading zeros";
  }
  if (node.text.find_first_of("_,") != std::string::npos) return "write the digits without separators";
  if (node.text.starts_with(".") || node.text.starts_with("-.") || node.text.starts_with("+.")) {
    return "numbers are finite";
  }
  return "";
}

std::string boolean_hint(const Node& node) {
  if (node.quoted && (node.text == "true" || node.text == "false")) return "remove the quotes";
  const std::vector<std::string> yes = {"yes", "on", "True", "TRUE", "1", "y"},
                                 no = {"no", "off", "False", "FALSE", "0"};
  if (std::find(yes.begin(), yes.end(), node.text) != yes.end()) return "write true";
  return std::find(no.begin(), no.end(), node.text) != no.end() ? "write false" : "";
}

std::optional<Json> read_number(const Field& field, const Node& node) {
  const auto value = node.quoted ? std::nullopt : parse_number(node.text);
  if (!value || !in_range(field, *value)) return std::nullopt;
  if (field.type == FieldType::real) return Json(*value);
  constexpr double kExactMax = 9007199254740992.0;  // 2^53: beyond it a double does not know every whole number
  if (*value != std::floor(*value) || std::fabs(*value) > kExactMax) return std::nullopt;
  return Json(static_cast<int64_t>(*value));
}

std::optional<Json> read_scalar(const Field& field, const Node& node) {
  switch (field.type) {
    case FieldType::boolean:
      if (node.quoted || (node.text != "true" && node.text != "false")) return std::nullopt;
      return Json(node.text == "true");
    case FieldType::integer:
    case FieldType::real:
      return read_number(field, node);
    case FieldType::text:
      if (node.text.empty() || node.text.find('\n') != std::string::npos) return std::nullopt;
      return Json(node.text);
    case FieldType::choice:
      if (std::find(field.choices.begin(), field.choices.end(), node.text) == field.choices.end()) return std::nullopt;
      return Json(node.text);
    case FieldType::component:
    case FieldType::file:
      break;
  }
  fail("a component or a file is not a scalar");
}

std::string suggestion(const Field& field, const Node& node) {
  if (node.kind != Node::Kind::scalar) return "";
  if (field.type == FieldType::boolean) return boolean_hint(node);
  if (field.type == FieldType::integer || field.type == FieldType::real) return number_hint(node);
  if (field.type != FieldType::choice) return "";
  const std::string near = nearest(node.text, field.choices);
  return near.empty() ? "" : "did you mean '" + near + "'?";
}

std::string help(const Field& field, const Place& place) {
  return field.doc + (field.doc.empty() ? "" : "   ") + "(loom show " + place.show + ")";
}

Json refuse(const Scope& scope, const Field& field, const Node& node, const Place& place, const std::string& wanted,
            const std::string& hint) {
  if (is_sweep(node)) {
    scope.diagnostics.error(node.mark, place.path + ": a sweep may stand only inside an arm or a suite's settings",
                            "give one value; lists are written [a, b]", help(field, place));
  } else {
    scope.diagnostics.error(node.mark, place.path + ": expected " + wanted + ", got " + description(node), hint,
                            help(field, place));
  }
  return field.fallback;
}

Json resolve_scalar(const Scope& scope, const Field& field, const Node& node, const Place& place) {
  const bool nullable = field.fallback.is_null() && !field.required;
  if (node.kind == Node::Kind::null && nullable) return nullptr;
  const auto value = node.kind == Node::Kind::scalar ? read_scalar(field, node) : std::nullopt;
  return value ? *value : refuse(scope, field, node, place, expectation(field), suggestion(field, node));
}

Json resolve_list(const Scope& scope, const Field& field, const Node& node, const Place& place) {
  Field item = field;
  item.fallback = nullptr;
  item.required = true;
  if (node.kind != Node::Kind::list || node.items.empty()) {
    return refuse(scope, field, node, place, "a list like [...], each " + expectation(item),
                  node.kind == Node::Kind::scalar && !node.quoted ? "write [" + node.text + "]" : "");
  }
  Json out = Json::array();
  std::map<std::string, Mark> seen;
  for (const Node& element : node.items) {
    const Json value = resolve_scalar(scope, item, element, place);
    if (value.is_null()) continue;
    const auto [first, fresh] = seen.emplace(value.dump(), element.mark);
    if (!fresh) {
      scope.diagnostics.error(element.mark, place.path + ": " + description(element) + " is listed twice",
                              "remove one of the two", help(field, place));
      scope.diagnostics.note(first->second, "the first is here");
    }
    out.push_back(value);
  }
  return out;
}

}  // namespace
}  // namespace resolve_detail

const Section& config_section(std::string_view name) {
  for (const Section& section : config_sections()) {
    if (section.name == name) return section;
  }
  fail("no config section '" + std::string(name) + "'");
}

const Field* find_field(std::span<const Field> fields, std::string_view name) {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return at == fields.end() ? nullptr : &*at;
}

const Field& config_field(std::string_view section, std::string_view name) {
  const Field* found = find_field(config_section(section).fields, name);
  check(found != nullptr, "config section without the field '" + std::string(name) + "'");
  return *found;
}

std::vector<std::string> field_names(std::span<const Field> fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::string expectation(const Field& field) {
  switch (field.type) {
    case FieldType::boolean:
      return "true or false";
    case FieldType::integer:
      return "a whole number" + resolve_detail::range(field);
    case FieldType::real:
      return "a number" + resolve_detail::range(field);
    case FieldType::text:
      return "a text";
    case FieldType::choice:
      return field.choices.size() == 1 ? field.choices[0] : "one of " + joined(field.choices);
    case FieldType::component:
      return "a name of kind " + field.component;
    case FieldType::file:
      return "a file";
  }
  fail("field type without an expectation");
}

std::string description(const Node& node) {
  constexpr size_t kShownMax = 60;
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return node.items.empty() ? "an empty list" : "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  std::string text = node.text.substr(0, kShownMax) + (node.text.size() > kShownMax ? "..." : "");
  if (node.quoted) return "the quoted text '" + text + "'";
  return parse_number(node.text) ? text : "'" + text + "'";
}

bool is_sweep(const Node& node) {
  return node.kind == Node::Kind::map && node.entries.size() == 1 && node.entries[0].key == "sweep";
}

Json resolve_default(const Scope& scope, const Field& field) {
  if (field.type == FieldType::component && field.fallback.is_string()) {
    return default_component(scope, field.component, field.fallback.get<std::string>());
  }
  if (field.type == FieldType::real && field.fallback.is_number()) return field.fallback.get<double>();
  return field.fallback;
}

Json resolve_field(const Scope& scope, const Field& field, const Node& node, const Place& place) {
  if (field.type == FieldType::file) return resolve_file(scope, field, node, place);
  if (field.fallback.is_array()) return resolve_detail::resolve_list(scope, field, node, place);
  if (field.type != FieldType::component) return resolve_detail::resolve_scalar(scope, field, node, place);
  if (node.kind == Node::Kind::null && field.fallback.is_null() && !field.required) return nullptr;
  const auto written = read_component(scope, field.component, node);
  return written ? resolve_written(scope, *written) : Json();
}

void refuse_key(const Scope& scope, const Node::Entry& entry, const std::string& owner,
                const std::vector<std::string>& known, const std::string& show, const std::string& help) {
  const std::string near = nearest(entry.key, known);
  const std::string keys = known.empty() ? owner + " takes no settings" : "keys here: " + joined(known);
  if (entry.key == "sweep") {
    return scope.diagnostics.error(entry.mark, "a sweep in " + owner + " stands beside other keys",
                                   "write KEY: {sweep: [a, b]}",
                                   (help.empty() ? keys : help) + "   (loom show " + show + ")");
  }
  scope.diagnostics.error(entry.mark, "unknown key '" + entry.key + "' in " + owner,
                          near.empty() ? "" : "did you mean '" + near + "'?",
                          (help.empty() ? keys : help) + "   (loom show " + show + ")");
}

void refuse_unknown_keys(const Scope& scope, const Section& section, const Node& node) {
  const std::string owner = section.name.empty() ? "the config" : section.name;
  for (const Node::Entry& entry : node.entries) {
    if (find_field(section.fields, entry.key) != nullptr) continue;
    refuse_key(scope, entry, owner, field_names(section.fields), section.name.empty() ? "config" : section.name);
  }
}

Json resolve_section(const Scope& scope, const Section& section, const Node* node) {
  Json out = Json::object();
  for (const Field& field : section.fields) out[field.name] = resolve_default(scope, field);
  if (node == nullptr) return out;
  if (node->kind != Node::Kind::map) {
    scope.diagnostics.error(
        node->mark, section.name + ": expected settings like {key: value}, got " + description(*node), "",
        "keys here: " + joined(field_names(section.fields)) + "   (loom show " + section.name + ")");
    return out;
  }
  refuse_unknown_keys(scope, section, *node);
  for (const Node::Entry& entry : node->entries) {
    const Field* field = find_field(section.fields, entry.key);
    const std::string path = section.name + "." + entry.key;
    if (field != nullptr) out[entry.key] = resolve_field(scope, *field, entry.value, {path, path});
  }
  return out;
}

}  // namespace loom
