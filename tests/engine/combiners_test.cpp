// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <numeric>

#include "harness/random.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::combiners_test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
using Networks = std::vector<std::shared_ptr<Network>>;

// Every combiner with every choice of its settings that such a task can take.
std::vector<Json> combiners(Stub stub) {
  std::vector<Json> all;
  for (const CombinerSource& source : all_combiners())
    for (Json& options : variants("combiner", source.facts.name, stub)) {
      const Json component = {{"name", "specialists"},
                              {"partition", {{"name", "domain"}}},
                              {"birth", {{"name", "cold"}}},
                              {"combiner", options},
                              {"backbone", backbone(stub)}};
      if (!rejection(component, loaded(stub).shape())) all.push_back(component);
    }
  return all;
}

NetworkSpec member_spec(Stub stub) { return network_spec(stub, backbone(stub)); }

std::shared_ptr<Network> clone_of(const Network& network) {
  auto clone = std::make_shared<Network>(network.spec(), 1);
  clone->parameters().load(0, network.parameters().save(0), "clone");
  return clone;
}

std::shared_ptr<Network> nan_network(Stub stub) {
  auto network = noisy_network(member_spec(stub), 1, 99);
  for (const at::Tensor& value : network->parameters().values()) const_cast<at::Tensor&>(value).fill_(kNaN);
  return network;
}

// A router that always says `scores`: no weights, only the bias of its head.
std::shared_ptr<Router> fixed_router(const LoadedSuite& suite, const std::vector<double>& scores) {
  const bool tokens = suite.shape().kind == InputKind::tokens, bags = suite.shape().kind == InputKind::bags;
  const TaskShape shape{.kind = bags ? InputKind::bags : InputKind::vector,
                        .input_dim = tokens ? 256 : suite.shape().input_dim,
                        .vocabulary = suite.shape().vocabulary,
                        .outputs = std::ssize(scores),
                        .domains = 3};
  const Json small = {{"name", bags ? "bag" : "mlp"}, {"width", 2}, {"hidden", 2}, {"depth", 1}};
  auto network = std::make_shared<Network>(NetworkSpec{small, {{"name", "dense"}}, shape, 0}, 1);
  for (size_t i = 0; i < network->parameters().size(); ++i)
    if (network->parameters().name(i) == "head.bias")
      const_cast<at::Tensor&>(network->parameters()[i])
          .copy_(at::tensor(scores, at::kDouble).to(at::kFloat).view({1, 1, -1}));
  return std::make_shared<Router>(network, suite.shape().kind, 16);
}

// The combiner's own weights for three members on a random batch, and what those members said.
struct Mixture {
  std::vector<float> weights;  // [rows, steps, members]
  std::vector<float> target;   // [members, rows, steps]
  std::vector<float> summary;  // likewise; stands for max_log_prob and for entropy
  at::Tensor everything;       // [members, rows, steps, 256], distributions of their own
  MemberOutputs said;
};
Mixture random_mixture(const Combiner& combiner, int64_t members, int64_t rows, int64_t steps) {
  Mixture made;
  Stream stream(17, "test/mixture");
  for (int64_t i = 0; i < members * rows * steps; ++i)
    made.target.push_back(static_cast<float>(std::log(0.01 + 0.98 * stream.uniform())));
  for (const float value : made.target) made.summary.push_back(value / 2);
  at::manual_seed(3);
  made.everything = at::log_softmax(3 * at::randn({members, rows, steps, 256}), -1);
  const std::span<const float> all(made.everything.data_ptr<float>(), static_cast<size_t>(made.everything.numel()));
  made.said = {members, rows, steps, 256, made.target, all, made.summary, made.summary};
  made.weights.resize(made.target.size());
  if (!combiner.gated()) {
    combiner.weigh(made.said, made.weights);
    return made;
  }
  std::vector<int32_t> domain;
  std::vector<float> opinion;
  std::vector<uint64_t> key;
  for (int64_t row = 0; row < rows; ++row) {
    domain.push_back(static_cast<int32_t>(stream.below(static_cast<uint64_t>(members))));
    key.push_back(stream.next());
    const auto scores = at::log_softmax(at::tensor({3 * stream.normal(), 3 * stream.normal(), -400.0}), 0);
    for (int64_t k = 0; k < members; ++k) opinion.push_back(scores[k].item<float>());
  }
  std::vector<float> gates(static_cast<size_t>(rows * members));
  combiner.gate({rows, members, domain, opinion, key, {}}, gates);
  made.weights.clear();
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t step = 0; step < steps; ++step)
      made.weights.insert(made.weights.end(), gates.begin() + row * members, gates.begin() + (row + 1) * members);
  return made;
}

double log_of_mixture(const Mixture& made, int64_t position) {
  const int64_t members = made.said.members, positions = made.said.rows * made.said.steps;
  double sum = 0;
  for (int64_t k = 0; k < members; ++k) {
    const double weight = made.weights[static_cast<size_t>(position * members + k)];
    if (weight > 0) sum += weight * std::exp(made.target[static_cast<size_t>(k * positions + position)]);
  }
  return std::log(sum);
}

template <class Check>
void for_each_mixing_combiner(Check&& run) {
  for (const CombinerSource& source : all_combiners())
    for (const Json& options : variants("combiner", source.facts.name, Stub::tokens)) {
      if (source.build == nullptr || !source.build(options)->mixes()) continue;
      CAPTURE(options.dump());
      run(*source.build(options));
    }
}

Json state_of(const Combiner& combiner) {
  Json state;
  Arrays arrays;
  combiner.save(state, arrays);
  return state;
}

double window_loss(const Outcomes& said, int64_t item) {
  double sum = 0;
  for (int64_t step = 0; step < said.steps; ++step)
    sum -= said.target_log_prob[static_cast<size_t>(item * said.steps + step)];
  return sum;
}

}  // namespace
}  // namespace loom::combiners_test

using namespace loom::combiners_test;

TEST_CASE("[combiners] identical members under any combiner are one member") {
  for (const Stub stub : kStubs) {
    const LoadedSuite& suite = loaded(stub);
    const auto member = noisy_network(member_spec(stub), 1, 0);
    const Batch batch = batch_of(suite, 17);
    const auto one = say(NetworkModel(member), batch);
    for (const Json& component : combiners(stub)) {
      CAPTURE(component.dump());
      const std::string name = component.at("combiner").at("name");
      const CombinerSource& source = find_combiner(name);
      const bool pools = source.merge != nullptr || source.build(component.at("combiner"))->mixes();
      if (!pools && name != "logit_average") continue;  // agreement makes these surer
      const auto model = assemble(suite, component, {member, clone_of(*member), clone_of(*member)});
      CHECK(largest_difference(say(*model, batch), one) < 1e-6 * 8);  // log-probs of about 8 nats
    }
  }
}

TEST_CASE("[combiners] weights are a distribution, and what they mix is the mixture of probabilities") {
  for_each_mixing_combiner([](Combiner& combiner) {
    const Mixture made = random_mixture(combiner, 3, 5, 4);
    std::vector<float> target(20);
    mix(made.said, made.weights, target, {});
    for (int64_t position = 0; position < 20; ++position) {
      double sum = 0;
      for (int64_t k = 0; k < 3; ++k) {
        const float weight = made.weights[static_cast<size_t>(position * 3 + k)];
        CHECK(weight >= 0);
        sum += weight;
      }
      CHECK(sum == doctest::Approx(1).epsilon(1e-6));
      CHECK(target[static_cast<size_t>(position)] == doctest::Approx(log_of_mixture(made, position)).epsilon(1e-5));
    }
  });
}

TEST_CASE("[combiners] a member of weight zero is absent from the mixture, even where it says NaN") {
  for_each_mixing_combiner([](Combiner& combiner) {
    Mixture made = random_mixture(combiner, 3, 64, 2);
    std::vector<float> before(128), after(128);
    mix(made.said, made.weights, before, {});
    for (size_t position = 0; position < 128; ++position)
      for (size_t k = 0; k < 3; ++k)
        if (made.weights[position * 3 + k] == 0) made.target[k * 128 + position] = kNaN;
    made.said.target = made.target;
    mix(made.said, made.weights, after, {});
    CHECK(before == after);
  });
}

TEST_CASE("[combiners] a fabric answers as if a member of weight zero were not there") {
  for (const Stub stub : kStubs) {
    const LoadedSuite& suite = loaded(stub);
    const TaskShape shape = suite.shape();
    const Networks two = {noisy_network(member_spec(stub), 1, 0), noisy_network(member_spec(stub), 1, 1)};
    Networks three = two;
    three.push_back(nan_network(stub));
    const View view = view_of(suite, suite.indices(Split::train, 0));
    const Batch batch = batch_of(suite, 15);
    for (const std::string mode : {"hard", "soft"}) {
      CAPTURE(mode);
      const Json options = {{"name", "router"}, {"mode", mode}, {"hidden", 2}, {"epochs", 1}, {"target", "domain"}};
      const auto fabric = [&](const Networks& members, const std::vector<double>& scores) {
        return FabricModel(members, fixed_router(suite, scores), options, find_combiner("router").build(options),
                           shape);
      };
      const FabricModel with = fabric(three, {0.3, -0.2, -500}), without = fabric(two, {0.3, -0.2});
      const int64_t head = is_tokens(stub) ? 16 : 0;  // the prefix is mixed evenly over all
      const auto rest = [&](const at::Tensor& said) { return head > 0 ? said.narrow(1, head, 32 - head) : said; };
      CHECK(largest_difference(rest(say(with, batch)), rest(say(without, batch))) < 1e-5);
      const Outcomes replayed = with.outcomes(view, outcomes_of(three, view));
      const Outcomes expected = without.outcomes(view, outcomes_of(two, view));
      for (size_t i = 0; i < expected.target_log_prob.size(); ++i)
        if (static_cast<int64_t>(i) % expected.steps >= head)
          REQUIRE(replayed.target_log_prob[i] == doctest::Approx(expected.target_log_prob[i]).epsilon(1e-5));
    }
    auto constant = find_combiner("best_constant").build({{"name", "best_constant"}});
    constant->restore({{"member", 1}}, {});
    const FabricModel chosen(three, nullptr, {{"name", "best_constant"}}, std::move(constant), shape);
    CHECK(say(chosen, batch).equal(say(NetworkModel(two[1]), batch)));
  }
}

TEST_CASE("[posterior_mixture] starts uniform, stays a distribution and follows Bayes' rule") {
  const auto combiner = find_combiner("posterior_mixture").build({{"name", "posterior_mixture"}});
  const Mixture made = random_mixture(*combiner, 3, 2, 6);
  for (size_t row = 0; row < 2; ++row) {
    std::array<double, 3> joint = {1.0 / 3, 1.0 / 3, 1.0 / 3};
    for (size_t step = 0; step < 6; ++step) {
      const double evidence = joint[0] + joint[1] + joint[2];
      for (size_t k = 0; k < 3; ++k) {
        CHECK(made.weights[(row * 6 + step) * 3 + k] == doctest::Approx(joint[k] / evidence).epsilon(1e-5));
        joint[k] *= std::exp(made.target[k * 12 + row * 6 + step]);
      }
    }
  }
}

TEST_CASE("[posterior_mixture] a window costs at most ln K more than under its best member") {
  const LoadedSuite& suite = loaded(Stub::tokens);
  Networks members;
  for (uint64_t i = 0; i < 4; ++i) members.push_back(noisy_network(member_spec(Stub::tokens), 8, i));
  const Json options = {{"name", "posterior_mixture"}};
  const FabricModel model(members, nullptr, options, find_combiner("posterior_mixture").build(options), suite.shape());
  const View view = view_of(suite, suite.indices(Split::train, 0));
  const auto said = outcomes_of(members, view);
  double members_apart = 0;
  for (const Outcomes& mixed : {model.outcomes(view, said), forward_outcomes(model, view)})
    for (int64_t item = 0; item < mixed.items; ++item) {
      double best = INFINITY, worst = 0;
      for (const Outcomes& member : said) {
        best = std::min(best, window_loss(member, item));
        worst = std::max(worst, window_loss(member, item));
      }
      members_apart = std::max(members_apart, worst - best);
      CHECK(window_loss(mixed, item) <= best + std::log(4.0) + 1e-4);
    }
  CHECK(members_apart > 10);  // the bound says something here
}

TEST_CASE("[best_constant] takes the member of best macro loss, not of best mean loss") {
  const auto outcomes = [](std::vector<float> losses) {
    Outcomes said;
    said.items = 4;
    said.outputs = 2;
    said.domain = {0, 0, 0, 1};
    said.target = {0, 0, 0, 0};
    for (const float loss : losses) said.target_log_prob.push_back(-loss);
    return said;
  };
  // Mean losses 1.25, 1.5, 2; macro losses (.5 + 3.5) / 2, (1.7 + .9) / 2, 2.
  const std::vector<Outcomes> said = {outcomes({.5F, .5F, .5F, 3.5F}), outcomes({1.7F, 1.7F, 1.7F, .9F}),
                                      outcomes({2, 2, 2, 2})};
  auto combiner = find_combiner("best_constant").build({{"name", "best_constant"}});
  combiner->fit({.calibration = said, .domains = 2, .members = 3});
  std::vector<float> weights(6);
  combiner->gate({.rows = 2, .members = 3, .domain = {}, .router_log_probs = {}, .key = {}}, weights);
  CHECK(weights == std::vector<float>{0, 1, 0, 0, 1, 0});
  auto again = find_combiner("best_constant").build({{"name", "best_constant"}});
  again->restore(state_of(*combiner), {});
  CHECK(state_of(*again) == state_of(*combiner));
}

TEST_CASE("[best_constant] bytes that are not scored do not dilute a domain's loss") {
  // Two steps an item; domain 0 scores both, domain 1 one. Losses (1 + 1) / 2 + 3 against (2 + 2) / 2 + 1.5.
  const auto outcomes = [](float first, float second) {
    Outcomes said;
    said.items = 2;
    said.steps = 2;
    said.outputs = 256;
    said.domain = {0, 1};
    said.target = {7, 7, -1, 7};
    said.target_log_prob = {-first, -first, 0, -second};
    return said;
  };
  auto combiner = find_combiner("best_constant").build({{"name", "best_constant"}});
  const std::vector<Outcomes> said = {outcomes(1, 3), outcomes(2, 1.5)};
  combiner->fit({.calibration = said, .domains = 2, .members = 2});
  CHECK(state_of(*combiner) == Json{{"member", 1}});
}

TEST_CASE("[random_router] spreads inputs evenly over its members") {
  constexpr int64_t kRows = 6000;
  for (const Stub stub : kStubs) {
    const LoadedSuite& suite = loaded(stub);
    const Json options = {{"name", "random_router"}};
    Networks members;
    for (uint64_t i = 0; i < 3; ++i) members.push_back(noisy_network(member_spec(stub), 1, i));
    const FabricModel model(members, nullptr, options, find_combiner("random_router").build(options), suite.shape());
    at::manual_seed(6);
    const auto inputs = is_tokens(stub) ? at::randint('a', 'z', {kRows, 32}, at::kLong)
                        : stub == Stub::bags
                            ? at::randint(suite.shape().vocabulary, {kRows, suite.shape().input_dim}, at::kLong)
                            : at::randn({kRows, suite.shape().input_dim});
    Items items = suite.suite().train_side();
    items.domain.assign(kRows, 0);
    std::vector<int64_t> all(kRows);
    std::iota(all.begin(), all.end(), 0);
    const Json routing =
        model.routing({items, {suite.shape().kind, inputs, inputs, at::zeros({kRows}, at::kLong)}, all});
    // A binomial count of 6000 trials at 1/3 has a standard deviation of 36.5: 5 of them are 0.03 of all rows.
    for (const double share : routing.at("load").at(0)) CHECK(std::abs(share - 1.0 / 3) < 0.03);
  }
}

TEST_CASE("[router] trials whose routers learn at other rates do not share one") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const std::vector<int32_t> targets(suite.indices(Split::router, 0).size(), 1);
  const auto trained = [&](double rate, RouterCache* routers) {
    TrainConfig train = quick_training();
    train.learning_rate = rate;
    TrialAssembly assembly(suite, {{"name", "dense"}}, 0, train, {}, {}, /*dry=*/false, routers);
    return assembly.train_router({{"hidden", 4}, {"epochs", 2}}, targets, 3, 0);
  };
  RouterCache shared;
  const auto slow = trained(1e-3, &shared), quick = trained(1e-2, &shared);
  CHECK(trained(1e-3, &shared) == slow);
  CHECK(same_bits(*quick->network(), 0, *trained(1e-2, nullptr)->network(), 0));
  CHECK(!same_bits(*quick->network(), 0, *slow->network(), 0));
}
