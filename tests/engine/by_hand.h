// SPDX-License-Identifier: Apache-2.0
// Networks in plain loops over their stored weights, in double precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/engine/support.h"

namespace loom::by_hand {

using Row = std::vector<double>;

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

}  // namespace loom::by_hand
