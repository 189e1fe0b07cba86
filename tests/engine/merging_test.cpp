// SPDX-License-Identifier: Apache-2.0
// What a merge asks of the engine against autograd and products by hand, what it is charged, and merges of digits4.
#include <array>
#include <map>

#include "harness/engine/flops.h"
#include "harness/engine/merging.h"
#include "tests/engine/support.h"

namespace loom::suites {
SuiteSource digits4();
}

using namespace loom;
using namespace loom::engine_test;

namespace loom::merging_test {
namespace {

constexpr uint64_t kSeed = 3;
using Networks = std::vector<std::shared_ptr<Network>>;

Json combiner(const std::string& name, const Json& settings = Json::object()) {
  Json options = {{"name", name}};
  for (const Field& field : find_combiner(name).facts.fields) options[field.name] = field.fallback;
  options.update(settings);
  return options;
}
Json specialists(const Json& merge, const Json& birth, const Json& sizes) {
  return {{"name", "specialists"}, {"partition", {{"name", "domain"}}},
          {"birth", birth},        {"combiner", merge},
          {"lost", nullptr},       {"backbone", sizes}};
}
const Json kCold = {{"name", "cold"}}, kBranch = {{"name", "branch"}, {"share", 0.25}};

at::Tensor tensor_of(const Array& array) {
  auto values = as_f32(array);
  return at::from_blob(values.data(), array.shape, at::kFloat).to(at::kDouble);
}

// Relative to the largest entry.
double apart(const Array& a, const at::Tensor& b) {
  REQUIRE(b.sizes().vec() == a.shape);
  const double scale = b.abs().max().item<double>();
  return scale > 0 ? largest_difference(tensor_of(a), b.to(at::kDouble)) / scale
                   : tensor_of(a).abs().max().item<double>();
}

std::vector<int64_t> first_items(int64_t count) {
  std::vector<int64_t> items;
  for (int64_t i = 0; i < count; ++i) items.push_back(2 * i);
  return items;
}

// One item's squared gradients through Network::log_probs, on its own.
std::vector<at::Tensor> squares(const Network& network, const Dataset& data, int64_t item) {
  const auto values = network.parameters().values();
  for (const at::Tensor& value : values) const_cast<at::Tensor&>(value).requires_grad_(true);
  const auto inputs = data.inputs.narrow(0, item, 1);
  const auto targets = data.kind == InputKind::tokens ? inputs : data.targets.narrow(0, item, 1);
  auto said = network.log_probs(inputs, {}).gather(-1, targets.unsqueeze(-1)).reshape({-1});
  if (data.scored.defined()) said = said.masked_select(data.scored[item]);
  auto gradients = torch::autograd::grad({said.mean()}, values, {}, std::nullopt, false, /*allow_unused=*/true);
  for (size_t i = 0; i < values.size(); ++i) {
    gradients[i] =
        gradients[i].defined() ? gradients[i].to(at::kDouble).square() : at::zeros(values[i].sizes(), at::kDouble);
    const_cast<at::Tensor&>(values[i]).requires_grad_(false);
  }
  return gradients;
}

struct Charged {
  double flops = 0;
  int64_t samples = 0;
  bool operator==(const Charged&) const = default;
};
Charged charged(const LoadedSuite& suite, const Json& component, bool dry) {
  const Recipe recipe = make_recipe(suite, component, 64, quick_training(), kSeed);
  const Networks members = dry ? untrained(recipe, at::kCPU) : noisy_members(recipe, kSeed);
  TrialAssembly assembly(suite, component, kSeed, quick_training(), members, {}, dry, nullptr,
                         [&] { return noisy_network(recipe.specs[0].network, kSeed, 9); });
  find_architecture("specialists").assemble(assembly);
  Charged sum;
  for (const Charge& charge : assembly.charges()) {
    CHECK(charge.stage == "selection");
    sum.flops += charge.flops;
    sum.samples += charge.samples;
  }
  return sum;
}

// Specialists of digits4 trained for real, and what they branched from.
struct Digits {
  const LoadedSuite& suite;
  Networks members;
  std::shared_ptr<Network> seed;

  static const LoadedSuite& loaded() {
    static const LoadedSuite suite(suites::digits4().load(Json::object()), at::kCPU);
    return suite;
  }
  static TrainConfig training() {
    TrainConfig train;
    train.batch = 32;
    train.learning_rate = 4e-3;
    train.checks = 2;
    return train;
  }
  static Json component(const Json& merge, const Json& birth) {
    return specialists(merge, birth, {{"name", "mlp"}, {"width", 32}, {"hidden", 32}, {"depth", 2}});
  }
  explicit Digits(const Json& birth) : suite(loaded()) {
    Recipe recipe = make_recipe(suite, component(combiner("uniform_soup"), birth), 60000, training(), kSeed);
    members = trained_members(suite, recipe, training(), kSeed);
    if (recipe.specs[0].deployed) return;
    recipe.specs.resize(1);
    recipe.specs[0].deployed = true;  // the same run once more, to have it
    seed = trained_members(suite, recipe, training(), kSeed).at(0);
  }

  // Accuracy and loss on the calibration split, where merges choose, domains weighted equally.
  std::pair<double, double> judge(const Model& model) const {
    const Outcomes said = forward_outcomes(model, view_of(suite, suite.indices(Split::calibration, kSeed)));
    std::map<int32_t, std::array<double, 3>> sums;
    for (size_t item = 0; item < said.domain.size(); ++item) {
      auto& [count, right, loss] = sums[said.domain[item]];
      count += 1;
      right += said.argmax[item] == said.target[item] ? 1 : 0;
      loss -= said.target_log_prob[item];
    }
    double accuracy = 0, loss = 0;
    for (const auto& [domain, sum] : sums) accuracy += sum[1] / sum[0] / 4, loss += sum[2] / sum[0] / 4;
    return {accuracy, loss};
  }
  std::pair<double, double> judge_merge(const Json& merge) const {
    return judge(*assemble(suite, component(merge, seed ? kBranch : kCold), members, kSeed, seed));
  }
};

}  // namespace
}  // namespace loom::merging_test

using namespace loom::merging_test;

TEST_CASE("[merging] a Fisher diagonal is the mean of squared gradients, each item's taken alone") {
  constexpr int64_t kItems = 19;  // more than one stack of copies
  for (const Stub stub : kStubs) {
    const LoadedSuite& suite = loaded(stub);
    const auto network = noisy_network(network_spec(stub, backbone(stub)), kSeed, 0);
    const auto items = first_items(kItems);
    const Arrays fisher = fisher_diagonal(*network, suite.data(), items);
    std::vector<at::Tensor> expected;
    for (const int64_t item : items) {
      const auto one = squares(*network, suite.data(), item);
      for (size_t i = 0; i < one.size(); ++i)
        expected.size() < one.size() ? expected.push_back(one[i] / kItems) : void(expected[i] += one[i] / kItems);
    }
    REQUIRE(fisher.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(network->parameters().name(i));
      CHECK(apart(fisher.at(network->parameters().name(i)), expected[i].squeeze(0)) < 1e-4);
    }
    const int64_t counted = count_flops([&] { fisher_diagonal(*network, suite.data(), items); });
    CHECK(counted == kItems * train_step_flops(network->spec(), 1));
    for (const auto& [name, array] : fisher_diagonal(*network, suite.data(), {}))
      CHECK(apart(array, at::zeros(array.shape)) == 0);
  }
}

TEST_CASE("[merging] Grams are X^T X of what enters each affine map") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const auto network = noisy_network(network_spec(Stub::vector, backbone(Stub::vector)), kSeed, 0);
  const Arrays weights = network->parameters().save(0);
  const auto items = first_items(50);
  const Arrays grams = input_grams(*network, suite.data(), items);
  CHECK(grams.size() == 3);
  auto rows = suite.data().inputs.index_select(0, to_tensor(items, at::kCPU)).to(at::kDouble);
  for (const std::string map : {"layer0.map", "layer1.map", "head"}) {
    CAPTURE(map);
    CHECK(apart(grams.at(map + ".weight"), rows.t().matmul(rows)) < 1e-5);
    rows = at::relu(rows.matmul(tensor_of(weights.at(map + ".weight"))) + tensor_of(weights.at(map + ".bias")));
  }
  for (const auto& [name, array] : input_grams(*network, suite.data(), {})) {
    CHECK(array.shape == grams.at(name).shape);
    CHECK(apart(array, at::zeros(array.shape)) == 0);
  }
  std::map<Stub, size_t> affine = {{Stub::tokens, 8}, {Stub::bags, 3}, {Stub::image, 2}, {Stub::adapters, 2}};
  for (const auto& [stub, maps] : affine) {  // attention and feed-forward of two blocks; no convolution, no adapter
    const auto other = noisy_network(network_spec(stub, backbone(stub)), kSeed, 0);
    CHECK(input_grams(*other, loaded(stub).data(), items).size() == maps);
  }
}

TEST_CASE("[merging] every pass over data is charged, and a dry assembly charges the same") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const NetworkSpec spec = network_spec(Stub::vector, backbone(Stub::vector));
  const auto forward = static_cast<double>(forward_item_flops(spec));
  const int64_t calibration = std::ssize(suite.indices(Split::calibration, kSeed));
  const int64_t router = std::ssize(suite.indices(Split::router, kSeed));
  const auto passes = [&](int64_t count) {
    return Charged{forward * static_cast<double>(count * calibration), count * calibration};
  };
  const double products = 2 * (8 * 8 + 12 * 12 + 10 * 10);  // X^T X of one row at each of the three maps
  // RegMean's least squares over three members: four products of a Gram and a map, one factorisation, for each map.
  const double solved = 8 * (64 * 12 + 144 * 10 + 100 * 4) + (512 + 1728 + 1000) / 3.0;
  const std::vector<std::pair<Json, Charged>> expected = {
      {combiner("uniform_soup"), {}},
      {combiner("greedy_soup"), passes(5)},
      {combiner("task_arithmetic"), passes(7)},
      {combiner("task_arithmetic", {{"lambda", 0.3}}), {}},
      {combiner("ties", {{"lambdas", "0.5, 1"}}), passes(2)},
      {combiner("dare"), passes(7)},
      {combiner("model_stock"), {}},
      {combiner("slerp"), {}},
      {combiner("fisher"), {static_cast<double>(router * train_step_flops(spec, 1)), router}},
      {combiner("fisher", {{"items", 2}}), {static_cast<double>(6 * train_step_flops(spec, 1)), 6}},
      {combiner("regmean"), {static_cast<double>(router) * (forward + products) + solved, router}}};
  REQUIRE(router > 6);
  for (const auto& [merge, charge] : expected) {
    CAPTURE(merge.dump());
    const Json component = specialists(merge, kBranch, backbone(Stub::vector));
    for (const bool dry : {true, false}) {
      const Charged sum = charged(suite, component, dry);
      CHECK(sum.flops == doctest::Approx(charge.flops).epsilon(1e-12));
      CHECK(sum.samples == charge.samples);
    }
  }
}

TEST_CASE("[merging] a merge of one member is replayed as itself, not as that member") {
  const LoadedSuite suite(make_suite(Stub::vector, 1), at::kCPU);
  const Json component = specialists(combiner("task_arithmetic", {{"scaling", 0.3}}), kBranch, backbone(Stub::vector));
  const Recipe recipe = make_recipe(suite, component, 64, quick_training(), kSeed);
  const Networks members = noisy_members(recipe, kSeed);
  REQUIRE(members.size() == 1);
  const auto model = assemble(suite, component, members, kSeed, noisy_seed(recipe, kSeed));
  const View view = view_of(suite, suite.indices(Split::validation, kSeed));
  const std::vector<Outcomes> said = outcomes_of(members, view);
  const Outcomes replayed = model->outcomes(view, said);
  CHECK(replayed.log_probs == forward_outcomes(*model, view).log_probs);
  CHECK_FALSE(replayed.log_probs == said[0].log_probs);
}

TEST_CASE("[merging] what merges changes since a seed is turned down where there is none") {
  const TaskShape shape = loaded(Stub::vector).shape();
  for (const CombinerSource& source : all_combiners()) {
    if (source.merge == nullptr) continue;
    CAPTURE(source.facts.name);
    const Json merge = combiner(source.facts.name);
    const auto reason = rejection(specialists(merge, kCold, backbone(Stub::vector)), shape);
    CHECK(reason.has_value() == source.needs_seed);
    if (reason) CHECK(reason->find("take birth branch") != std::string::npos);
    CHECK_FALSE(rejection(specialists(merge, kBranch, backbone(Stub::vector)), shape));
    const Json stream = {{"name", "stream_specialists"},
                         {"combiner", merge},
                         {"events", ""},
                         {"start", "first"},
                         {"backbone", backbone(Stub::vector)}};
    CHECK(rejection(stream, shape).has_value() == source.needs_seed);
  }
}

TEST_CASE("[merging] on digits4 merges of one seed's branches keep what cold ones lose") {
  const Digits branched(kBranch), cold(kCold);
  double best_alone = INFINITY;
  for (const auto& member : branched.members)
    best_alone = std::min(best_alone, branched.judge(NetworkModel(member)).second);
  CHECK(cold.judge_merge(combiner("uniform_soup")).first < 0.3);  // chance is .1
  for (const char* name :
       {"uniform_soup", "task_arithmetic", "ties", "dare", "slerp", "fisher", "regmean", "model_stock"}) {
    CAPTURE(name);
    CHECK(branched.judge_merge(combiner(name)).first > 0.75);
  }
  CHECK(branched.judge_merge(combiner("greedy_soup")).second <= best_alone + 1e-6);
  const double loss = cold.judge_merge(combiner("greedy_soup")).second;
  for (const auto& member : cold.members) CHECK(loss <= cold.judge(NetworkModel(member)).second + 1e-6);
}
