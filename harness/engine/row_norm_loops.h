// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_softmax_loops.h"  // folded

namespace loom::row_kernels_loops {

template <int Lanes, class Term>
inline float sum_across(int64_t width, Term term) {
  typename Of<Lanes>::Floats sums = {};
  float rest = 0;
  across<Lanes>(width, [&]<int L>(int64_t i) {
    if constexpr (L == 1)
      rest += term.template operator()<1>(i);
    else
      sums += term.template operator()<L>(i);
  });
  return folded<Lanes>(sums, [](auto a, auto b) { return a + b; }) + rest;
}

template <class Isa, int Lanes>
inline void norm_rows(const RowNorm& work, int64_t first, int64_t rows, const float* weight, const float* bias) {
  const int64_t width = work.width;
  const auto count = static_cast<float>(width);
  in_blocks(rows, [&](int64_t begin, int64_t here) {
    float means[kRowBlock], scales[kRowBlock];
    const float* from = work.from + (first + begin) * width;
    for (int64_t i = 0; i < here; ++i)
      means[i] = sum_across<Lanes>(width, [&]<int L>(int64_t place) { return at<L>(from, i * width + place); }) / count;
    for (int64_t i = 0; i < here; ++i) {
      const float squares = sum_across<Lanes>(width, [&]<int L>(int64_t place) {
        const auto away = at<L>(from, i * width + place) - means[i];
        return away * away;
      });
      scales[i] = 1 / __builtin_sqrtf(squares / count + work.epsilon);
    }
    for (int64_t i = 0; i < here; ++i) {
      const int64_t row = first + begin + i;
      float *to = work.to + row * width, *normal = work.normal != nullptr ? work.normal + row * width : to;
      if (work.scales != nullptr) work.scales[row] = scales[i];
      across<Lanes>(width, [&]<int L>(int64_t place) {
        const auto unit = (at<L>(from, i * width + place) - means[i]) * scales[i];
        at<L>(normal, place) = unit;
        at<L>(to, place) = unit * at<L>(weight, place) + at<L>(bias, place);
      });
    }
  });
}

// With g = gradient * weight: scale * (g - mean(g) - normal * mean(g * normal)); the parameters' gradients are sums
// over a segment's rows, each in its own chain.
template <class Isa, int Lanes>
inline void norm_gradient_row(const RowNormGradients& work, int64_t row, int64_t segment) {
  const int64_t width = work.width;
  const auto count = static_cast<float>(width);
  const float *gradient = work.gradient + row * width, *normal = work.normal + row * width;
  const float* weight = work.weight + segment * width;
  float *to = work.to + row * width, *to_weight = work.to_weight + segment * width,
        *to_bias = work.to_bias + segment * width;
  const float mean =
      sum_across<Lanes>(width, [&]<int L>(int64_t i) { return at<L>(gradient, i) * at<L>(weight, i); }) / count;
  const float along =
      sum_across<Lanes>(width,
                        [&]<int L>(int64_t i) { return at<L>(gradient, i) * at<L>(weight, i) * at<L>(normal, i); }) /
      count;
  const float scale = work.scales[row];
  const auto each = [&]<int L>(int64_t i) {
    const auto own = at<L>(gradient, i), unit = at<L>(normal, i);
    at<L>(to, i) = scale * (own * at<L>(weight, i) - mean - unit * along);
    at<L>(to_weight, i) += own * unit;
    at<L>(to_bias, i) += own;
  };
  across<Lanes>(width, each);
}

template <class Isa>
void norm(const RowNorm& work) {
  for (int64_t segment = 0; segment < work.segments; ++segment) {
    const float *weight = work.weight + segment * work.width, *bias = work.bias + segment * work.width;
    const int64_t first = segment * work.rows;
    work.width % Isa::kLanes == 0 ? norm_rows<Isa, Isa::kLanes>(work, first, work.rows, weight, bias)
                                  : norm_rows<Isa, 4>(work, first, work.rows, weight, bias);
  }
}

template <class Isa>
void norm_gradients(const RowNormGradients& work) {
  for (int64_t i = 0; i < work.segments * work.width; ++i) work.to_weight[i] = work.to_bias[i] = 0;
  for (int64_t row = 0; row < work.segments * work.rows; ++row)
    work.width % Isa::kLanes == 0 ? norm_gradient_row<Isa, Isa::kLanes>(work, row, row / work.rows)
                                  : norm_gradient_row<Isa, 4>(work, row, row / work.rows);
}

}  // namespace loom::row_kernels_loops
