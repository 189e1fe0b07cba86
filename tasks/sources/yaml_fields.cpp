// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/yaml_fields.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "harness/facts.h"
#include "tasks/sources/csv.h"

namespace loom::sources {

std::string joined(const Words& words) {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : ", ") + word;
  return result;
}

std::string did_you_mean(const std::string& word, const Words& candidates) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? "" : "did you mean '" + near + "'?";
}

void YamlFields::wrong(const Node& node, const std::string& message, const std::string& suggestion) {
  diagnostics_.error(node.mark, message, suggestion);
}

std::string YamlFields::text(const Node& node) {
  if (node.kind == Node::Kind::scalar && !node.text.empty()) return node.text;
  wrong(node, "text expected here");
  return "";
}

double YamlFields::ranged(const Node& node, double min, double max, const std::string& what, bool whole) {
  const auto value = node.kind == Node::Kind::scalar && !node.quoted ? as_number(node.text) : std::optional<double>();
  if (value && std::isfinite(*value) && *value >= min && *value <= max && (!whole || *value == std::floor(*value)))
    return *value;
  char range[96];
  std::snprintf(range, sizeof range, " from %.15g to %.15g expected here", min, max);
  wrong(node, what + range);
  return min;
}

double YamlFields::number(const Node& node, double min, double max) {
  return ranged(node, min, max, "a number", false);
}

int64_t YamlFields::whole(const Node& node, int64_t min, int64_t max) {
  return static_cast<int64_t>(ranged(node, static_cast<double>(min), static_cast<double>(max), "a whole number", true));
}

Words YamlFields::file_names(const Node& node) {
  Words names;
  const auto add = [&](const Node& item) {
    const std::filesystem::path name = text(item);
    const bool climbs = std::ranges::find(name, std::filesystem::path("..")) != name.end();
    if (name.is_absolute() || climbs)
      wrong(item, "files are named relative to the suite's folder and lie inside it");
    else if (std::ranges::find(names, name.string()) != names.end())
      wrong(item, "this file is named twice");
    names.push_back(name.string());
  };
  if (node.kind == Node::Kind::list) {
    for (const auto& item : node.items) add(item);
    if (names.empty()) wrong(node, "at least one file is needed");
  } else {
    add(node);
  }
  return names;
}

}  // namespace loom::sources
