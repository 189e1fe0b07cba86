// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::cascade_test {
namespace {

Json cascade_arm(double threshold) {
  return {{"name", "specialists"},
          {"partition", {{"name", "domain"}}},
          {"birth", {{"name", "cold"}}},
          {"combiner", {{"name", "cascade"}, {"threshold", threshold}, {"tolerance", 0.01}}},
          {"backbone", backbone(Stub::vector)}};
}

// Members that an item needs until one is sure enough, counted from what they say alone.
double executed_by_hand(const LoadedSuite& suite, const Json& component, const std::vector<int64_t>& order,
                        double threshold) {
  const View view = view_of(suite, suite.indices(Split::validation, 0));
  const auto members = noisy_members(make_recipe(suite, component, 64, quick_training(), 0), 0);
  double sum = 0;
  std::vector<Outcomes> said;
  for (const auto& member : members) said.push_back(forward_outcomes(NetworkModel(member), view));
  for (size_t item = 0; item < view.indices.size(); ++item) {
    size_t stage = 0;
    while (stage + 1 < order.size() &&
           static_cast<double>(said[static_cast<size_t>(order[stage])].max_log_prob[item]) < std::log(threshold))
      ++stage;
    sum += static_cast<double>(stage + 1);
  }
  return sum / static_cast<double>(view.indices.size());
}

TEST_CASE("[cascade] the record tells how many members ran for an item and who answered") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const View view = view_of(suite, suite.indices(Split::validation, 0));
  for (const double threshold : {0.0, 0.4, 2.0}) {
    CAPTURE(threshold);
    const auto model = noisy_model(suite, cascade_arm(threshold), 0);
    Json state;
    Arrays arrays;
    model->save(state, arrays);
    const Json routing = model->routing(view);
    const auto order = state.at("combiner_state").at("order").get<std::vector<int64_t>>();
    const double executed = routing.at("executed");
    if (threshold == 0.0) CHECK(executed == 1);
    if (threshold == 2.0) CHECK(executed == doctest::Approx(static_cast<double>(order.size())));
    if (threshold == 0.4) {
      CHECK(executed == doctest::Approx(executed_by_hand(suite, cascade_arm(threshold), order, threshold)));
      CHECK(executed > 1);
      CHECK(executed < static_cast<double>(order.size()));
    }
    for (const Json& domain : routing.at("load")) {
      double sum = 0;
      for (const double share : domain) sum += share;
      CHECK(sum == doctest::Approx(1));
    }
  }
}

}  // namespace
}  // namespace loom::cascade_test
