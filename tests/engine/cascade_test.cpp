// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>
#include <set>

#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::cascade_test {
namespace {

Json cascade_arm(const Json& threshold, const char* answer = "last") {
  return {{"name", "specialists"},
          {"partition", {{"name", "domain"}}},
          {"birth", {{"name", "cold"}}},
          {"combiner", {{"name", "cascade"}, {"threshold", threshold}, {"tolerance", 0.01}, {"answer", answer}}},
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
    const auto member = static_cast<double>(forward_item_flops(network_spec(Stub::vector, backbone(Stub::vector))));
    CHECK(routing.at("executed_flops") == doctest::Approx(executed * member));  // all alike
    if (threshold == 0.0) CHECK(executed == 1);
    if (threshold == 0.0) CHECK(routing.at("defer_rate") == 0);
    if (threshold == 2.0) CHECK(routing.at("defer_rate") == 1);
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

TEST_CASE("[cascade] a stage of the mean answers with all members that ran, in the forward as in the replay") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const View view = view_of(suite, suite.indices(Split::train, 0));
  for (const double threshold : {0.0, 0.4, 2.0}) {
    CAPTURE(threshold);
    const Json component = cascade_arm(threshold, "mean");
    const auto members = noisy_members(make_recipe(suite, component, 64, quick_training(), 0), 0);
    const auto model = assemble(suite, component, members);
    Json state;
    Arrays arrays;
    model->save(state, arrays);
    const auto order = state.at("combiner_state").at("order").get<std::vector<size_t>>();
    const auto said = outcomes_of(members, view);
    const Outcomes forward = forward_outcomes(*model, view), replayed = model->outcomes(view, said);
    std::set<size_t> depths;
    for (size_t item = 0; item < view.indices.size(); ++item) {
      std::vector<double> mean(4);
      for (size_t stage = 0; stage < order.size(); ++stage) {
        for (size_t output = 0; output < 4; ++output)
          mean[output] +=
              (std::exp(static_cast<double>(said[order[stage]].log_probs[item * 4 + output])) - mean[output]) /
              static_cast<double>(stage + 1);
        if (stage + 1 < order.size() && std::ranges::max(mean) < threshold) continue;
        depths.insert(stage);
        break;
      }
      for (size_t output = 0; output < 4; ++output) {
        CHECK(std::exp(forward.log_probs[item * 4 + output]) == doctest::Approx(mean[output]).epsilon(1e-4));
        CHECK(std::exp(replayed.log_probs[item * 4 + output]) == doctest::Approx(mean[output]).epsilon(1e-4));
      }
    }
    CHECK((depths.size() > 1) == (threshold == 0.4));
  }
}

TEST_CASE("[cascade] the record holds the cost-accuracy curve of the split that it was fitted on") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json component = cascade_arm(nullptr);
  const auto members = noisy_members(make_recipe(suite, component, 64, quick_training(), 0), 0);
  const auto model = assemble(suite, component, members);
  const View view = view_of(suite, suite.indices(Split::calibration, 0));
  const Json curve = model->routing(view).at("curve");
  Json chosen;
  for (const Json& point : curve)
    if (point.at("chosen").get<bool>()) chosen = point;
  REQUIRE(!chosen.is_null());
  // On the same items the chosen point is what the record says of the run.
  CHECK(chosen.at("executed") == doctest::Approx(model->routing(view).at("executed").get<double>()));
  CHECK(chosen.at("cost") == doctest::Approx(model->routing(view).at("executed_flops").get<double>()));
  CHECK(chosen.at("defer_rate") == doctest::Approx(model->routing(view).at("defer_rate").get<double>()));
  const Outcomes said = forward_outcomes(*model, view);
  std::map<int32_t, std::pair<double, double>> by_domain;
  for (size_t item = 0; item < said.domain.size(); ++item) {
    by_domain[said.domain[item]].first += said.argmax[item] == said.target[item] ? 1 : 0;
    by_domain[said.domain[item]].second += 1;
  }
  double accuracy = 0;
  for (const auto& [domain, sum] : by_domain)
    accuracy += sum.first / sum.second / static_cast<double>(by_domain.size());
  CHECK(chosen.at("accuracy") == doctest::Approx(accuracy));
}

}  // namespace
}  // namespace loom::cascade_test
