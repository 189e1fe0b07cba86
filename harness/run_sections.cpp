// SPDX-License-Identifier: Apache-2.0
#include "harness/run_sections.h"

namespace loom::sections {

using enum FieldType;

std::vector<Field> train_fields() {
  return {
      {.name = "batch", .type = integer, .fallback = 64, .min = 1, .max = 65536, .doc = "items per training step"},
      {.name = "optimizer",
       .type = choice,
       .fallback = "adamw",
       .choices = {"adamw"},
       .doc = "Loshchilov & Hutter 2019"},
      {.name = "learning_rate",
       .type = real,
       .fallback = 2e-3,
       .min = 1e-9,
       .max = 10,
       .doc = "step size; one_cycle peaks at twice it"},
      {.name = "schedule",
       .type = choice,
       .fallback = "one_cycle",
       .choices = {"one_cycle", "cosine", "constant"},
       .doc = "course of the learning rate over an arm's own steps"},
      {.name = "weight_decay",
       .type = real,
       .fallback = 0.01,
       .min = 0,
       .max = 1,
       .doc = "decoupled decay per step, times the learning rate"},
      {.name = "beta1", .type = real, .fallback = 0.9, .min = 0, .max = 0.99999, .doc = "decay of the mean gradient"},
      {.name = "beta2",
       .type = real,
       .fallback = 0.999,
       .min = 0,
       .max = 0.9999999,
       .doc = "decay of the mean squared gradient"},
      {.name = "warmup",
       .type = real,
       .fallback = 0.3,
       .min = 0,
       .max = 1,
       .doc = "share of the steps in which the learning rate rises"},
      {.name = "grad_clip",
       .type = real,
       .fallback = 0.0,
       .min = 0,
       .max = 1e6,
       .doc = "largest gradient norm; 0 = off"},
      {.name = "checks",
       .type = integer,
       .fallback = 5,
       .min = 1,
       .max = 1000,
       .doc = "validation passes; the best one's weights are kept"},
  };
}

std::vector<Field> tune_fields() {
  return {
      {.name = "trials",
       .type = integer,
       .min = 2,
       .max = 10000,
       .doc = "points tried, the same for every arm; fewer than the grid has: a random subset; none: all"},
      {.name = "grid", .type = component, .fallback = Json::object(), .doc = "values to try, by key of train"},
      {.name = "edge",
       .type = choice,
       .fallback = "refuse",
       .choices = {"refuse", "flag"},
       .doc = "an arm whose best number is the least or largest of three or more: rejected, or only flagged"},
  };
}

// The fields of train, each a list.
std::vector<Field> grid_fields() {
  std::vector<Field> fields = train_fields();
  for (Field& field : fields) field.fallback = Json::array();
  return fields;
}

std::vector<Field> latency_fields() {
  return {
      {.name = "seconds",
       .type = real,
       .fallback = 40.0,
       .min = 0,
       .max = 86400,
       .doc = "time cap of the session; 0 = no session"},
      {.name = "batches",
       .type = integer,
       .fallback = {1, 8, 64, 512},
       .min = 1,
       .max = 1e6,
       .doc = "items per call that are timed"},
  };
}

std::vector<Field> statistics_fields() {
  return {
      {.name = "margin",
       .type = real,
       .min = 0,
       .max = 1e6,
       .doc = "smallest effect of interest; null = 0.01 accuracy, 1 % of bits per byte, 5 % of an excess"},
      {.name = "confidence",
       .type = real,
       .fallback = 0.95,
       .min = 0.5,
       .max = 0.9999,
       .doc = "level of every interval"},
      {.name = "resamples",
       .type = integer,
       .fallback = 2000,
       .min = 100,
       .max = 1e6,
       .doc = "bootstrap resamples of an interval"},
  };
}

}  // namespace loom::sections
