// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_softmax_loops.h"  // folded

namespace loom::row_kernels_loops {

// of(i) for i below `width`: vectors from 0 on, `Lanes` numbers each, and single numbers at the end.
template <int Lanes, class Wide, class Single>
inline void across(int64_t width, Wide wide, Single single) {
  int64_t i = 0;
  for (; i + Lanes <= width; i += Lanes) wide(i);
  for (; i < width; ++i) single(i);
}

template <int Lanes, class Term>
inline float sum_across(int64_t width, Term term) {
  typename Of<Lanes>::Floats sums = {};
  float rest = 0;
  across<Lanes>(
      width, [&](int64_t i) { sums += term.template operator()<Lanes>(i); },
      [&](int64_t i) { rest += term.template operator()<1>(i); });
  return folded<Lanes>(sums, [](auto a, auto b) { return a + b; }) + rest;
}

template <int Lanes>
inline typename Of<Lanes>::Floats& at(float* from, int64_t i) {
  return *reinterpret_cast<typename Of<Lanes>::Floats*>(from + i);
}
template <int Lanes>
inline const typename Of<Lanes>::Floats& at(const float* from, int64_t i) {
  return *reinterpret_cast<const typename Of<Lanes>::Floats*>(from + i);
}

template <class Isa, int Lanes>
inline void norm_row(const RowNorm& work, int64_t row, const float* weight, const float* bias) {
  const int64_t width = work.width;
  const auto count = static_cast<float>(width);
  const float* from = work.from + row * width;
  float *to = work.to + row * width, *normal = work.normal != nullptr ? work.normal + row * width : to;
  const float mean = sum_across<Lanes>(width, [&]<int L>(int64_t i) { return at<L>(from, i); }) / count;
  const float squares = sum_across<Lanes>(width, [&]<int L>(int64_t i) {
    const auto away = at<L>(from, i) - mean;
    return away * away;
  });
  const float scale = 1 / __builtin_sqrtf(squares / count + work.epsilon);
  if (work.scales != nullptr) work.scales[row] = scale;
  const auto each = [&]<int L>(int64_t i) {
    const auto unit = (at<L>(from, i) - mean) * scale;
    at<L>(normal, i) = unit;
    at<L>(to, i) = unit * at<L>(weight, i) + at<L>(bias, i);
  };
  across<Lanes>(
      width, [&](int64_t i) { each.template operator()<Lanes>(i); },
      [&](int64_t i) { each.template operator()<1>(i); });
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
  across<Lanes>(
      width, [&](int64_t i) { each.template operator()<Lanes>(i); },
      [&](int64_t i) { each.template operator()<1>(i); });
}

template <class Isa>
void norm(const RowNorm& work) {
  for (int64_t row = 0; row < work.segments * work.rows; ++row) {
    const int64_t segment = row / work.rows;
    const float *weight = work.weight + segment * work.width, *bias = work.bias + segment * work.width;
    work.width % Isa::kLanes == 0 ? norm_row<Isa, Isa::kLanes>(work, row, weight, bias)
                                  : norm_row<Isa, 4>(work, row, weight, bias);
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
