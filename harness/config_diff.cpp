// SPDX-License-Identifier: Apache-2.0
#include "harness/config_diff.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace loom {
namespace config_diff_detail {
namespace {

std::string name_of(const Json& item, size_t index) {
  for (const char* key : {"label", "id"}) {
    const auto found = item.is_object() ? item.find(key) : item.end();
    if (item.is_object() && found != item.end() && found->is_string()) return found->get<std::string>();
  }
  return std::to_string(index);
}

bool of_maps(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const Json& item) { return item.is_object(); });
}

// The parts of a map, or of a list of maps; null: a leaf.
std::optional<std::map<std::string, Json>> parts(const Json& value) {
  if (!value.is_object() && !of_maps(value)) return std::nullopt;
  std::map<std::string, Json> out;
  size_t index = 0;
  for (const auto& [key, inner] : value.items()) out[value.is_object() ? key : name_of(inner, index++)] = inner;
  return out;
}

void compare(const std::string& path, const Json& a, const Json& b, std::vector<ConfigDifference>& out) {
  const auto left = parts(a), right = parts(b);
  if (!left || !right) {
    if (a != b) out.push_back({path, a.dump(), b.dump()});
    return;
  }
  std::set<std::string> keys;
  for (const auto* side : {&*left, &*right})
    for (const auto& [key, unused] : *side) keys.insert(key);
  for (const std::string& key : keys) {
    const auto in_a = left->find(key), in_b = right->find(key);
    const std::string inner = path.empty() ? key : path + "." + key;
    if (in_a == left->end()) {
      out.push_back({inner, "", in_b->second.dump()});
    } else if (in_b == right->end()) {
      out.push_back({inner, in_a->second.dump(), ""});
    } else {
      compare(inner, in_a->second, in_b->second, out);
    }
  }
}

}  // namespace
}  // namespace config_diff_detail

std::vector<ConfigDifference> config_differences(const Json& a, const Json& b) {
  std::vector<ConfigDifference> out;
  config_diff_detail::compare("", a, b, out);
  return out;
}

}  // namespace loom
