// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/experiment.h"
#include "harness/resolve.h"

namespace loom {

inline constexpr size_t kLabelMax = 80;  // characters

// One arm as written, still without a label unless it brought one.
struct Arm {
  std::string label;   // empty: to be made from what differs
  bool swept = false;  // one of several that a sweep made from one entry
  size_t entry = 0;    // index in the list
  Mark mark;
  Json component;
};

// One node per combination of the `{sweep: [...]}` values below `arm`, the first sweep varying slowest.
std::vector<Node> expand_sweeps(const Scope& scope, const Node& arm);

// Label and component of an arm: NAME, {NAME: {settings, label}}, or {label: ..., component: {...}}. `backbone` is the
// reference's, inherited where none is set. `beside`: the reference's form, with settings beside its name.
bool resolve_arm(const Scope& scope, const Node& node, const Json& backbone, bool beside, Arm& arm);

// Fills in the labels: the architecture's name and the settings in which arms of one architecture differ.
void label_arms(const Scope& scope, std::vector<Arm>& arms);

// A whole list of arms, expanded, resolved and labelled; arms that cannot be told apart are mistakes.
std::vector<ArmConfig> resolve_arms(const Scope& scope, const Node& list, const Json& backbone);

std::string resolve_label(const Scope& scope, const Node& node, const std::string& owner);

}  // namespace loom
