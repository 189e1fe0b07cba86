// SPDX-License-Identifier: Apache-2.0
// Networks in plain loops over their stored weights, in double precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/engine/support.h"

namespace loom::hand_worked {

using namespace loom::engine_test;

using Row = std::vector<double>;

inline constexpr size_t kTasks = 3;   // of the stubs
inline constexpr int64_t kItems = 9;  // that check_against compares

struct Weights {
  Arrays arrays;
  Row operator[](const std::string& name) const {
    const std::vector<float> values = as_f32(arrays.at(name));
    return {values.begin(), values.end()};
  }
};

// values [in] times weight [in, out], plus bias [out]; `from`: where an expert's slice begins, in experts.
inline Row affine(const Row& values, const Weights& weights, const std::string& name, size_t expert = 0) {
  const Row weight = weights[name + ".weight"], bias = weights[name + ".bias"];
  const auto& shape = weights.arrays.at(name + ".bias").shape;
  const auto out = static_cast<size_t>(shape.back());
  Row result(out);
  for (size_t o = 0; o < out; ++o) {
    result[o] = bias[expert * out + o];
    for (size_t i = 0; i < values.size(); ++i) result[o] += values[i] * weight[(expert * values.size() + i) * out + o];
  }
  return result;
}

inline Row relu(Row values) {
  for (double& value : values) value = std::max(value, 0.0);
  return values;
}

inline Row softmax(const Row& logits) {
  double sum = 0;
  for (const double value : logits) sum += std::exp(value);
  Row result;
  for (const double value : logits) result.push_back(std::exp(value) / sum);
  return result;
}

// x [in] times slice `part` of a tensor [parts, in, out]; no bias.
inline Row product(const Row& x, const Row& weight, size_t out, size_t part = 0) {
  Row result(out);
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t o = 0; o < out; ++o) result[o] += x[i] * weight[(part * x.size() + i) * out + o];
  return result;
}

inline void add(Row& into, const Row& values, double weight) {
  if (into.empty()) into.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) into[i] += weight * values[i];
}

inline Row expert(const Row& x, const Weights& weights, const std::string& name, size_t index) {
  return relu(affine(x, weights, name, index));
}

inline at::Tensor logits_of(const Network& network, const at::Tensor& inputs, const at::Tensor& tags, Pass& pass) {
  c10::InferenceMode inference;
  return network.forward(inputs.unsqueeze(0), tags.defined() ? tags.unsqueeze(0) : tags, pass).squeeze(0);
}

// Each of the first items of the vector stub, told its own domain and the two others, against `by_hand(x, task)`.
template <class ByHand>
void check_against(const NetworkSpec& spec, ByHand&& by_hand) {
  const LoadedSuite& suite = loaded(Stub::vector);
  const auto network = noisy_network(spec, 2, 0);
  const Weights weights{network->parameters().save(0)};
  const auto inputs = suite.data().inputs.narrow(0, 0, kItems);
  for (size_t shift = 0; shift < kTasks; ++shift) {
    const auto tags = (suite.data().domains.narrow(0, 0, kItems) + static_cast<int64_t>(shift)).remainder(3);
    Pass pass;
    const auto logits = logits_of(*network, inputs, spec.tags > 0 ? tags : at::Tensor(), pass);
    for (int64_t item = 0; item < kItems; ++item) {
      const auto first = suite.suite().train_side().values.begin() + item * 8;
      const Row expected = by_hand(weights, Row(first, first + 8), static_cast<size_t>(tags[item].item<int64_t>()));
      REQUIRE(std::ssize(expected) == logits.size(1));
      for (size_t o = 0; o < expected.size(); ++o)
        CHECK(logits[item][static_cast<int64_t>(o)].item<float>() == doctest::Approx(expected[o]).epsilon(1e-5));
    }
  }
}

inline NetworkSpec with_depth(NetworkSpec spec, int64_t depth) {
  spec.backbone["depth"] = depth;
  return spec;
}

}  // namespace loom::hand_worked
