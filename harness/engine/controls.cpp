// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "harness/engine/architecture.h"
#include "harness/engine/plan.h"

namespace loom {
namespace controls_detail {

const Json kCold = {{"name", "cold"}};

bool ranks(const PlannedArm& arm) { return arm.role == "arm"; }
bool is_specialists(const PlannedArm& arm) { return arm.component.at("name") == "specialists"; }

// Same runs, up to sizes: partition and birth.
bool same_members(const PlannedArm& a, const PlannedArm& b) {
  return is_specialists(a) && is_specialists(b) && a.component.at("partition") == b.component.at("partition") &&
         a.component.at("birth") == b.component.at("birth");
}

class Controls {
 public:
  explicit Controls(std::vector<PlannedArm> arms) : arms_(std::move(arms)) {}

  void add(std::string label, std::string role, Json component, int controlled) {
    const auto clash = [&](const PlannedArm& arm) { return arm.label == label || arm.component == component; };
    if (std::ranges::none_of(arms_, clash))
      arms_.push_back({std::move(label), std::move(role), std::move(component), controlled});
  }

  // One set of nulls per way of getting members: a fabric must beat its own cheap controls.
  void add_fabric_nulls(int index) {
    const Json parent = arms_[static_cast<size_t>(index)].component;
    const std::string birth = parent.at("birth").at("name");
    const auto variant = [&](const char* key, Json value) {
      Json component = parent;
      component[key] = std::move(value);
      return component;
    };
    add("best_constant " + birth, "null", variant("combiner", {{"name", "best_constant"}}), index);
    add("random_router " + birth, "null", variant("combiner", {{"name", "random_router"}}), index);
    Json random = variant("partition", {{"name", "random"}, {"parts", nullptr}});
    if (random["combiner"].contains("target")) random["combiner"]["target"] = "best_member";
    add("random_split " + birth, "null", std::move(random), index);
    Json self = variant("partition", {{"name", "pooled"}, {"parts", nullptr}});
    self["combiner"] = {{"name", "uniform_ensemble"}};
    self["birth"] = kCold;
    add("self_ensemble", "null", std::move(self), index);
  }

  void add_monolith_controls(const Json& reference) {
    int dense = -1;
    for (size_t i = 0; i < arms_.size() && dense < 0; ++i)
      if (arms_[i].component.at("name") == "dense" && ranks(arms_[i])) dense = static_cast<int>(i);
    const Json& backbone =
        dense >= 0 ? arms_[static_cast<size_t>(dense)].component.at("backbone") : reference.at("backbone");
    add("prior", "null", {{"name", "prior"}}, dense);
    add("tagged", "reference", {{"name", "tagged"}, {"backbone", backbone}}, dense);
    add("tagged_by_router", "null",
        {{"name", "tagged_by_router"}, {"hidden", 16}, {"epochs", 20}, {"backbone", backbone}}, dense);
  }

  std::vector<PlannedArm> take() { return std::move(arms_); }
  const std::vector<PlannedArm>& arms() const { return arms_; }

 private:
  std::vector<PlannedArm> arms_;
};

}  // namespace controls_detail

using namespace controls_detail;

std::vector<PlannedArm> with_controls(const Json& config) {
  std::vector<PlannedArm> given;
  for (const Json& arm : config.at("arms"))
    given.push_back({arm.at("label"), information_level(arm.at("component")) == "none" ? "arm" : "reference",
                     arm.at("component"), -1});
  for (PlannedArm& arm : given) {  // a reference inherits the members of the arm it bounds
    if (ranks(arm)) continue;
    for (size_t i = 0; i < given.size() && arm.controlled < 0; ++i)
      if (ranks(given[i]) && (same_members(arm, given[i]) ||
                              (arm.component.at("name") == "tagged" && given[i].component.at("name") == "dense")))
        arm.controlled = static_cast<int>(i);
  }
  Controls controls(given);
  std::vector<int> groups;
  for (size_t i = 0; i < given.size(); ++i) {
    if (!ranks(given[i]) || !is_specialists(given[i]) || given[i].component.at("partition").at("name") != "domain")
      continue;
    if (std::ranges::any_of(groups,
                            [&](int other) { return same_members(given[i], given[static_cast<size_t>(other)]); }))
      continue;
    groups.push_back(static_cast<int>(i));
    controls.add_fabric_nulls(static_cast<int>(i));
  }
  controls.add_monolith_controls(config.at("reference").at("component"));
  return controls.take();
}

}  // namespace loom
