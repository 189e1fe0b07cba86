// SPDX-License-Identifier: Apache-2.0
#include "harness/experiment.h"

namespace loom {
namespace sections_detail {
namespace {

using enum FieldType;

std::vector<Field> top_fields() {
  return {
      {.name = "name", .type = text, .doc = "results go to results/<name>; the file's name when left out"},
      {.name = "defaults",
       .type = text,
       .fallback = Json::array(),
       .doc = "files to start from, relative to this one; later ones win"},
      {.name = "suites",
       .type = component,
       .fallback = Json::array(),
       .required = true,
       .component = "suite",
       .doc = "names, or {suite: NAME, ...} with settings of its own (loom show suite)"},
      {.name = "reference",
       .type = component,
       .component = "architecture",
       .doc = "the arm whose size and training fix the budget: {dense: {...}, samples: N}"},
      {.name = "samples",
       .type = integer,
       .min = 1,
       .max = 1e12,
       .doc = "items or windows that the reference is trained on; fixes the training compute"},
      {.name = "columns",
       .type = choice,
       .fallback = {"free", "serving", "memory"},
       .choices = {"free", "serving", "memory"},
       .doc = "matched budgets: best width; equal inference FLOPs; equal parameters"},
      {.name = "seeds",
       .type = integer,
       .fallback = 6,
       .min = 1,
       .max = 1000,
       .doc = "repetitions; fewer than 6 are marked exploratory"},
      {.name = "arms",
       .type = component,
       .fallback = Json::array(),
       .required = true,
       .component = "architecture",
       .doc = "architectures to compare; cheap nulls are added unasked"},
      {.name = "train", .type = component, .fallback = Json::object(), .doc = "training, the same for every arm"},
      {.name = "claims",
       .type = text,
       .fallback = Json::array(),
       .doc = "what is to be decided: a map each, or a file of them, relative to this one (loom claims)"},
      {.name = "free",
       .type = real,
       .fallback = {0.5, 1.0, 1.5, 2.0},
       .min = 0.01,
       .max = 100,
       .doc = "four multiples of the reference's width tried in the free column"},
      {.name = "budgets",
       .type = real,
       .fallback = Json::array(),
       .min = 1e-4,
       .max = 0.9999,
       .doc = "shares of the samples at which one column runs again: does the sign hold?"},
      {.name = "tune",
       .type = component,
       .fallback = Json::object(),
       .doc = "settings of train chosen for each arm on validation; left out: train as it is"},
      {.name = "latency", .type = component, .fallback = Json::object(), .doc = "the latency session"},
      {.name = "statistics", .type = component, .fallback = Json::object(), .doc = "intervals and tests"},
      {.name = "device",
       .type = choice,
       .fallback = "cpu",
       .choices = {"cpu", "cuda"},
       .doc = "where networks are trained"},
      {.name = "threads",
       .type = integer,
       .fallback = 1,
       .min = 1,
       .max = 1,
       .doc = "threads per job; with more than one a network's bits would depend on the machine"},
      {.name = "quick",
       .type = boolean,
       .fallback = false,
       .doc = "written by --quick: a tiny budget, never mixed with real results"},
      {.name = "lock", .type = text, .doc = "written by the plan into lock.yaml; not read as a setting"},
  };
}

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

std::vector<Field> suite_fields() {
  return {
      {.name = "suite",
       .type = component,
       .required = true,
       .component = "suite",
       .doc = "a name, {folder: PATH}, or {NAME: {settings}}"},
      {.name = "label", .type = text, .doc = "its name in tables; the suite's or folder's name when left out"},
      {.name = "columns",
       .type = choice,
       .fallback = Json::array(),
       .choices = {"free", "serving", "memory"},
       .doc = "instead of the top-level columns"},
      {.name = "seeds", .type = integer, .min = 1, .max = 1000, .doc = "instead of the top-level seeds"},
      {.name = "reference",
       .type = component,
       .component = "architecture",
       .doc = "instead of the top-level reference"},
      {.name = "samples", .type = integer, .min = 1, .max = 1e12, .doc = "instead of the top-level samples"},
      {.name = "arms",
       .type = component,
       .fallback = Json::array(),
       .component = "architecture",
       .doc = "instead of the top-level arms"},
      {.name = "train",
       .type = component,
       .fallback = Json::object(),
       .doc = "merged over the top-level train, key by key"},
      {.name = "tune",
       .type = component,
       .fallback = Json::object(),
       .doc = "merged over the top-level tune, key by key; null = none"},
      {.name = "free",
       .type = real,
       .fallback = Json::array(),
       .min = 0.01,
       .max = 100,
       .doc = "instead of the top-level free"},
      {.name = "budgets",
       .type = real,
       .fallback = Json::array(),
       .min = 1e-4,
       .max = 0.9999,
       .doc = "instead of the top-level budgets"},
      {.name = "margin", .type = real, .min = 0, .max = 1e6, .doc = "instead of statistics.margin"},
      {.name = "replicates",
       .type = integer,
       .min = 1,
       .max = 100000,
       .doc = "planted suites: worlds drawn in each trial, each counts as a seed; 100 when left out"},
      {.name = "search",
       .type = component,
       .fallback = Json::object(),
       .doc = "planted suites: find where two arms are equally good"},
  };
}

std::vector<Field> search_fields() {
  return {
      {.name = "over", .type = text, .required = true, .doc = "the suite's setting that is varied: similarity"},
      {.name = "low", .type = real, .fallback = 0.0, .min = -1e6, .max = 1e6, .doc = "its least value"},
      {.name = "high", .type = real, .fallback = 1.0, .min = -1e6, .max = 1e6, .doc = "its largest value"},
      {.name = "between",
       .type = text,
       .fallback = Json::array(),
       .required = true,
       .doc = "the labels of the two arms whose scores are to be equal"},
      {.name = "tolerance",
       .type = real,
       .fallback = 0.005,
       .min = 0.001,
       .max = 1e6,
       .doc = "width of the bracket that ends the search"},
      {.name = "beside", .type = real, .min = 0.001, .max = 1e6, .doc = "also run all arms this far to either side"},
  };
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

std::vector<Field> claim_fields() {
  return {
      {.name = "id", .type = text, .required = true, .doc = "its name, unique in the experiment"},
      {.name = "question", .type = text, .required = true, .doc = "what it decides, in one line"},
      {.name = "suites",
       .type = text,
       .fallback = Json::array(),
       .doc = "labels of suites, a searched one for all its probes; every suite when left out"},
      {.name = "columns",
       .type = choice,
       .fallback = Json::array(),
       .choices = {"free", "serving", "memory"},
       .doc = "budgets it is about; every column when left out"},
      {.name = "better",
       .type = text,
       .required = true,
       .doc = "an arm's label, or {family: fabric}, {family: monolith}: its best on validation"},
      {.name = "than", .type = text, .required = true, .doc = "likewise: what it is said to beat"},
      {.name = "margin",
       .type = real,
       .min = 0,
       .max = 1e6,
       .doc = "smallest effect of interest, in the metric's unit; the suite's margin when left out"},
      {.name = "family",
       .type = text,
       .doc = "claims corrected together by Holm, from 10 pairs on; exploratory when left out"},
      {.name = "seeds",
       .type = integer,
       .fallback = 10,
       .min = 2,
       .max = 100000,
       .doc = "pairs promised; with fewer scored ones nothing is decided"},
  };
}

}  // namespace
}  // namespace sections_detail

std::span<const Section> config_sections() {
  using namespace sections_detail;
  static const std::vector<Section> sections = {
      {"", top_fields()},        {"train", train_fields()},     {"tune", tune_fields()},
      {"grid", grid_fields()},   {"latency", latency_fields()}, {"statistics", statistics_fields()},
      {"suite", suite_fields()}, {"claims", claim_fields()},    {"search", search_fields()}};
  return sections;
}

}  // namespace loom
