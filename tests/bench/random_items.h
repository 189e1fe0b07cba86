// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/data.h"

namespace loom::bench {

// Items of a task's shape that say nothing, of its first domain.
inline Dataset random_items(const TaskShape& shape, int64_t count) {
  Dataset data{.kind = shape.kind, .inputs = {}, .targets = {}, .domains = at::zeros({count}, at::kLong)};
  if (shape.kind == InputKind::tokens) {
    data.inputs = data.targets = at::randint(shape.vocabulary, {count, shape.input_dim}, at::kLong);
  } else if (shape.kind == InputKind::bags) {
    data.inputs = at::randint(shape.vocabulary, {count, shape.input_dim}, at::kLong);
    data.targets = at::randint(shape.outputs, {count}, at::kLong);
  } else {
    data.inputs = at::rand({count, shape.input_dim});
    data.targets = at::randint(shape.outputs, {count}, at::kLong);
  }
  return data;
}

}  // namespace loom::bench
