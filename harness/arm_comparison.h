// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// What may make a figure differ though nothing changed.
enum class Noise {
  crossed,  // seeds and test groups: the interval is crossed_interval's
  seeds,    // training noise: bootstrap-t over the pairs
  session,  // the clock: the A/A ratio of the latency session
  none      // counted, not measured
};

// One figure of two arms in one suite and column, over the seeds that both have.
struct Measure {
  std::string name;  // one of measure_names()
  Noise noise = Noise::none;
  bool higher_is_better = false;
  std::optional<double> a = {}, b = {};   // means over the pairs
  std::vector<double> by_seed = {};       // positive = B is better; of noise crossed and seeds only
  std::optional<Interval> interval = {};  // of the mean of by_seed; none where it would be infinite
};

struct DomainDifference {
  std::string domain;
  double a = kUnknown, b = kUnknown, difference = kUnknown;  // positive = B is better; NaN: the test has no item
  std::optional<Interval> interval;                          // crossed
};

// One suite and column in which both arms are planned.
struct ArmCell {
  std::string suite, column, metric;
  bool higher_is_better = true;
  int pairs = 0;          // seeds scored on both sides; 0: no number below exists, `notes` say why
  double a = 0, b = 0;    // mean scores over the pairs
  double difference = 0;  // positive = B is better
  double margin = 0;      // smallest effect of interest
  std::optional<Interval> interval;
  double p = 1, q = 1;               // sign flips over the pairs; Benjamini-Hochberg over the cells that have pairs
  std::optional<double> detectable;  // smallest mean difference found with power .8
  std::string verdict;               // better | worse | tied | undecided
  std::vector<DomainDifference> domains;
  std::vector<Measure> measures;   // those that exist, in the order of measure_names()
  std::vector<std::string> notes;  // information levels, flags, missing seeds
};

// B against A.
struct ArmComparison {
  std::string a, b;
  double confidence = 0.95;
  std::vector<ArmCell> cells;      // in the plan's order of suites and columns
  std::optional<double> aa_ratio;  // of the latency session that the times are of
};

// Arms by their labels; equal labels are fine. InputError with the nearest label, or where they share no column.
ArmComparison compare_arms(const ResultStore& store, const std::string& a, const std::string& b);

// score, worst_domain, nll, ece, rejection_auroc (of tests that hold out a domain beside others), train_flops,
// infer_flops, params_total, params_active, train_cpu_s, peak_memory_bytes, latency_p50_s, latency_p99_s
const std::vector<std::string>& measure_names();
const Measure* find_measure(const ArmCell& cell, const std::string& name);  // nullptr where it does not exist

}  // namespace loom
