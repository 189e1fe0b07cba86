// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace loom {

// Minimum of a smooth convex function by L-BFGS (Nocedal 1980; Liu and Nocedal 1989) with backtracking, from `start`
// until the largest entry of the gradient is below `tolerance` or `steps_max` are done. value(x, gradient) fills the
// gradient. No randomness: equal input, equal bits.
using Smooth = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;
std::vector<double> minimise(const Smooth& value, std::vector<double> start, double tolerance, int steps_max);

// Multinomial logistic regression over bags: a bag is the unit vector along its features, each counted once. The
// objective is the sum over items of -log p(label) plus |weights|^2 / 2 (the intercepts are free).
class BagClassifier {
 public:
  // ids: [labels, width], features below `vocabulary`, then -1; labels from 0 to classes - 1.
  BagClassifier(std::span<const int32_t> ids, int64_t width, std::span<const int32_t> labels, int64_t vocabulary,
                int64_t classes);
  int32_t label(std::span<const int32_t> bag) const;  // of equals the lowest

 private:
  int64_t classes_ = 0;
  std::vector<double> weights_;  // [vocabulary + 1, classes], the last row: intercepts
};

}  // namespace loom
