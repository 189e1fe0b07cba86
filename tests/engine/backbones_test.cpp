// SPDX-License-Identifier: Apache-2.0
// Each backbone against plain loops over its stored weights, in double precision.
#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/engine/losses.h"
#include "tests/engine/by_hand.h"

using namespace loom;
using namespace loom::engine_test;
using namespace loom::hand_worked;

namespace loom::backbones_test {
namespace {

struct Map {
  size_t channels = 0, height = 0, width = 0;
  Row values;
  double at(size_t c, int64_t y, int64_t x) const {  // zero beyond the edges
    const bool inside =
        y >= 0 && x >= 0 && y < std::ssize(values) && static_cast<size_t>(y) < height && static_cast<size_t>(x) < width;
    return inside ? values[(c * height + static_cast<size_t>(y)) * width + static_cast<size_t>(x)] : 0;
  }
};

Map convolved(const Map& in, const Weights& weights, const std::string& name) {
  const Row kernel = weights[name + ".weight"], bias = weights[name + ".bias"];
  Map out{bias.size(), in.height, in.width, {}};
  for (size_t o = 0; o < out.channels; ++o)
    for (int64_t y = 0; y < static_cast<int64_t>(in.height); ++y)
      for (int64_t x = 0; x < static_cast<int64_t>(in.width); ++x) {
        double sum = bias[o];
        for (size_t c = 0; c < in.channels; ++c)
          for (int64_t dy = 0; dy < 3; ++dy)
            for (int64_t dx = 0; dx < 3; ++dx)
              sum += kernel[(o * in.channels + c) * 9 + static_cast<size_t>(3 * dy + dx)] *
                     in.at(c, y + dy - 1, x + dx - 1);
        out.values.push_back(std::max(sum, 0.0));
      }
  return out;
}

Map pooled(const Map& in) {  // an odd last row or column falls away
  Map out{in.channels, in.height / 2, in.width / 2, {}};
  for (size_t c = 0; c < in.channels; ++c)
    for (size_t y = 0; y < out.height; ++y)
      for (size_t x = 0; x < out.width; ++x) {
        const auto at = [&](size_t dy, size_t dx) {
          return in.at(c, static_cast<int64_t>(2 * y + dy), static_cast<int64_t>(2 * x + dx));
        };
        out.values.push_back(std::max({at(0, 0), at(0, 1), at(1, 0), at(1, 1)}));
      }
  return out;
}

void check_logits(const Network& network, const at::Tensor& item, const Row& expected) {
  c10::InferenceMode inference;
  Pass pass;
  const auto logits = network.forward(item.view({1, 1, -1}), {}, pass).view(-1);
  REQUIRE(logits.numel() == std::ssize(expected));
  for (size_t i = 0; i < expected.size(); ++i)
    CHECK(logits[static_cast<int64_t>(i)].item<float>() == doctest::Approx(expected[i]).epsilon(1e-5));
}

std::shared_ptr<Network> noisy(Stub stub) { return noisy_network(network_spec(stub, backbone(stub, 8, 7)), 2, 0); }

Row item_values(const Items& items, int64_t item, int64_t begin, int64_t count) {
  const auto first = items.values.begin() + item * items.input_dim + begin;
  return {first, first + count};
}

}  // namespace
}  // namespace loom::backbones_test

using namespace loom::backbones_test;

TEST_CASE("[bag] an item is the mean of its features' vectors, in any order") {
  const LoadedSuite& suite = loaded(Stub::bags);
  const Items& items = suite.suite().train_side();
  const auto network = noisy(Stub::bags);
  const Weights weights{network->parameters().save(0)};
  const Row table = weights["table.weight"];
  for (int64_t item = 0; item < 9; ++item) {
    std::vector<int32_t> held(items.ids.begin() + item * 9, items.ids.begin() + (item + 1) * 9);
    std::erase(held, -1);
    Row mean(8);
    for (const int32_t feature : held)
      for (size_t i = 0; i < 8; ++i)
        mean[i] += table[static_cast<size_t>(feature) * 8 + i] / static_cast<double>(held.size());
    const Row hidden = relu(affine(relu(affine(mean, weights, "layer0.map")), weights, "layer1.map"));
    check_logits(*network, suite.data().inputs[item], affine(hidden, weights, "head"));
    check_logits(*network, suite.data().inputs[item].flip(0), affine(hidden, weights, "head"));
  }
}

TEST_CASE("[cnn] two convolutions, pooled, and a hidden layer beside the other inputs") {
  const LoadedSuite& suite = loaded(Stub::image);
  const auto network = noisy(Stub::image);
  const Weights weights{network->parameters().save(0)};
  CHECK(weights.arrays.at("conv1.weight").shape == std::vector<int64_t>{2, 2, 3, 3});
  CHECK(weights.arrays.at("conv2.weight").shape == std::vector<int64_t>{4, 2, 3, 3});
  for (int64_t item = 0; item < 5; ++item) {
    const Map image{2, 9, 7, item_values(suite.suite().train_side(), item, 0, 126)};
    Row values = pooled(convolved(pooled(convolved(image, weights, "conv1")), weights, "conv2")).values;
    REQUIRE(values.size() == 4 * 2 * 1);
    const Row beside = item_values(suite.suite().train_side(), item, 126, 3);
    values.insert(values.end(), beside.begin(), beside.end());
    const Row hidden = relu(affine(values, weights, "layer0.map"));
    check_logits(*network, suite.data().inputs[item], affine(hidden, weights, "head"));
  }
}

TEST_CASE("[adapters] a row goes through the first layer and the head of its domain, and through no other's") {
  const LoadedSuite& suite = loaded(Stub::adapters);
  const Items& items = suite.suite().train_side();
  const auto network = noisy(Stub::adapters);
  const Weights weights{network->parameters().save(0)};
  for (int64_t item = 0; item < 9; ++item) {
    const auto domain = static_cast<size_t>(items.domain[static_cast<size_t>(item)]);
    Row values = relu(affine(item_values(items, item, 0, 8), weights, "layer0.map", domain));
    for (const char* name : {"layer1.map", "layer2.map"}) values = relu(affine(values, weights, name));
    check_logits(*network, suite.data().inputs[item], affine(values, weights, "head", domain));
  }
  const auto said = say(NetworkModel(network), batch_of(suite, 30));
  for (size_t i = 0; i < network->parameters().size(); ++i)
    if (network->parameters()[i].size(1) == 3)
      const_cast<at::Tensor&>(network->parameters()[i]).select(1, 2).fill_(std::numeric_limits<float>::quiet_NaN());
  const auto poisoned = say(NetworkModel(network), batch_of(suite, 30));
  for (int64_t row = 0; row < 30; ++row) {
    const bool own = items.domain[static_cast<size_t>(row)] == 2;
    CHECK(poisoned[row].isnan().any().item<bool>() == own);
    CHECK((own || poisoned[row].equal(said[row])));
  }
}

TEST_CASE("[adapters] with one domain they are a plain mlp one layer deeper, in bits after training") {
  const LoadedSuite adapted(make_suite(Stub::adapters, 1), at::kCPU);
  const NetworkSpec with{backbone(Stub::adapters, 13, 11), {{"name", "dense"}}, adapted.shape(), 0};
  NetworkSpec without = with;
  without.backbone["depth"] = 3;
  without.shape.input_dim = 8;
  without.shape.adapters = 0;
  Dataset plain = adapted.data();
  plain.inputs = plain.inputs.narrow(1, 0, 8).contiguous();
  TrainConfig config = quick_training();
  config.learning_rate = 0.01;
  const auto& order = adapted.indices(Split::train, 0);
  const MemberData data{{order.begin(), order.begin() + config.batch}, {0, 1, 2}};
  const auto trained = [&](const NetworkSpec& spec, const Dataset& on) {
    Network network(spec, 2);
    network.parameters().initialise(std::array<uint64_t, 2>{3, 3}, std::array<uint64_t, 2>{0, 1});
    train(network, on, {data, data}, config);
    return network;
  };
  const Network ours = trained(with, adapted.data()), theirs = trained(without, plain);
  CHECK(ours.parameter_count() == theirs.parameter_count());
  CHECK(ours.active_parameter_count() == theirs.parameter_count());
  for (int64_t member = 0; member < 2; ++member) {
    const Arrays mine = ours.parameters().save(member);
    for (const auto& [name, array] : theirs.parameters().save(member)) {
      CAPTURE(name);
      CHECK(mine.at(name).bytes == array.bytes);
    }
  }
}
