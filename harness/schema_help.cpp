// SPDX-License-Identifier: Apache-2.0
#include "harness/schema_help.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "harness/error.h"
#include "harness/experiment.h"
#include "harness/resolve.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace schema_help_detail {
namespace {

using Row = std::vector<std::string>;

// Columns as wide as their widest cell, two blanks apart; nothing trails.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], character_count(row[i]));
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) {
      line += " " + row[i] + std::string(widths[i] - character_count(row[i]) + 1, ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string value_text(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return number_text(value.get<double>());
  std::string out;
  for (const Json& item : value) out += (out.empty() ? "" : ", ") + value_text(item);
  return "[" + out + "]";
}

std::string default_text(const Field& field) {
  if (field.required) return "required";
  if (field.fallback.is_object()) return "see loom show " + field.name;
  if (field.fallback.is_array() && field.fallback.empty()) return "none";
  return value_text(field.fallback);
}

std::string type_text(const Field& field) {
  if (field.fallback.is_object()) return "section";
  const std::string each = field.type == FieldType::component ? field.component : expectation(field);
  return field.fallback.is_array() ? "list, each " + each : each;
}

std::string field_table(const std::vector<Field>& fields) {
  std::vector<Row> rows;
  for (const Field& field : fields) rows.push_back({field.name, type_text(field), default_text(field), field.doc});
  if (rows.empty()) return "  takes no settings\n";
  rows.insert(rows.begin(), Row{"key", "takes", "default", "meaning"});
  return aligned(rows);
}

std::string type_word(FieldType type) {
  switch (type) {
    case FieldType::boolean:
      return "true or false";
    case FieldType::integer:
      return "whole number";
    case FieldType::real:
      return "number";
    case FieldType::text:
      return "text";
    case FieldType::choice:
      return "choice";
    case FieldType::component:
      return "component";
    case FieldType::file:
      return "file";
  }
  fail("field type without a word");
}

std::string field_page(const FactSheet& facts, const std::string& title, const Field& field) {
  std::vector<Row> rows;
  const std::string type = type_word(field.type);
  rows.push_back({"type", field.fallback.is_array() ? "list, each a " + type : type});
  if (field.min || field.max) {
    rows.push_back({"range", (field.min ? number_text(*field.min) : "any") + " to " +
                                 (field.max ? number_text(*field.max) : "any")});
  }
  if (!field.choices.empty()) rows.push_back({"choices", joined(field.choices)});
  if (!field.component.empty()) {
    rows.push_back({"kind", field.component});
    rows.push_back({"choices", joined(facts.names(field.component))});
  }
  rows.push_back({"default", default_text(field)});
  return title + "\n" + (field.doc.empty() ? "" : "  " + field.doc + "\n") + aligned(rows);
}

std::string component_page(const Facts& facts) {
  std::vector<Row> rows;
  if (!facts.paper.empty()) rows.push_back({"paper", facts.paper});
  if (facts.kind == "architecture") rows.push_back({"family", facts.family});
  if (!facts.view.empty()) rows.push_back({"view", facts.view});
  if (facts.level != "none") rows.push_back({"information level", facts.level});
  if (!facts.access.empty()) rows.push_back({"access", joined(facts.access)});
  if (!facts.causal) rows.push_back({"causal", "false"});
  if (!facts.row_independent) rows.push_back({"row independent", "false"});
  if (facts.kind == "architecture" || facts.kind == "backbone") rows.push_back({"inputs", joined(facts.inputs)});
  return facts.kind + " " + facts.name + "\n" + (facts.summary.empty() ? "" : "  " + facts.summary + "\n") +
         aligned(rows) + "settings\n" + field_table(facts.fields);
}

std::string kind_page(const FactSheet& facts, const std::string& kind) {
  std::vector<Row> rows;
  for (const std::string& name : facts.names(kind)) rows.push_back({name, facts.find(kind, name)->summary});
  return "kind " + kind + "\n" + aligned(rows);
}

std::vector<std::string> split(std::string_view key) {
  std::vector<std::string> words(1);
  for (const char c : key) {
    if (c != ' ' && c != '.') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string section_title(const Section& section) { return section.name.empty() ? "config" : section.name; }

std::string field_title(const Section& section, const Field& field) {
  return section.name.empty() ? field.name : section.name + "." + field.name;
}

std::vector<std::string> pages(const FactSheet& facts, const std::vector<std::string>& words) {
  std::vector<std::string> out;
  const auto is = [&](std::initializer_list<std::string> path) {
    return std::equal(path.begin(), path.end(), words.begin(), words.end());
  };
  for (const Section& section : config_sections()) {
    if (is({section_title(section)}))
      out.push_back("section " + section_title(section) + "\n" + field_table(section.fields));
    for (const Field& field : section.fields) {
      const bool a_section = field.fallback.is_object();  // its own page says more
      const bool bare = section.name != "grid";           // its fields are those of train
      if (!a_section && ((bare && is({field.name})) || is({section_title(section), field.name}))) {
        out.push_back(field_page(facts, field_title(section, field), field));
      }
    }
  }
  std::set<std::string> kinds;
  for (const Facts& one : facts.all()) {
    const bool fresh = kinds.insert(one.kind).second;
    if (fresh && (is({one.kind}) || is({one.kind + "s"}))) out.push_back(kind_page(facts, one.kind));
  }
  for (const Facts& one : facts.all()) {
    if (is({one.name}) || is({one.kind, one.name})) out.push_back(component_page(one));
    for (const Field& field : one.fields) {
      if (is({one.name, field.name}) || is({one.kind, one.name, field.name})) {
        out.push_back(field_page(facts, one.kind + " " + one.name + "." + field.name, field));
      }
    }
  }
  return out;
}

// A setting by its name alone, e.g. top_k.
std::vector<std::string> setting_pages(const FactSheet& facts, std::string_view name) {
  std::vector<std::string> out;
  for (const Facts& one : facts.all()) {
    const Field* field = find_field(one.fields, name);
    if (field != nullptr) out.push_back(field_page(facts, one.kind + " " + one.name + "." + field->name, *field));
  }
  return out;
}

}  // namespace
}  // namespace schema_help_detail

std::vector<std::string> described_keys(const FactSheet& facts) {
  std::set<std::string> keys;
  for (const Section& section : config_sections()) {
    keys.insert(schema_help_detail::section_title(section));
    for (const Field& field : section.fields)
      keys.insert({field.name, schema_help_detail::field_title(section, field)});
  }
  for (const Facts& one : facts.all()) {
    keys.insert({one.kind, one.name});
    for (const Field& field : one.fields) keys.insert(field.name);
  }
  return {keys.begin(), keys.end()};
}

std::string describe(const FactSheet& facts, std::string_view key) {
  using namespace schema_help_detail;
  std::vector<std::string> found = pages(facts, split(key));
  if (found.empty()) found = setting_pages(facts, key);
  if (found.empty()) {
    const std::vector<std::string> keys = described_keys(facts);
    const std::string near = nearest(key, keys);
    throw InputError("nothing is called '" + printable(key) + "'" +
                     (near.empty() ? "; see loom show config" : "; did you mean '" + near + "'?"));
  }
  std::string out;
  for (const std::string& page : found) out += (out.empty() ? "" : "\n") + page;
  return out;
}

}  // namespace loom
