// SPDX-License-Identifier: Apache-2.0
// Counted operations against closed formulas, worked out from the shapes alone. They agree to the last operation.
#include "harness/engine/flops.h"

#include <array>

#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::flops_test {
namespace {

constexpr int64_t kIn = 8, kClasses = 4, kSteps = 32, kVocabulary = 256, kDomains = 3;
constexpr int64_t kWidth = 20, kHidden = 14, kDepth = 2, kBatch = 7, kExperts = 5;

NetworkSpec mlp(const Json& layer = {{"name", "dense"}}) {
  return network_spec(Stub::vector, backbone(Stub::vector, kWidth, kHidden), layer);
}
NetworkSpec sized(Stub stub) { return network_spec(stub, backbone(stub, kWidth, kHidden)); }
NetworkSpec transformer(const Json& layer = {{"name", "dense"}}) {
  return network_spec(Stub::tokens, backbone(Stub::tokens, kWidth, kHidden), layer);
}
Json expert_layer(const char* name, int64_t top_k) {
  return {{"name", name}, {"experts", kExperts}, {"top_k", top_k}, {"balance", 0.01}};
}

// Per window of `steps` bytes; `slot` is the cost of one feed-forward block for one position.
int64_t transformer_linear(int64_t steps, int64_t slot = 4 * kWidth * kHidden) {
  return steps * (kDepth * (8 * kWidth * kWidth + slot) + 2 * kWidth * kVocabulary);
}
int64_t transformer_attention(int64_t steps) { return 4 * kDepth * steps * steps * kWidth; }
int64_t transformer_forward(int64_t steps) { return transformer_linear(steps) + transformer_attention(steps); }

// Scores and context forward; backward makes both again and three more products: 5 for 2.
int64_t with_backward(int64_t linear, int64_t attention) { return 3 * linear + attention + attention * 5 / 2; }

int64_t mlp_forward() { return 2 * (kIn * kWidth + kWidth * kHidden + kHidden * kClasses); }

Json specialists(Stub stub, const Json& combiner) {
  return {{"name", "specialists"},
          {"partition", {{"name", "domain"}}},
          {"birth", {{"name", "cold"}}},
          {"combiner", combiner},
          {"backbone", backbone(stub, kWidth, kHidden)}};
}
Json router(const char* mode) {
  return {{"name", "router"}, {"mode", mode}, {"hidden", 16}, {"epochs", 2}, {"target", "domain"}};
}
double served(Stub stub, const Json& combiner) {
  return inference_flops(*noisy_model(loaded(stub), specialists(stub, combiner)), loaded(stub));
}
int64_t router_forward(int64_t in) { return 2 * (in * 16 + 16 * kDomains); }

}  // namespace
}  // namespace loom::flops_test

using namespace loom::flops_test;

TEST_CASE("[flops] an mlp's forward and its training step, whose first layer needs no input gradient") {
  CHECK(forward_item_flops(mlp()) == mlp_forward());
  CHECK(train_step_flops(mlp(), kBatch) == kBatch * (3 * mlp_forward() - 2 * kIn * kWidth));
  NetworkSpec tagged = mlp();
  tagged.tags = kDomains;
  CHECK(forward_item_flops(tagged) == mlp_forward() + 2 * kDomains * kWidth);
}

TEST_CASE("[flops] a transformer's forward and training step, attention counted") {
  CHECK(forward_item_flops(transformer()) == transformer_forward(kSteps));
  CHECK(train_step_flops(transformer(), kBatch) ==
        kBatch * with_backward(transformer_linear(kSteps), transformer_attention(kSteps)));
}

TEST_CASE("[flops] experts cost what runs: all of soft_moe, top_k of sparse_moe, and the gate") {
  const auto slots = [](int64_t executed) {
    const int64_t gates = 2 * (kIn + kWidth) * kExperts;
    return gates + executed * 2 * (kIn * kWidth + kWidth * kHidden);
  };
  const auto first = [](int64_t executed) { return 2 * kIn * (kExperts + executed * kWidth); };
  const int64_t head = 2 * kHidden * kClasses;
  for (const int64_t top_k : {1, 2, 5}) {
    const Json layer = expert_layer("sparse_moe", top_k);
    CHECK(forward_item_flops(mlp(layer)) == slots(top_k) + head);
    CHECK(train_step_flops(mlp(layer), kBatch) == kBatch * (3 * (slots(top_k) + head) - first(top_k)));
  }
  const Json soft = expert_layer("soft_moe", 1);
  CHECK(forward_item_flops(mlp(soft)) == slots(kExperts) + head);
  CHECK(train_step_flops(mlp(soft), kBatch) == kBatch * (3 * (slots(kExperts) + head) - first(kExperts)));
  const auto block = [](int64_t executed) { return 2 * kWidth * kExperts + executed * 4 * kWidth * kHidden; };
  const int64_t attention = transformer_attention(kSteps);
  for (const auto& [layer, executed] :
       {std::pair(expert_layer("sparse_moe", 2), int64_t{2}), std::pair(soft, kExperts)}) {
    const int64_t linear = transformer_linear(kSteps, block(executed));
    CHECK(forward_item_flops(transformer(layer)) == linear + attention);
    CHECK(train_step_flops(transformer(layer), kBatch) == kBatch * with_backward(linear, attention));
  }
}

TEST_CASE("[flops] layers that read the domain cost a row its own experts, gates and low-rank changes") {
  constexpr int64_t kMaps = kIn * kWidth + kWidth * kHidden, kIns = kIn + kWidth;
  const int64_t head = 2 * kHidden * kClasses, of_head = (kHidden + 1) * kClasses;
  const int64_t biased = (kIn + 1) * kWidth + (kWidth + 1) * kHidden;  // parameters of one expert in both slots
  struct Expected {
    const char* name;
    int64_t flops, first, idle;  // of the slots; of what reads the inputs; parameters that a row does not use
  };
  // cgc: 2 experts of each of 3 tasks and 5 shared; the first level runs all 11, under 3 gates and a shared one.
  const int64_t all = kDomains * 2 + kExperts, own = 2 + kExperts;
  const int64_t first_level = 2 * kIn * (all * kWidth + kDomains * own + all);
  for (const Expected& is :
       {Expected{"demix", 2 * kMaps, 2 * kIn * kWidth, 2 * biased},
        Expected{"mmoe", 2 * kExperts * (kMaps + kIns), 2 * kIn * kExperts * (kWidth + 1), 2 * kIns * kExperts},
        Expected{"lora", 2 * (kMaps + 2 * (kIns + kWidth + kHidden)), 2 * kIn * (kWidth + 2),
                 2 * 2 * (kIns + kWidth + kHidden)},
        Expected{"cross_stitch", 2 * kDomains * (kMaps + kDomains * (kWidth + kHidden)), 2 * kDomains * kIn * kWidth,
                 0},
        Expected{"cgc", first_level + 2 * kWidth * own * (kHidden + 1), first_level,
                 2 * (2 * (kWidth + 1) * kHidden + kWidth * own)}}) {
    CAPTURE(is.name);
    Json layer = task_options(is.name, kExperts);
    if (is.name == std::string("demix")) layer["experts"] = kDomains;
    NetworkSpec spec = conditioned_spec(Stub::vector, layer, {{"name", "demix"}, {"experts", kDomains}});
    spec.backbone = backbone(Stub::vector, kWidth, kHidden);
    CHECK(forward_item_flops(spec) == is.flops + head);
    CHECK(train_step_flops(spec, kBatch) == kBatch * (3 * (is.flops + head) - is.first));
    const Network network(spec, 1);
    CHECK(network.parameter_count() - network.active_parameter_count() == is.idle + 2 * of_head);
  }
}

TEST_CASE(
    "[flops] a hashed expert costs what one expert does; experts that choose cost a lone item all, a batch its "
    "capacity") {
  const int64_t maps = 2 * (kIn * kWidth + kWidth * kHidden), head = 2 * kHidden * kClasses;
  const int64_t gates = 2 * (kIn + kWidth) * kExperts;
  CHECK(forward_item_flops(mlp(task_options("hash_moe", kExperts))) == maps + head);
  const NetworkSpec choosing = mlp(task_options("expert_choice", kExperts));
  CHECK(forward_item_flops(choosing) == gates + kExperts * maps + head);
  const int64_t batch = 10, taken = kExperts * 4;  // each of 5 experts takes 10 x 2 / 5
  CHECK(train_step_flops(choosing, batch) ==
        3 * (batch * (gates + head) + taken * maps) - 2 * kIn * (batch * kExperts + taken * kWidth));
}

TEST_CASE("[flops] soft slots cost a batch its slots, whatever its size, and each row its way in and out of them") {
  constexpr int64_t kSlots = 2 * kExperts, kMaps = kIn * kWidth + kWidth * kHidden, kHead = kHidden * kClasses;
  const auto forward = [](int64_t rows) {  // logits and dispatch read the inputs, combine writes the outputs
    return 2 * (rows * kSlots * (2 * kIn + kWidth + 2 * kWidth + kHidden) + kSlots * kMaps + rows * kHead);
  };
  const NetworkSpec spec = mlp(task_options("soft_slots", kExperts));
  CHECK(forward_item_flops(spec) == forward(1));
  CHECK(train_step_flops(spec, kBatch) == 3 * forward(kBatch) - 2 * 2 * kBatch * kSlots * kIn);
}

TEST_CASE("[flops] a network that stays as it is has no gradient of its weights, its changes of low rank have theirs") {
  constexpr int64_t kMaps = kIn * kWidth + kWidth * kHidden, kLow = 2 * (kIn + 2 * kWidth + kHidden);  // of rank 2
  const int64_t head = kHidden * kClasses;
  for (const char* own_head : {"dense", "demix"}) {
    NetworkSpec spec =
        conditioned_spec(Stub::vector, task_options("lora", 3), {{"name", own_head}, {"experts", kDomains}});
    spec.backbone = backbone(Stub::vector, kWidth, kHidden);
    // Of the first slot neither the map nor the change's first factor needs a gradient of the inputs.
    const int64_t backward = 2 * (kWidth * kHidden + head + 2 * kLow - 2 * kIn);
    CHECK(train_step_flops(spec, kBatch, Trains::added) == kBatch * (2 * (kMaps + head + kLow) + backward));
    const int64_t of_weights = 2 * kBatch * (kMaps + head);
    CHECK(train_step_flops(spec, kBatch) == train_step_flops(spec, kBatch, Trains::added) + of_weights);
  }
}

TEST_CASE("[flops] what training adds to sparse_moe costs its shared experts, and nothing for the rest") {
  Json layer = expert_layer("sparse_moe", 2), more = layer;
  more.update({{"shared", 3}, {"z_loss", 0.1}, {"noise", 1.0}, {"capacity", 0.5}});
  const int64_t shared = 3 * 2 * (kIn * kWidth + kWidth * kHidden);
  CHECK(forward_item_flops(mlp(more)) == forward_item_flops(mlp(layer)) + shared);
  CHECK(train_step_flops(mlp(more), kBatch) ==
        train_step_flops(mlp(layer), kBatch) + kBatch * (3 * shared - 2 * 3 * kIn * kWidth));
}

TEST_CASE("[flops] a bag's features are counted to its full length, forward and back to the table") {
  constexpr int64_t kMost = 9, kMean = 2 * kMost * kWidth;
  constexpr int64_t kForward = kMean + 2 * (kWidth * kWidth + kWidth * kHidden + kHidden * kClasses);
  CHECK(forward_item_flops(sized(Stub::bags)) == kForward);
  CHECK(train_step_flops(sized(Stub::bags), kBatch) == kBatch * (3 * kForward - kMean));  // weights are not learned
}

TEST_CASE("[flops] a cnn's convolutions at the sizes that pooling leaves, the first without an input gradient") {
  constexpr int64_t kChannels = kWidth / 4, kFlat = 2 * kChannels * 2 * 1, kBeside = 3;  // 9 x 7, 4 x 3, 2 x 1
  constexpr int64_t kFirst = 2 * 9 * 2 * kChannels * (9 * 7);
  constexpr int64_t kSecond = 2 * 9 * kChannels * 2 * kChannels * (4 * 3);
  constexpr int64_t kForward = kFirst + kSecond + 2 * ((kFlat + kBeside) * kHidden + kHidden * kClasses);
  CHECK(forward_item_flops(sized(Stub::image)) == kForward);
  for (const int64_t batch : {int64_t{1}, kBatch, 5 * kBatch})  // the library takes another kernel for few rows
    CHECK(train_step_flops(sized(Stub::image), batch) == batch * (3 * kForward - kFirst));
}

TEST_CASE("[flops] of adapters only a row's own costs, though all are held") {
  constexpr int64_t kBins = 41, kShared = kWidth * kWidth + kWidth * kHidden;
  constexpr int64_t kForward = 2 * (kIn * kWidth + kShared + kHidden * kBins);
  const NetworkSpec spec = sized(Stub::adapters);
  CHECK(forward_item_flops(spec) == kForward);
  CHECK(train_step_flops(spec, kBatch) == kBatch * (3 * kForward - 2 * kIn * kWidth));
  const Network network(spec, 1);
  const auto mixed = loaded(Stub::adapters).data().inputs.narrow(0, 0, 12).unsqueeze(0);  // of all domains
  c10::InferenceMode inference;
  Pass pass;
  CHECK(count_flops([&] { network.forward(mixed, {}, pass); }) == 12 * kForward);
  const int64_t adapter = (kIn + 1) * kWidth + (kHidden + 1) * kBins;
  CHECK(network.parameter_count() == kDomains * adapter + (kWidth + 1) * kWidth + (kWidth + 1) * kHidden);
  CHECK(network.parameter_count() - network.active_parameter_count() == (kDomains - 1) * adapter);
}

TEST_CASE("[flops] a member's training is its steps and its validation passes") {
  TrainConfig config = quick_training();
  config.checks = 3;
  CHECK(train_flops(mlp(), config, 10, 6) ==
        10 * train_step_flops(mlp(), config.batch) + 3 * 6 * forward_item_flops(mlp()));
}

TEST_CASE("[flops] a training costs what it is charged, with fewer steps than looks at validation too") {
  TrainConfig config = quick_training();
  config.checks = 5;
  const Dataset& data = loaded(Stub::vector).data();
  for (const int64_t steps : {2, 5, 11}) {
    CAPTURE(steps);
    Network network(mlp(), 1);
    network.parameters().initialise(std::array<uint64_t, 1>{5}, std::array<uint64_t, 1>{0});
    MemberData member;
    for (int64_t i = 0; i < steps * config.batch; ++i) member.order.push_back(i % data.size());
    for (int64_t i = 0; i < 6; ++i) member.validation.push_back(i);
    CHECK(count_flops([&] { train(network, data, {member}, config); }) == train_flops(mlp(), config, steps, 6));
  }
}

TEST_CASE("[flops] answering one item costs the router, the members that run and the mixture") {
  const int64_t labels = mlp_forward(), bytes = transformer_forward(kSteps);
  CHECK(served(Stub::vector, router("hard")) == labels + router_forward(kIn));
  CHECK(served(Stub::vector, router("soft")) == 3 * labels + router_forward(kIn) + 4 * 3 * kClasses);
  CHECK(served(Stub::vector, {{"name", "oracle"}}) == labels);
  CHECK(served(Stub::vector, {{"name", "uniform_soup"}}) == labels);
  CHECK(served(Stub::vector, {{"name", "uniform_ensemble"}}) == 3 * labels + 4 * 3 * kClasses);
  // A router of bags is a bag.
  const int64_t bag = 2 * (9 * kWidth + kWidth * kWidth + kWidth * kHidden + kHidden * kClasses);
  CHECK(served(Stub::bags, router("hard")) == bag + 2 * (9 * 16 + 16 * 16 + 16 * kDomains));
  // On tokens all members score the 16 bytes that the router reads.
  CHECK(served(Stub::tokens, router("hard")) == bytes + 3 * transformer_forward(16) + router_forward(kVocabulary));
  const int64_t mixture = 4 * 3 * kSteps * kVocabulary;
  CHECK(served(Stub::tokens, router("soft")) == 3 * bytes + router_forward(kVocabulary) + mixture);
  CHECK(served(Stub::tokens, {{"name", "posterior_mixture"}}) == 3 * bytes + mixture + 4 * 3 * kSteps);
}

TEST_CASE("[flops] a recipe charges every stage to whom it belongs") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const TrainConfig train = quick_training();
  Json component = specialists(Stub::vector, router("hard"));
  component["birth"] = {{"name", "branch"}, {"share", 0.25}};
  const Recipe recipe = make_recipe(suite, component, 64 * train.batch, train, 0);
  REQUIRE(recipe.charges.size() == 4);
  CHECK(recipe.charges[0].stage == "seed");
  CHECK(recipe.charges[0].samples == 16 * train.batch);
  CHECK_FALSE(recipe.specs[0].deployed);
  for (size_t i = 1; i < 4; ++i) {
    CHECK(recipe.charges[i].stage == "members");
    CHECK(recipe.charges[i].participant == static_cast<int64_t>(i) - 1);
    CHECK(recipe.charges[i].samples == 16 * train.batch);  // domains of equal size share the other three quarters
    CHECK(recipe.specs[i].parent == 0);
    CHECK(recipe.specs[i].begin == 16 * train.batch);
    const auto validation = std::ssize(member_data(recipe.specs[i], suite, train, 0).validation);
    CHECK(recipe.charges[i].flops == train_flops(recipe.specs[i].network, train, 16, validation));
  }
  for (const bool dry : {true, false}) {
    const auto members = noisy_members(recipe, 0);
    TrialAssembly assembly(suite, component, 0, train, members, {}, dry);
    find_architecture("specialists").assemble(assembly);
    REQUIRE(assembly.charges().size() == 1);
    const Charge& charge = assembly.charges()[0];
    CHECK(charge.stage == "router");
    // One layer of 16 units: the router's backward needs no gradient of its input.
    CHECK(charge.flops == charge.samples * (3 * router_forward(kIn) - 2 * kIn * 16));
    const auto items = std::ssize(suite.indices(Split::router, 0));
    CHECK(std::abs(charge.samples - 2 * items) < 32);  // two passes, in batches of 32
  }
}

TEST_CASE("[flops] wrappers are counted through what they call") {
  const auto a = at::ones({3, 4, 5}), b = at::ones({3, 5, 6}), square = at::ones({5, 5}), vector = at::ones({5});
  CHECK(count_flops([&] { at::einsum("bij,bjk->bik", {a, b}); }) == 2 * 3 * 4 * 5 * 6);
  CHECK(count_flops([&] { at::matmul(a, b); }) == 2 * 3 * 4 * 5 * 6);
  CHECK(count_flops([&] { at::linear(a, square, vector); }) == 2 * 12 * 5 * 5);
  CHECK(count_flops([&] { at::matmul(square, vector); }) == 2 * 5 * 5);
  CHECK(count_flops([&] { at::matmul(vector, vector); }) == 2 * 5);
  const auto images = at::ones({2, 3, 8, 8}), kernel = at::ones({6, 3, 3, 3});
  constexpr int64_t kConvolution = 2 * (2 * 6 * 6 * 6) * 27;
  CHECK(count_flops([&] { at::conv2d(images, kernel); }) == kConvolution);
  const auto learned = kernel.clone().requires_grad_(true), seen = images.clone().requires_grad_(true);
  const auto of_kernel = at::conv2d(images, learned).sum(), of_both = at::conv2d(seen, learned).sum();
  CHECK(count_flops([&] { torch::autograd::grad({of_kernel}, {learned}); }) == kConvolution);
  CHECK(count_flops([&] { torch::autograd::grad({of_both}, {seen, learned}); }) == 2 * kConvolution);
  CHECK(count_flops([&] { at::relu(a + 1).sum(); }) == 0);
}

TEST_CASE("[flops] an operation that multiplies matrices and has no rule is an error, not zero") {
  const auto a = at::ones({30, 4});
  CHECK_THROWS_WITH_AS(count_flops([&] { at::cdist(a, a); }), doctest::Contains("aten::cdist"), std::logic_error);
  CHECK_THROWS_AS(count_flops([&] { at::bilinear(a, a, at::ones({2, 4, 4}), {}); }), std::logic_error);
  CHECK_THROWS_AS(count_flops([&] { at::addr(at::ones({4, 4}), a[0], a[0]); }), std::logic_error);
  CHECK(count_flops([&] { at::mm(a, a.t()); }) == 2 * 30 * 30 * 4);  // the next count is none the wiser
}

TEST_CASE("[flops] counters do not nest") {
  const auto a = at::ones({4, 4});
  FlopCounter counter;
  CHECK_THROWS_AS(FlopCounter(), std::logic_error);
  at::mm(a, a);
  CHECK(counter.total() == 128);
}
