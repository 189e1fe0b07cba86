// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/random.h"
#include "tests/engine/support.h"

namespace loom::engine_test {

// Normal numbers of a stream, f32.
inline at::Tensor drawn_normals(at::IntArrayRef shape, double deviation, Stream stream) {
  std::vector<float> values(static_cast<size_t>(c10::multiply_integers(shape)));
  fill_normal(values, deviation, stream);
  return at::from_blob(values.data(), shape).clone();
}

}  // namespace loom::engine_test
