// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/config_keys.h"

#include <nlohmann/json.hpp>

#include "harness/experiment.h"
#include "harness/resolve.h"

namespace loom {
namespace config_keys_detail {
namespace {

// The section behind `train.` or `tune.grid.`; null where a dot leads elsewhere, as into arms.
const Section* section_of(const std::string& path) {
  const Section* at = &config_section("");
  for (size_t from = 0; from < path.size();) {
    const size_t dot = path.find('.', from);
    const Field* field = find_field(at->fields, path.substr(from, dot - from));
    if (field == nullptr || !field->fallback.is_object()) return nullptr;
    at = &config_section(field->name);
    from = dot + 1;
  }
  return at;
}

std::vector<std::string> values(const FactSheet& facts, const Field& field) {
  if (field.type == FieldType::boolean) return {"true", "false"};
  if (field.type == FieldType::component && !field.fallback.is_object()) return facts.names(field.component);
  return field.choices;
}

}  // namespace
}  // namespace config_keys_detail

std::vector<std::string> config_keys(const FactSheet& facts, const std::string& begun) {
  using namespace config_keys_detail;
  const std::string key = begun.substr(0, begun.find('='));
  const std::string head = key.substr(0, key.rfind('.') + 1);  // npos + 1 is 0
  const Section* section = section_of(head);
  if (section == nullptr) return {};
  std::vector<std::string> out;
  for (const Field& field : section->fields) {
    if (begun.size() == key.size()) {
      const bool map = field.fallback.is_object() || field.name == "reference";
      out.push_back(head + field.name + (map ? "." : "="));
    } else if (head + field.name == key) {
      for (const std::string& value : values(facts, field)) out.push_back(key + "=" + value);
    }
  }
  return out;
}

}  // namespace loom
