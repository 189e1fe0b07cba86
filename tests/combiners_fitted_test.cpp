// SPDX-License-Identifier: Apache-2.0
// Combiners that choose constants on the calibration split, against hand-worked cases and optimality conditions.
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "architectures/combiners/_stacking.h"
#include "architectures/combiners/_validation.h"
#include "harness/combiner.h"
#include "harness/joined_outcomes.h"
#include "harness/random.h"

namespace loom::combiners_fitted_test {
namespace {

// Members that know one output each: member k puts most on the truth where it is output k, else it guesses.
std::vector<Outcomes> specialists(int64_t members, int64_t items, double skill) {
  Stream stream(3, "test/specialists");
  std::vector<Outcomes> all(static_cast<size_t>(members));
  for (Outcomes& said : all) {
    said.items = items;
    said.outputs = members;
  }
  for (int64_t item = 0; item < items; ++item) {
    const auto truth = static_cast<int32_t>(stream.below(static_cast<uint64_t>(members)));
    for (int64_t member = 0; member < members; ++member) {
      Outcomes& said = all[static_cast<size_t>(member)];
      said.target.push_back(truth);
      said.domain.push_back(static_cast<int32_t>(item % 2));
      said.group.push_back(static_cast<int32_t>(item));
      std::vector<double> score(static_cast<size_t>(members));
      for (double& value : score) value = 0.5 * stream.normal();
      if (truth == member) score[static_cast<size_t>(truth)] += skill;
      double sum = 0;
      for (const double value : score) sum += std::exp(value);
      for (const double value : score) said.log_probs.push_back(static_cast<float>(value - std::log(sum)));
    }
  }
  for (Outcomes& said : all) summarise(said);
  return all;
}

FitInput fit_input(const std::vector<Outcomes>& said) {
  return {.calibration = said, .domains = 2, .members = std::ssize(said)};
}

std::unique_ptr<Combiner> fitted(const Json& options, const std::vector<Outcomes>& said) {
  auto combiner = build_combiner(options);
  combiner->fit(fit_input(said));
  return combiner;
}

Json state_of(const Combiner& combiner) {
  Json state;
  Arrays arrays;
  combiner.save(state, arrays);
  return state;
}

double loss_of(const std::vector<float>& log_probs, const Outcomes& truth) {
  double loss = 0;
  for (int64_t item = 0; item < truth.items; ++item)
    loss -= static_cast<double>(
        log_probs[static_cast<size_t>(item * truth.outputs + truth.target[static_cast<size_t>(item)])]);
  return loss / static_cast<double>(truth.items);
}

std::vector<float> answer(const Combiner& combiner, const std::vector<Outcomes>& said) {
  const JoinedOutcomes all = join(said);
  std::vector<float> out(said[0].log_probs.size());
  combiner.combine(all.view(), out);
  return out;
}

}  // namespace
}  // namespace loom::combiners_fitted_test

using namespace loom;
using namespace loom::combiners_fitted_test;

TEST_CASE("[weighted_ensemble] meets the optimality conditions of a convex loss on the simplex") {
  std::vector<Outcomes> said = specialists(3, 200, 2);
  said.push_back(said[0]);  // a member that only harms
  for (float& value : said[3].log_probs) value = value * 3 - 4;
  for (float& value : said[3].target_log_prob) value = value * 3 - 4;
  const auto weights =
      state_of(*fitted({{"name", "weighted_ensemble"}}, said)).at("weights").get<std::vector<double>>();
  const std::vector<double> importance = combiners::macro_weights(said[0], 2);
  double total = 0;
  for (size_t member = 0; member < said.size(); ++member) {
    double slope = 0;  // mean share of the mixture; 1 where the weight is free, at most 1 where it is zero
    for (size_t at = 0; at < importance.size(); ++at) {
      double mixture = 0;
      for (size_t k = 0; k < said.size(); ++k)
        mixture += weights[k] * std::exp(static_cast<double>(said[k].target_log_prob[at]));
      slope += importance[at] * std::exp(static_cast<double>(said[member].target_log_prob[at])) / mixture;
    }
    total += weights[member];
    CHECK(slope < 1 + 1e-3);
    if (weights[member] > 1e-3) CHECK(slope > 1 - 1e-3);
  }
  CHECK(total == doctest::Approx(1));
  CHECK(weights[3] < 1e-3);
}

TEST_CASE("[greedy_ensemble] takes the best member first and then what completes it") {
  // Two items of two domains. Probabilities of the truth: a .9 .1, b .1 .8, c .4 .4.
  const auto member = [](double first, double second) {
    Outcomes said;
    said.items = 2;
    said.outputs = 2;
    said.domain = said.group = {0, 1};
    said.target = {0, 0};
    said.target_log_prob = {static_cast<float>(std::log(first)), static_cast<float>(std::log(second))};
    return said;
  };
  const std::vector<Outcomes> said = {member(.9, .1), member(.1, .8), member(.4, .4)};
  const auto weights = [&](int64_t rounds) {
    return state_of(*fitted({{"name", "greedy_ensemble"}, {"rounds", rounds}}, said)).at("weights");
  };
  CHECK(weights(1) == Json{0.0, 0.0, 1.0});                           // geometric means: .3, .28, .4
  CHECK(weights(2) == Json{0.5, 0.0, 0.5});                           // with a: .65 x .25; b: .25 x .6; c: .4 x .4
  CHECK(weights(3).at(1).get<double>() == doctest::Approx(1.0 / 3));  // a b c: .467 x .433
}

TEST_CASE("[cascade] a threshold of 0 is the first member, one above 1 the last, and the first is the best") {
  const std::vector<Outcomes> said = specialists(3, 300, 2);
  const JoinedOutcomes all = join(said);
  const auto share = [&](const Json& threshold) {
    const auto cascade = fitted({{"name", "cascade"}, {"threshold", threshold}, {"tolerance", 0.01}}, said);
    std::vector<float> weights(900);
    cascade->weigh(all.view(), weights);
    std::vector<double> own(3);
    for (size_t at = 0; at < weights.size(); ++at) own[at % 3] += static_cast<double>(weights[at]) / 300;
    return std::pair(own, state_of(*cascade).at("order").get<std::vector<size_t>>());
  };
  const auto [never, order] = share(0.0);
  CHECK(never[order.front()] == doctest::Approx(1));
  const auto [always, again] = share(2.0);
  CHECK(always[again.back()] == doctest::Approx(1));
  const std::vector<double> importance = combiners::macro_weights(said[0], 2);
  const auto alone = [&](size_t member) {
    std::vector<double> weights(3);
    weights[member] = 1;
    return combiners::mixture_loss(said, importance, weights);
  };
  for (const size_t member : order) CHECK(alone(order.front()) <= alone(member) + 1e-12);
}

TEST_CASE("[cascade] of the mean, the first stage is the first member and the last one the uniform ensemble") {
  const std::vector<Outcomes> said = specialists(3, 300, 2);
  const JoinedOutcomes all = join(said);
  for (const double threshold : {0.0, 2.0}) {
    const auto cascade = fitted({{"name", "cascade"}, {"threshold", threshold}, {"answer", "mean"}}, said);
    std::vector<float> weights(900);
    cascade->weigh(all.view(), weights);
    const auto first = state_of(*cascade).at("order").at(0).get<size_t>();
    for (size_t at = 0; at < weights.size(); ++at)
      CHECK(weights[at] == (threshold == 2.0 ? 1.0F / 3 : at % 3 == first ? 1.0F : 0.0F));
  }
}

TEST_CASE("[cascade] by cost the cheapest runs first, equals in the order of their loss") {
  const std::vector<Outcomes> said = specialists(3, 300, 2);
  const auto order = [&](const char* by, const std::vector<double>& costs) {
    auto cascade = build_combiner({{"name", "cascade"}, {"threshold", 2.0}, {"order", by}});
    FitInput input = fit_input(said);
    input.costs = costs;
    cascade->fit(input);
    CHECK(cascade->told().at(0).at("cost") == doctest::Approx(costs.empty() ? 3 : costs[0] + costs[1] + costs[2]));
    return cascade->order(3);
  };
  const std::vector<int64_t> by_loss = order("loss", {});
  CHECK(order("loss", {1, 2, 3}) == by_loss);
  CHECK(order("cost", {2, 1, 3}) == std::vector<int64_t>{1, 0, 2});
  CHECK(order("cost", {5, 5, 5}) == by_loss);
}

TEST_CASE("[cascade] the threshold on calibration is the cheapest within its tolerance") {
  const std::vector<Outcomes> said = specialists(3, 300, 3);
  const auto chosen = [&](double tolerance) {
    const Json state = state_of(*fitted({{"name", "cascade"}, {"threshold", nullptr}, {"tolerance", tolerance}}, said));
    double lowest = INFINITY, cheapest = INFINITY;
    for (const Json& point : state.at("curve")) lowest = std::min(lowest, point.at("loss").get<double>());
    for (const Json& point : state.at("curve"))
      if (point.at("loss").get<double>() <= lowest + tolerance)
        cheapest = std::min(cheapest, point.at("executed").get<double>());
    for (const Json& point : state.at("curve"))
      if (point.at("probability").get<double>() == std::exp(state.at("log_threshold").get<double>()))
        CHECK(point.at("executed").get<double>() == cheapest);
    return cheapest;
  };
  CHECK(chosen(100.0) == doctest::Approx(1));
  CHECK(chosen(0.0) > 1);
  CHECK(chosen(0.05) <= chosen(0.0));
}

TEST_CASE("[stacking] learns which member to trust for which output") {
  const std::vector<Outcomes> said = specialists(4, 400, 4);
  const double stacked = loss_of(answer(*fitted({{"name", "stacking"}}, said), said), said[0]);
  const double averaged = loss_of(answer(*build_combiner({{"name", "logit_average"}}), said), said[0]);
  CHECK(stacked < averaged - 0.1);
  for (const Outcomes& member : said) CHECK(stacked < loss_of(member.log_probs, member));
}

TEST_CASE("[stacking] a fold's own items leave no trace in the stacker that judges them") {
  combiners::StackingData data{2, 3, Eigen::ArrayXXd::Random(3, 40) - 2, {}, {}};
  std::vector<bool> used;
  for (int32_t item = 0; item < 20; ++item) {
    data.target.push_back(item % 3);
    data.importance.push_back(0.05);
    used.push_back(item % 5 != 2);
  }
  const combiners::Stacker before = fit_stacker(data, used, 0.1);
  const std::vector<bool> all(20, true);
  const combiners::Stacker with = fit_stacker(data, all, 0.1);
  for (size_t item = 2; item < 20; item += 5) data.target[item] = (data.target[item] + 1) % 3;
  const combiners::Stacker after = fit_stacker(data, used, 0.1);
  CHECK((before.weight == after.weight).all());
  CHECK((before.bias == after.bias).all());
  CHECK_FALSE((before.weight == with.weight).all());
  // Nor what its members said: a loud held-out item would else shorten every step.
  for (int64_t item = 2; item < 20; item += 5) data.said.middleCols(item * 2, 2) *= 30;
  const combiners::Stacker louder = fit_stacker(data, used, 0.1);
  CHECK((before.weight == louder.weight).all());
  CHECK((before.bias == louder.bias).all());
}

TEST_CASE("[stacking] ends where every step raises the ridge's loss") {
  combiners::StackingData data{2, 3, Eigen::ArrayXXd::Random(3, 60) - 2, {}, {}};
  for (int32_t item = 0; item < 30; ++item) {
    data.target.push_back(item % 3);
    data.importance.push_back(1.0 / 30);
  }
  const auto objective = [&](const combiners::Stacker& at) {
    double loss = 0.05 * ((at.weight - 0.5).square().sum() + at.bias.square().sum());
    for (int64_t item = 0; item < 30; ++item)
      loss -= stacked_log_probs(at, data, item)[data.target[static_cast<size_t>(item)]] / 30;
    return loss;
  };
  const combiners::Stacker best = fit_stacker(data, std::vector<bool>(30, true), 0.1);
  for (int64_t i = 0; i < 6; ++i)
    for (const double step : {0.02, -0.02}) {
      combiners::Stacker moved = best;
      moved.weight(i % 3, i / 3) += step;
      CHECK(objective(moved) > objective(best));
      moved = best;
      moved.bias[i % 3] += step;
      CHECK(objective(moved) > objective(best));
    }
}

TEST_CASE("[nearest_centroid] stands at its items' mean; a temperature softens, top cuts off") {
  // One feature; member 0's items 0 and 2, member 1's 10, member 2's none.
  const std::vector<float> features = {0, 2, 10}, rows = {4, 7};
  const std::vector<int32_t> choice = {0, 0, 1};
  const auto gates = [&](double temperature, int64_t top) {
    const Json options = {
        {"name", "nearest_centroid"}, {"temperature", temperature}, {"top", top}, {"target", "domain"}};
    auto combiner = build_combiner(options);
    combiner->declare(3, 1);
    combiner->fit({.domains = 3, .members = 3, .features = features, .choice = choice});
    Json state;
    Arrays arrays;
    combiner->save(state, arrays);
    auto again = build_combiner(options);
    again->restore(state, arrays);
    std::vector<float> weights(6), restored(6);
    const GateInput input{.rows = 2, .members = 3, .domain = {}, .router_log_probs = {}, .key = {}, .features = rows};
    combiner->gate(input, weights);
    again->gate(input, restored);
    CHECK(weights == restored);
    return weights;
  };
  CHECK(gates(0, 0) == std::vector<float>{1, 0, 0, 0, 1, 0});
  // Squared distances of 4: 9 and 36, of their mean within a cluster, 2/3.
  const std::vector<float> soft = gates(10, 0);
  const double odds = std::exp((36.0 - 9.0) / (2.0 / 3) / 10);
  CHECK(soft[0] == doctest::Approx(odds / (1 + odds)).epsilon(1e-5));
  CHECK(soft[2] == 0);
  CHECK(gates(10, 1) == gates(0, 0));
  CHECK(gates(10, 3) == soft);  // more places than members that stand somewhere
}

TEST_CASE("[nearest_centroid] of equally far members the first ones are kept, and never instead of a nearer one") {
  // Members at 1, -1, 1 and .5 of one feature, each with two items .1 away; the row lies at 0.
  const std::vector<float> features = {1.1F, 0.9F, -1.1F, -0.9F, 1.1F, 0.9F, 0.6F, 0.4F}, row = {0};
  const std::vector<int32_t> choice = {0, 0, 1, 1, 2, 2, 3, 3};
  const auto gates = [&](int64_t top) {
    auto combiner =
        build_combiner({{"name", "nearest_centroid"}, {"temperature", 1000.0}, {"top", top}, {"target", "domain"}});
    combiner->declare(8, 1);
    combiner->fit({.domains = 4, .members = 4, .features = features, .choice = choice});
    std::vector<float> weights(4);
    combiner->gate({.rows = 1, .members = 4, .domain = {}, .router_log_probs = {}, .key = {}, .features = row},
                   weights);
    return weights;
  };
  CHECK(gates(1) == std::vector<float>{0, 0, 0, 1});
  // Squared distances 1, 1, 1, .25 in units of .01 and of T = 1000: the far ones have exp(-.075) of the near one's.
  const double far = std::exp(-0.075), total = 1 + 2 * far;
  const std::vector<float> three = gates(3);
  CHECK(three[3] == doctest::Approx(1 / total).epsilon(1e-4));
  CHECK(three[0] == doctest::Approx(far / total).epsilon(1e-4));
  CHECK(three[1] == doctest::Approx(far / total).epsilon(1e-4));
  CHECK(three[2] == 0);
}

TEST_CASE("[knn] the nearest examples vote, ties go to the lower index") {
  const std::vector<float> features = {0, 0, 1, 0, 5, 5, 6, 5, 5, 6}, rows = {0.4F, 0, 5, 5.4F, 3.1F, 2.6F};
  const std::vector<int32_t> choice = {1, 1, 0, 0, 2};
  const auto picked = [&](int64_t neighbours) {
    auto combiner =
        build_combiner({{"name", "knn"}, {"neighbours", neighbours}, {"examples", 100}, {"target", "domain"}});
    combiner->declare(5, 2);
    combiner->fit({.domains = 3, .members = 3, .features = features, .choice = choice});
    CHECK(combiner->flops(3, 1, 10) == 3 * 5 * 2);
    std::vector<float> weights(9);
    combiner->gate({.rows = 3, .members = 3, .domain = {}, .router_log_probs = {}, .key = {}, .features = rows},
                   weights);
    return weights;
  };
  CHECK(picked(1) == std::vector<float>{0, 1, 0, 1, 0, 0, 1, 0, 0});
  CHECK(picked(5) == std::vector<float>{1, 0, 0, 1, 0, 0, 1, 0, 0});  // two votes each for 0 and 1
}

TEST_CASE("[posterior_mixture] a cached prior is the mean posterior of validation windows") {
  Outcomes a, b;
  for (Outcomes* said : {&a, &b}) {
    said->items = 2;
    said->steps = 2;
    said->outputs = 256;
    said->domain = said->group = {0, 1};
    said->target = {1, 2, 3, 4};
  }
  a.target_log_prob = {-1, -1, -2, -2};
  b.target_log_prob = {-2, -2, -2, -1};
  const auto combiner = fitted({{"name", "posterior_mixture"}, {"top", 0}, {"prior", "cached"}}, {a, b});
  const double first = 1 / (1 + std::exp(-2.0)), second = 1 / (1 + std::exp(1.0)), prior = (first + second) / 2;
  CHECK(state_of(*combiner).at("prior").at(0).get<double>() == doctest::Approx(prior));
  const std::vector<float> target = {-1, -1, -3, -1};
  std::vector<float> weights(4);
  combiner->weigh({2, 1, 2, 256, target, {}}, weights);
  CHECK(weights[0] == doctest::Approx(prior).epsilon(1e-5));
  CHECK(weights[2] == doctest::Approx(prior / (prior + (1 - prior) * std::exp(-2.0))).epsilon(1e-5));
}

TEST_CASE("[posterior_mixture] of the top one member only the most probable answers") {
  const auto combiner = build_combiner({{"name", "posterior_mixture"}, {"top", 1}, {"prior", "uniform"}});
  const std::vector<float> target = {-1, -3, -2, -1, -9, -9};  // [members 3, rows 1, steps 2]
  std::vector<float> weights(6);
  combiner->weigh({3, 1, 2, 256, target, {}}, weights);
  CHECK(weights == std::vector<float>{1, 0, 0, 1, 0, 0});
}

TEST_CASE("[updating_posterior] the next window starts from a moving average of posteriors") {
  const auto combiner = build_combiner({{"name", "updating_posterior"}, {"top", 0}});
  const std::vector<float> target = {-1, -1, -2, -5};  // [members 2, rows 2, steps 1]
  std::vector<float> weights(4);
  combiner->weigh({2, 2, 1, 256, target, {}}, weights);
  CHECK(weights[0] == 0.5F);
  CHECK(weights[2] == doctest::Approx(0.7 * 0.5 + 0.3 / (1 + std::exp(-1.0))).epsilon(1e-5));
}
