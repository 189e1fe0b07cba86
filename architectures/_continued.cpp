// SPDX-License-Identifier: Apache-2.0
#include "architectures/_continued.h"

namespace loom::architectures {

std::vector<TrainSpec> continued_members(const RecipeContext& context, TrainSpec second, double share) {
  TrainSpec first = context.pooled(context.network());
  first.steps = context.steps(share * static_cast<double>(context.samples));
  first.stage = "seed";
  first.deployed = false;
  second.begin = first.steps * context.batch;
  second.steps = context.steps(static_cast<double>(context.samples - second.begin));
  return {first, second};
}

Field share_field() {
  return {.name = "share",
          .type = FieldType::real,
          .fallback = 0.5,
          .min = 0.001,
          .max = 0.999,
          .doc = "share of the training samples before the change; the learning rate's schedule starts again"};
}

}  // namespace loom::architectures
