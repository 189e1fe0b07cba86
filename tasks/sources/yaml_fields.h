// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/yaml.h"

namespace loom::sources {

using Words = std::vector<std::string>;

std::string joined(const Words& words);                                      // a, b, c
std::string did_you_mean(const std::string& word, const Words& candidates);  // empty when none is near

// Reads the scalars of a YAML file. A mistake goes to the diagnostics, and a harmless value comes back.
class YamlFields {
 public:
  explicit YamlFields(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
  Diagnostics& diagnostics() { return diagnostics_; }
  void wrong(const Node& node, const std::string& message, const std::string& suggestion = "");
  std::string text(const Node& node);
  double number(const Node& node, double min, double max);
  int64_t whole(const Node& node, int64_t min, int64_t max);
  Words file_names(const Node& node);  // one, or a list: relative, without "..", distinct

 private:
  double ranged(const Node& node, double min, double max, const std::string& what, bool whole);
  Diagnostics& diagnostics_;
};

}  // namespace loom::sources
