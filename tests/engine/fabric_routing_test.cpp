// SPDX-License-Identifier: Apache-2.0
// What a record says of who answers in a fabric, and what its combiner is fitted on.
#include <cmath>
#include <set>

#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::fabric_routing_test {
namespace {

using Networks = std::vector<std::shared_ptr<Network>>;

Json arm(const Json& partition, const Json& combiner) {
  return {{"name", "specialists"},
          {"partition", partition},
          {"birth", {{"name", "cold"}}},
          {"combiner", combiner},
          {"backbone", backbone(Stub::vector)}};
}
const Json kDomain = {{"name", "domain"}};

View validation(const LoadedSuite& suite) { return view_of(suite, suite.indices(Split::validation, 0)); }

Networks members_of_arm(const LoadedSuite& suite, const Json& component) {
  return noisy_members(make_recipe(suite, component, 64, quick_training(), 0), 0);
}

// Share of each domain's items on which each member is the surest, counted from what they say alone.
std::vector<std::vector<double>> surest_by_hand(const std::vector<Outcomes>& said, size_t domains) {
  std::vector<std::vector<double>> share(domains, std::vector<double>(said.size()));
  std::vector<double> items(domains);
  for (size_t item = 0; item < said[0].domain.size(); ++item) {
    const auto domain = static_cast<size_t>(said[0].domain[item]);
    const auto surest = std::ranges::max_element(said, {}, [&](const Outcomes& one) { return one.max_log_prob[item]; });
    share[domain][static_cast<size_t>(surest - said.begin())] += 1;
    items[domain] += 1;
  }
  for (size_t domain = 0; domain < domains; ++domain)
    for (double& one : share[domain]) one /= items[domain];
  return share;
}

}  // namespace
}  // namespace loom::fabric_routing_test

using namespace loom::fabric_routing_test;

TEST_CASE("[routing] it is right or wrong only where members are named after domains") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json random = {{"name", "random"}, {"parts", 3}};  // as many parts as domains
  const Json constant = {{"name", "best_constant"}};
  CHECK(noisy_model(suite, arm(random, constant))->routing(validation(suite)).at("accuracy").is_null());
  const Json own = noisy_model(suite, arm(kDomain, constant))->routing(validation(suite));
  CHECK(own.at("accuracy") == doctest::Approx(1.0 / 3));  // one member is right in its domain alone
  CHECK(own.at("dead") == 2);
  CHECK(own.at("load_entropy") == doctest::Approx(0));
  const Json told = noisy_model(suite, arm(kDomain, {{"name", "oracle"}}))->routing(validation(suite));
  CHECK(told.at("accuracy") == doctest::Approx(1));
  CHECK(told.at("load_entropy") == doctest::Approx(std::log(3)));
  CHECK(told.at("gate_entropy") == doctest::Approx(0));
}

TEST_CASE("[routing] the entropy of the load is one thing, that of an item's gate another") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json even = noisy_model(suite, arm(kDomain, {{"name", "uniform_ensemble"}}))->routing(validation(suite));
  CHECK(even.at("gate_entropy") == doctest::Approx(std::log(3)));
  CHECK(even.at("load_entropy") == doctest::Approx(std::log(3)));
  CHECK(even.at("dead") == 0);
}

TEST_CASE("[routing] who weighs members by what they said has a load too, from stored words as from a forward") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json component = arm(kDomain, {{"name", "confidence"}, {"by", "max_prob"}});
  const Networks members = members_of_arm(suite, component);
  const auto model = assemble(suite, component, members);
  const View view = validation(suite);
  const std::vector<Outcomes> said = outcomes_of(members, view);
  const Json routing = model->routing(view, {.members = said});
  const auto expected = surest_by_hand(said, 3);
  double right = 0;
  for (size_t domain = 0; domain < 3; ++domain) {
    right += expected[domain][domain] / 3;
    for (size_t member = 0; member < 3; ++member)
      CHECK(routing.at("load")[domain][member].get<double>() == doctest::Approx(expected[domain][member]));
  }
  CHECK(routing.at("accuracy") == doctest::Approx(right));
  CHECK(model->routing(view) == routing);
}

TEST_CASE("[routing] of a posterior it is the mean over a window's steps") {
  const LoadedSuite& suite = loaded(Stub::tokens);
  Json component = arm(kDomain, variants("combiner", "posterior_mixture", Stub::tokens).at(0));
  component["backbone"] = backbone(Stub::tokens);
  const Networks members = members_of_arm(suite, component);
  const auto model = assemble(suite, component, members);
  const View view = validation(suite);
  const std::vector<Outcomes> said = outcomes_of(members, view);
  std::vector<std::vector<double>> load(3, std::vector<double>(3));
  std::vector<double> items(3);
  for (int64_t item = 0; item < said[0].items; ++item) {
    const auto domain = static_cast<size_t>(said[0].domain[static_cast<size_t>(item)]);
    items[domain] += 1;
    std::vector<double> joint(3);  // log of the posterior, unnormalised: Bayes' rule step by step
    for (int64_t step = 0; step < said[0].steps; ++step) {
      const double highest = std::ranges::max(joint);
      double sum = 0;
      for (const double one : joint) sum += std::exp(one - highest);
      for (size_t k = 0; k < 3; ++k) {
        load[domain][k] += std::exp(joint[k] - highest) / sum / static_cast<double>(said[0].steps);
        joint[k] += static_cast<double>(said[k].target_log_prob[static_cast<size_t>(item * said[0].steps + step)]);
      }
    }
  }
  const Json routing = model->routing(view, {.members = said});
  for (size_t domain = 0; domain < 3; ++domain)
    for (size_t k = 0; k < 3; ++k)
      CHECK(routing.at("load")[domain][k].get<double>() ==
            doctest::Approx(load[domain][k] / items[domain]).epsilon(1e-4));
}

TEST_CASE("[fabric] of a gate's members only those with weight run, and the answer is the mixture of all") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const auto gated = [&](int64_t top) {
    return noisy_model(
        suite, arm(kDomain, {{"name", "nearest_centroid"}, {"temperature", 5.0}, {"top", top}, {"target", "domain"}}));
  };
  const auto all = gated(0), two = gated(2);
  CHECK(all->parameters_active() == all->parameters_total());
  CHECK(two->parameters_active() * 3 == two->parameters_total() * 2);
  const double outside = inference_flops(*all, suite) - static_cast<double>(all->formula_flops());
  CHECK(inference_flops(*two, suite) - static_cast<double>(two->formula_flops()) ==
        doctest::Approx(outside * 2 / 3).epsilon(0.01));
  // The two nearest keep their odds: what they say is what all say, less the third.
  const Networks members = members_of_arm(suite, arm(kDomain, {{"name", "uniform_ensemble"}}));
  const View view = validation(suite);
  const auto said = outcomes_of(members, view);
  const Outcomes forward = forward_outcomes(*two, view), replayed = two->outcomes(view, said);
  for (size_t i = 0; i < forward.log_probs.size(); ++i)
    REQUIRE(forward.log_probs[i] == doctest::Approx(replayed.log_probs[i]).epsilon(1e-4));
}

TEST_CASE("[fabric] combiners are fitted on the calibration split, and on no other") {
  const LoadedSuite& suite = loaded(Stub::vector);
  for (const char* name :
       {"weighted_ensemble", "greedy_ensemble", "best_constant", "stacking", "product_of_experts", "cascade"}) {
    CAPTURE(name);
    const Json component = arm(kDomain, variants("combiner", name, Stub::vector).at(0));
    const Networks members = members_of_arm(suite, component);
    std::set<Split> asked;
    const auto said = [&](Split split) {
      asked.insert(split);
      return outcomes_of(members, view_of(suite, suite.indices(split, 0)));
    };
    TrialAssembly assembly(suite, component, 0, quick_training(), members, said, /*dry=*/false);
    find_architecture("specialists").assemble(assembly);
    asked.erase(Split::calibration);
    CHECK(asked.empty());
  }
}

TEST_CASE("[clusters] k-means is charged to the arm that needs it, dry as real") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json combiner = {{"name", "uniform_ensemble"}};
  const auto charged = [&](const Json& partition, bool dry) {
    TrialAssembly assembly(suite, arm(partition, combiner), 0, quick_training(), {}, {}, dry);
    double flops = 0;
    for (const Charge& charge : assembly.charges()) flops += charge.stage == "selection" ? charge.flops : 0;
    return flops;
  };
  const Json clusters = {{"name", "clusters"}, {"parts", 4}};
  // 60 groups of 8 numbers, 4 centres: 2 n k d for the starts and 30 rounds, n d for a round's means.
  const double expected = 31 * 2.0 * 60 * 4 * 8 + 30.0 * 60 * 8;
  CHECK(charged(clusters, true) == expected);
  CHECK(charged(clusters, false) == expected);
  CHECK(charged(kDomain, false) == 0);
}
