// SPDX-License-Identifier: Apache-2.0
// Expert layers on plain memory: the loops of each instruction set against plain ones in double, the path of inference
// against the one that training takes.
#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/engine/affine_bank.h"
#include "harness/engine/flops.h"
#include "harness/engine/row_kernels_isa.h"
#include "tests/engine/by_hand.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::direct_experts_test {
namespace {

std::vector<float> drawn(int64_t count, uint64_t index) {
  std::vector<float> values(static_cast<size_t>(count));
  fill_normal(values, 1.0, Stream(7, "test/direct_experts", index));
  return values;
}

// Those that run here: each instruction set has the ones before it.
std::vector<const RowKernels*> kernels_here() {
  std::vector<const RowKernels*> all = {&row_kernels_plain()};
  if (&row_kernels() != all[0]) all.push_back(&row_kernels_avx2());
  if (&row_kernels() == &row_kernels_avx512()) all.push_back(&row_kernels_avx512());
  return all;
}

// Segments of `counts` rows, taken and put in another order than they lie in.
struct Case {
  Case(std::vector<int64_t> of_segments, int64_t from_width, int64_t to_width)
      : counts(std::move(of_segments)), in(from_width), out(to_width) {
    for (const int64_t count : counts) rows += count;
    from = drawn(rows * in, 0), scale = drawn(rows, 1);
    weight = drawn(std::ssize(counts) * in * out, 2), bias = drawn(std::ssize(counts) * out, 3);
    for (int64_t i = 0; i < rows; ++i) from_row.push_back(rows - 1 - i), to_row.push_back((i + 1) % rows);
    to.resize(static_cast<size_t>(rows * out), NAN);
  }
  RowProducts work() {
    return {.from = from.data(),
            .from_row = from_row.data(),
            .to = to.data(),
            .to_row = to_row.data(),
            .scale = scale.data(),
            .weight = weight.data(),
            .bias = bias.data(),
            .counts = counts.data(),
            .segments = std::ssize(counts),
            .in = in,
            .out = out,
            .relu = true};
  }
  std::vector<int64_t> counts, from_row, to_row;
  int64_t in, out, rows = 0;
  std::vector<float> from, scale, weight, bias, to;
};

double one_of(const RowProducts& work, int64_t entry, int64_t segment, int64_t column) {
  double sum = work.bias == nullptr ? 0 : static_cast<double>(work.bias[segment * work.out + column]);
  const float* from = work.from + (work.from_row == nullptr ? entry : work.from_row[entry]) * work.in;
  for (int64_t k = 0; k < work.in; ++k)
    sum += static_cast<double>(from[k]) * static_cast<double>(work.weight[(segment * work.in + k) * work.out + column]);
  if (work.relu) sum = std::max(sum, 0.0);
  return work.scale == nullptr ? sum : sum * static_cast<double>(work.scale[entry]);
}

double largest_error(const RowProducts& work) {
  double worst = 0;
  int64_t entry = 0;
  for (int64_t segment = 0; segment < work.segments; ++segment)
    for (int64_t i = 0; i < work.counts[segment]; ++i, ++entry)
      for (int64_t column = 0; column < work.out; ++column) {
        const int64_t row = work.to_row == nullptr ? entry : work.to_row[entry];
        const double error =
            static_cast<double>(work.to[row * work.out + column]) - one_of(work, entry, segment, column);
        worst = std::max(worst, std::isnan(error) ? INFINITY : std::abs(error));
      }
  return worst;
}

at::Tensor as_rows(const std::vector<float>& values, int64_t stack, int64_t width) {
  return at::from_blob(const_cast<float*>(values.data()), {stack, std::ssize(values) / (stack * width), width}).clone();
}

// A layer by itself: as a backbone's hidden layer, or as a feed-forward block.
struct Layer {
  Layer(const Json& options, int64_t members, int64_t in, int64_t out, std::optional<Activation> between = {})
      : parameters(members, at::kCPU) {
    const Init init{InitKind::normal, 0.4};
    const Affine whole{"map", in, out, Activation::relu, init, init};
    const Affine up{"up", in, 2 * out, between.value_or(Activation::none), init, init};
    const Affine down{"down", 2 * out, out, Activation::none, init, init};
    slot = build_layer(options, "", between ? std::vector{up, down} : std::vector{whole}, parameters);
    std::vector<uint64_t> seeds, indices;
    for (int64_t member = 0; member < members; ++member)
      seeds.push_back(3), indices.push_back(static_cast<uint64_t>(member));
    parameters.initialise(seeds, indices);
  }
  at::Tensor answer(const at::Tensor& rows, Pass& pass) const {
    c10::InferenceMode inference;
    return slot->forward(parameters, rows, pass);
  }
  at::Tensor regular(const at::Tensor& rows, Pass& pass) const {  // while FLOPs are counted
    at::Tensor said;
    count_flops([&] { said = answer(rows, pass); });
    return said;
  }
  Parameters parameters;
  std::unique_ptr<SlotLayer> slot;
};

Json sparse_options(int64_t experts, int64_t top_k) {
  return {{"name", "sparse_moe"}, {"experts", experts}, {"top_k", top_k}, {"balance", 0.0}};
}

double relative(const at::Tensor& a, const at::Tensor& b) {
  return largest_difference(a, b) / std::max(1.0, b.abs().max().item<double>());
}

// Both paths on the same rows; how many experts had none.
int64_t check_paths(const Layer& layer, const at::Tensor& rows, int64_t experts) {
  Pass direct, regular;
  const auto said = layer.answer(rows, direct), expected = layer.regular(rows, regular);
  CHECK(said.sizes() == expected.sizes());
  CHECK(relative(said, expected) < 1e-6);
  CHECK(direct.choices[0].equal(regular.choices[0]));
  CHECK(largest_difference(direct.gates[0], regular.gates[0]) < 1e-6);
  return experts - std::get<0>(at::_unique(direct.choices[0])).numel();
}

}  // namespace
}  // namespace loom::direct_experts_test

using namespace loom::direct_experts_test;

TEST_CASE("[row_kernels] each instruction set's products are those of plain loops, whatever the sizes") {
  for (const RowKernels* kernels : kernels_here())
    for (const int64_t in : {1, 5, 64})
      for (const int64_t out : {1, 3, 4, 7, 8, 10, 16, 17, 33, 64, 100, 131})
        for (const std::vector<int64_t>& counts :
             {std::vector<int64_t>{1}, {0, 2, 0}, {3, 1, 4}, {12, 13}, {25, 0, 6}, {5, 11, 7, 9, 8, 10}}) {
          CAPTURE(in);
          CAPTURE(out);
          CAPTURE(counts[0]);
          Case some(counts, in, out);
          RowProducts work = some.work();
          kernels->multiply(work);
          CHECK(largest_error(work) < 2e-5);
          work.from_row = work.to_row = nullptr, work.scale = work.bias = nullptr, work.relu = false;
          kernels->multiply(work);
          CHECK(largest_error(work) < 2e-5);
        }
}

TEST_CASE("[row_kernels] a row's bits depend neither on how many run beside it nor on where it lies") {
  for (const RowKernels* kernels : kernels_here())
    for (const int64_t out : {3, 7, 10, 16, 37, 64, 131})
      for (int64_t count = 1; count < 30; ++count) {
        Case all({0, count}, 19, out);
        kernels->multiply(all.work());
        const std::vector<float> together = all.to;
        for (int64_t i = 0; i < count; ++i) {
          RowProducts alone = all.work();
          const int64_t one[] = {0, 1};
          alone.from_row += i, alone.to_row += i, alone.scale += i, alone.counts = one;
          kernels->multiply(alone);
        }
        CHECK(all.to == together);
      }
}

TEST_CASE("[row_kernels] what is not a number stays so, and ReLU gives zero for what is negative") {
  for (const RowKernels* kernels : kernels_here()) {
    Case some({4}, 1, 33);
    std::ranges::fill(some.weight, 1.0F), std::ranges::fill(some.bias, 0.0F), std::ranges::fill(some.scale, 1.0F);
    some.from = {NAN, -INFINITY, INFINITY, -2.0F};
    RowProducts work = some.work();
    work.from_row = work.to_row = nullptr;
    kernels->multiply(work);
    for (size_t column = 0; column < 33; ++column) {
      CHECK(std::isnan(some.to[column]));
      CHECK(some.to[33 + column] == 0.0F);
      CHECK(some.to[66 + column] == INFINITY);
      CHECK(some.to[99 + column] == 0.0F);
    }
  }
}

TEST_CASE("[row_kernels] the softmax is that of double precision, also far apart, and of one") {
  for (const RowKernels* kernels : kernels_here())
    for (const int64_t width : {1, 2, 3, 4, 5, 8, 9, 16, 17, 31, 64})
      for (const float spread : {1.0F, 30.0F, 1e30F}) {
        std::vector<float> values = drawn(11 * width, 4);
        for (float& value : values) value *= spread;
        const std::vector<float> logits = values;
        std::vector<float> tops(11), sums(11);
        kernels->softmax(
            {.values = values.data(), .rows = 11, .width = width, .tops = tops.data(), .sums = sums.data()});
        for (size_t row = 0; row < 11; ++row) {
          const auto first = logits.begin() + static_cast<std::ptrdiff_t>(row) * width;
          const double top = static_cast<double>(*std::max_element(first, first + width));
          double sum = 0;
          for (auto at = first; at < first + width; ++at) sum += std::exp(static_cast<double>(*at) - top);
          CHECK(static_cast<double>(tops[row]) == top);
          CHECK(static_cast<double>(sums[row]) == doctest::Approx(sum).epsilon(1e-5));
          for (int64_t i = 0; i < width; ++i) {
            const double expected = std::exp(static_cast<double>(first[i]) - top) / sum;
            const double said = static_cast<double>(values[row * static_cast<size_t>(width) + static_cast<size_t>(i)]);
            CHECK(std::abs(said - expected) < (spread > 1 ? 3e-6 : 2e-7));
          }
        }
      }
  std::vector<float> one = {0.5F, NAN, 1.0F};
  row_kernels().softmax({.values = one.data(), .rows = 1, .width = 3});
  CHECK(std::isnan(one[1]));
}

TEST_CASE("[sparse_moe] inference on plain memory says what the regular path says") {
  for (const int64_t stack : {1, 2})
    for (const int64_t top_k : {1, 2, 7})
      for (const int64_t rows : {1, 3, 64, 201}) {
        CAPTURE(stack);
        CAPTURE(top_k);
        CAPTURE(rows);
        const auto given = as_rows(drawn(stack * rows * 13, 5), stack, 13);
        const int64_t idle = check_paths(Layer(sparse_options(7, top_k), stack, 13, 21), given, 7);
        if (rows * stack * top_k < 7) CHECK(idle > 0);  // experts without a row
        check_paths(Layer(sparse_options(7, top_k), stack, 13, 21, Activation::relu), given, 7);
        check_paths(Layer(sparse_options(7, top_k), stack, 13, 21, Activation::gelu), given, 7);
      }
}

TEST_CASE("[sparse_moe] all rows may fall on one expert, and rows may lie apart in memory") {
  Layer layer(sparse_options(5, 1), 1, 8, 16);
  Arrays arrays = layer.parameters.save(0);
  std::vector<float> gate(40);
  for (size_t i = 0; i < 8; ++i) gate[i * 5 + 3] = 1.0F;  // rows are positive: expert 3
  arrays["gate.weight"] = make_f32({8, 5}, gate.data());
  layer.parameters.load(0, arrays, "a gate that knows one expert");
  auto rows = as_rows(drawn(1 * 40 * 16, 6), 1, 16).abs();
  CHECK(check_paths(layer, rows.narrow(2, 3, 8), 5) == 4);
}

TEST_CASE("[sparse_moe] what inference says of a row is the same in bits in every batch and stack") {
  const auto rows = as_rows(drawn(50 * 12, 8), 1, 12);
  for (const bool block : {false, true})
    for (const int64_t top_k : {1, 2}) {
      const auto between = block ? std::optional(Activation::gelu) : std::nullopt;
      const Layer alone(sparse_options(4, top_k), 1, 12, 26, between),
          stacked(sparse_options(4, top_k), 3, 12, 26, between);
      Pass pass, of_stack;
      const auto together = alone.answer(rows, pass);
      CHECK(stacked.answer(at::cat({rows, rows.flip(1), rows}), of_stack)[0].equal(together[0]));
      for (int64_t row = 0; row < 50; ++row) {
        Pass own;
        CHECK(alone.answer(rows.narrow(1, row, 1), own)[0][0].equal(together[0][row]));
      }
    }
}

TEST_CASE("[sparse_moe] equal gates choose the first experts, and gates that are not numbers some expert") {
  Layer layer(sparse_options(6, 2), 1, 4, 8);
  Arrays arrays = layer.parameters.save(0);
  arrays["gate.weight"] = make_f32({4, 6}, std::vector<float>(24).data());
  layer.parameters.load(0, arrays, "indifferent gates");
  Pass even, broken;
  layer.answer(at::ones({1, 3, 4}), even);
  CHECK(even.choices[0].equal(at::arange(2).expand({1, 3, 2})));
  CHECK(layer.answer(at::full({1, 3, 4}, NAN), broken).isnan().all().item<bool>());
  CHECK(broken.choices[0].equal(even.choices[0]));
}

TEST_CASE("[affine_bank] plain memory answers, and only where nothing is learned or counted and experts are small") {
  const auto bank = [](int64_t in, int64_t out, int64_t experts, Activation after = Activation::relu) {
    Parameters parameters(1, at::kCPU);
    return AffineBank("", {{"map", in, out, after, {}, {}}}, experts, parameters);
  };
  const auto rows = at::ones({1, 3, 4});
  const Pass pass, training{.training = true};
  CHECK_FALSE(bank(4, 6, 2).answers_directly(rows, pass));  // gradients may be asked for
  c10::InferenceMode inference;
  CHECK(bank(4, 6, 2).answers_directly(rows, pass));
  CHECK_FALSE(bank(4, 6, 2).answers_directly(rows, training));
  CHECK_FALSE(bank(4, 6, 2).answers_directly(rows.to(at::kDouble), pass));
  CHECK_FALSE(bank(4, 6, 1).answers_directly(rows, pass));  // bits of the dense layer
  CHECK_FALSE(bank(4, 6, 2, Activation::gelu).answers_directly(rows, pass));
  CHECK_FALSE(bank(1024, 1024, 2).answers_directly(rows, pass));
  bool counted = true;
  count_flops([&] { counted = bank(4, 6, 2).answers_directly(rows, pass); });
  CHECK_FALSE(counted);
}
