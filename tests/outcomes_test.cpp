// SPDX-License-Identifier: Apache-2.0
#include "harness/outcomes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "harness/error.h"
#include "harness/random.h"
#include "harness/safetensors.h"

using loom::Outcomes, loom::Stream, loom::DType;

namespace {

// Random log-probabilities of `items` items, normalised; the summaries are left to summarise().
Outcomes random_labels(int64_t items, int64_t outputs) {
  Stream stream(1, "labels");
  Outcomes o;
  o.items = items;
  o.outputs = outputs;
  for (int64_t i = 0; i < items; ++i) {
    o.domain.push_back(int32_t(stream.below(4)));
    o.group.push_back(int32_t(stream.below(9)));
    o.target.push_back(int32_t(stream.below(uint64_t(outputs))));
    std::vector<double> weight(static_cast<size_t>(outputs));
    for (double& value : weight) value = std::exp(2 * stream.normal());
    const double total = std::accumulate(weight.begin(), weight.end(), 0.0);
    for (double value : weight) o.log_probs.push_back(float(std::log(value / total)));
  }
  return o;
}

Outcomes random_tokens(int64_t items, int64_t steps) {
  Stream stream(2, "tokens");
  Outcomes o;
  o.items = items;
  o.steps = steps;
  o.outputs = 256;
  for (int64_t i = 0; i < items; ++i) {
    o.domain.push_back(int32_t(i % 3));
    o.group.push_back(int32_t(70000 + i));
    for (int64_t s = 0; s < steps; ++s) {
      o.target.push_back(int32_t(stream.below(256)));
      o.argmax.push_back(int32_t(stream.below(256)));
      o.target_log_prob.push_back(float(std::log(stream.uniform() + 1e-6)));
      o.max_log_prob.push_back(float(std::log(stream.uniform() + 1e-3)));
      o.entropy.push_back(float(5 * stream.uniform()));
    }
  }
  return o;
}

void check_exact_fields(const Outcomes& a, const Outcomes& b) {
  CHECK(a.items == b.items);
  CHECK(a.steps == b.steps);
  CHECK(a.outputs == b.outputs);
  CHECK(a.domain == b.domain);
  CHECK(a.group == b.group);
  CHECK(a.target == b.target);
  CHECK(a.target_log_prob == b.target_log_prob);
  CHECK(a.log_probs == b.log_probs);
  CHECK(a.argmax == b.argmax);
}

// The encoded file after one change to its arrays or metadata.
template <typename Change>
std::string tampered(const Outcomes& outcomes, Change change) {
  std::map<std::string, std::string> metadata;
  auto arrays = loom::decode_safetensors(loom::encode_outcomes(outcomes), "fixture", &metadata);
  change(arrays, metadata);
  return loom::encode_safetensors(arrays, metadata);
}

std::string refusal(const std::string& bytes) {
  try {
    loom::decode_outcomes(bytes, "predictions.safetensors");
  } catch (const loom::InputError& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("[outcomes] summaries by hand: target, best with its tie, entropy of a fair coin") {
  Outcomes o;
  o.items = 2;
  o.outputs = 3;
  o.domain = o.group = {0, 0};
  o.target = {2, 0};
  const float half = std::log(0.5F), never = -std::numeric_limits<float>::infinity();
  o.log_probs = {never, half, half, 0, never, never};
  loom::summarise(o);
  CHECK(o.target_log_prob == std::vector<float>{half, 0});
  CHECK(o.max_log_prob == std::vector<float>{half, 0});
  CHECK(o.argmax == std::vector<int32_t>{1, 0});
  CHECK(o.entropy[0] == doctest::Approx(std::log(2.0)));
  CHECK(o.entropy[1] == 0);
}

TEST_CASE("[outcomes] summaries agree with brute force") {
  Outcomes o = random_labels(200, 7);
  loom::summarise(o);
  for (size_t i = 0; i < 200; ++i) {
    const auto begin = o.log_probs.begin() + std::ptrdiff_t(7 * i), best = std::max_element(begin, begin + 7);
    double entropy = 0, mass = 0;
    for (auto value = begin; value != begin + 7; ++value) {
      mass += std::exp(double(*value));
      entropy += std::exp(double(*value)) * -double(*value);
    }
    CHECK(mass == doctest::Approx(1));
    CHECK(o.argmax[i] == best - begin);
    CHECK(o.max_log_prob[i] == *best);
    CHECK(o.target_log_prob[i] == begin[o.target[i]]);
    CHECK(o.entropy[i] == doctest::Approx(entropy));
  }
}

TEST_CASE("[outcomes] one broken log-probability breaks every summary of its item and no other") {
  for (float broken : {NAN, std::numeric_limits<float>::infinity()}) {
    Outcomes o = random_labels(3, 4);
    o.log_probs[4 + 2] = broken;
    loom::summarise(o);
    CHECK(std::isnan(o.target_log_prob[1]));
    CHECK(std::isnan(o.max_log_prob[1]));
    CHECK(std::isnan(o.entropy[1]));
    CHECK(std::isfinite(o.target_log_prob[0] + o.max_log_prob[2] + o.entropy[2]));
  }
}

TEST_CASE("[outcomes] summaries refuse tokens, missing rows and targets that are no class") {
  Outcomes o = random_labels(3, 4);
  o.steps = 2;
  CHECK_THROWS(loom::summarise(o));
  o = random_labels(3, 4);
  o.log_probs.pop_back();
  CHECK_THROWS(loom::summarise(o));
  o = random_labels(3, 4);
  o.target[1] = 4;
  CHECK_THROWS(loom::summarise(o));
}

TEST_CASE("[outcomes] labels survive a round trip bit for bit") {
  Outcomes o = random_labels(50, 10);
  loom::summarise(o);
  const std::string bytes = loom::encode_outcomes(o);
  const Outcomes back = loom::decode_outcomes(bytes, "fixture");
  check_exact_fields(o, back);
  CHECK(o.max_log_prob == back.max_log_prob);
  CHECK(o.entropy == back.entropy);
  CHECK(loom::encode_outcomes(back) == bytes);
  const auto arrays = loom::decode_safetensors(bytes, "fixture");
  CHECK(arrays.at("max_log_prob").type == DType::f32);
  CHECK(arrays.at("argmax").type == DType::i32);
  CHECK(arrays.at("log_probs").shape == std::vector<int64_t>{50, 10});
}

TEST_CASE("[outcomes] tokens keep targets exactly and what is stored in half precision to 2^-11") {
  const Outcomes o = random_tokens(5, 8);
  const std::string bytes = loom::encode_outcomes(o);
  const Outcomes back = loom::decode_outcomes(bytes, "fixture");
  check_exact_fields(o, back);
  for (size_t i = 0; i < o.entropy.size(); ++i) {
    CHECK(std::abs(back.entropy[i] - o.entropy[i]) <= std::ldexp(o.entropy[i], -11) + 1e-7F);
    CHECK(std::abs(back.max_log_prob[i] - o.max_log_prob[i]) <= std::ldexp(-o.max_log_prob[i], -11) + 1e-7F);
  }
  CHECK(loom::encode_outcomes(back) == bytes);
  const auto arrays = loom::decode_safetensors(bytes, "fixture");
  CHECK(arrays.at("max_log_prob").type == DType::f16);
  CHECK(arrays.at("entropy").type == DType::f16);
  CHECK(arrays.at("argmax").type == DType::u8);
  CHECK(arrays.at("target_log_prob").type == DType::f32);
  CHECK_FALSE(arrays.contains("log_probs"));
}

TEST_CASE("[outcomes] more outputs than a byte holds keep a wide argmax") {
  Outcomes o = random_tokens(2, 3);
  o.outputs = 300;
  o.argmax[4] = 299;
  CHECK(loom::decode_outcomes(loom::encode_outcomes(o), "fixture").argmax == o.argmax);
}

TEST_CASE("[outcomes] views that a combiner does not give stay absent") {
  Outcomes o = random_tokens(2, 3);
  o.argmax.clear();
  o.max_log_prob.clear();
  o.entropy.clear();
  const Outcomes back = loom::decode_outcomes(loom::encode_outcomes(o), "fixture");
  check_exact_fields(o, back);
  CHECK(back.max_log_prob.empty());
  CHECK(back.entropy.empty());
}

TEST_CASE("[outcomes] incomplete outcomes are not written") {
  Outcomes o = random_tokens(2, 3);
  o.entropy.pop_back();
  CHECK_THROWS(loom::encode_outcomes(o));
  o = random_tokens(2, 3);
  o.group.pop_back();
  CHECK_THROWS(loom::encode_outcomes(o));
}

TEST_CASE("[outcomes] a damaged file is refused with its name and what is wrong") {
  const Outcomes o = random_tokens(2, 3);
  const auto bad = [&](auto change) {
    const std::string text = refusal(tampered(o, change));
    CHECK(says(text, "predictions.safetensors"));
    return text;
  };
  CHECK(refusal(tampered(o, [](auto&, auto&) {})).empty());
  CHECK(says(bad([](auto& arrays, auto&) { arrays.erase("target"); }), "lacks the array \"target\""));
  CHECK(says(bad([](auto& arrays, auto&) { arrays["extra"] = arrays["domain"]; }), "unknown array \"extra\""));
  CHECK(says(bad([](auto& arrays, auto&) { arrays["group"] = arrays["target"]; }), "\"group\" needs 1 axis"));
  CHECK(says(bad([](auto& arrays, auto&) {
               arrays["entropy"].shape = {3, 2};
               arrays["argmax"] = arrays["domain"];
             }),
             "argmax"));
  CHECK(says(bad([](auto& arrays, auto&) {
               arrays["entropy"].shape = {1, 2};
               arrays["entropy"].bytes.resize(4);
             }),
             "entropy"));
  CHECK(says(bad([](auto&, auto& metadata) { metadata.erase("outputs"); }), "outputs"));
  CHECK(says(bad([](auto&, auto& metadata) { metadata["outputs"] = "12x"; }), "outputs"));
  CHECK(says(bad([](auto&, auto& metadata) { metadata["outputs"] = "9223372036854775807"; }), "outputs"));
  CHECK(says(bad([](auto&, auto& metadata) { metadata["outputs"] = "2"; }), "target"));
  CHECK(says(refusal("not a safetensors file"), "predictions.safetensors"));
}
