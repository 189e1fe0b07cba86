// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace loom {

struct Interval {
  double low = 0, high = 0;
};

double mean(std::span<const double> values);
double standard_deviation(std::span<const double> values);  // n - 1; 0 for fewer than two
double interquartile_mean(std::span<const double> values);  // 25 % trimmed mean, fractional ends (Agarwal 2021)
double quantile(std::vector<double> values, double level);  // linear interpolation (type 7)
double sorted_quantile(std::span<const double> ascending, double level);  // the same of values in order

double student_t_quantile(double probability, double degrees);  // degrees > 0, fractional ones too

// Student-t interval of the mean. One value gives an infinite interval.
Interval t_interval(std::span<const double> values, double confidence = 0.95);

// Bootstrap-t over seeds (Efron 1981): training noise only. Falls back to t_interval below 4 values.
Interval bootstrap_t(std::span<const double> values, uint64_t seed, int resamples = 2000, double confidence = 0.95);

// A seeds x cells table of per-test-group sums and counts, grouped by domain: the score is the macro mean over domains
// of sum / count. `sum[s * cells + c]`; counts and domains are common to the seeds.
struct CellTable {
  int64_t seeds = 0, cells = 0, domains = 0;
  std::vector<double> sum;      // [seeds * cells]
  std::vector<double> count;    // [cells]
  std::vector<int32_t> domain;  // [cells]
  std::vector<int32_t> group;   // [cells]; one group may occur in several domains and is then resampled whole
};

double score(const CellTable& table);  // mean over seeds of the macro score
// Interval under which seeds and test groups both are samples, crossed (Owen 2007); centred on the point estimate. One
// seed: the groups' variance only. Closed form: `seed` and `resamples` have no effect.
Interval crossed_interval(const CellTable& table, uint64_t seed, int resamples = 2000, double confidence = 0.95);
// a and b of equal shape: the interval of score(a) - score(b), paired in seeds and groups.
Interval crossed_interval(const CellTable& a, const CellTable& b, uint64_t seed, int resamples = 2000,
                          double confidence = 0.95);

// What the test groups leave of the paired interval's standard error however many seeds there are, and the degrees of
// freedom behind it. 0 for one seed, whose noise it cannot be told from, and for one group.
struct GroupError {
  double standard_error = 0, degrees = 1;
};
GroupError group_error(const CellTable& a, const CellTable& b);
double half_width(const GroupError& error, double confidence = 0.95);

// Two-sided sign-flip test that the mean is zero: exact to 20 values, else 100,000 draws.
double sign_flip(std::span<const double> differences, uint64_t seed);

// Westfall-Young step-down max-T: differences[arm][seed] against one comparator; one joint sign per seed. Returns
// adjusted p per arm. Non-finite differences are a broken invariant here and in sign_flip.
std::vector<double> max_t_sign_flip(std::span<const std::vector<double>> differences, uint64_t seed);

// Adjusted p values, in the order given. Holm (1979) bounds the chance of any false claim in a family; Benjamini and
// Hochberg (1995) the expected share of false ones among those called, for independent or positively dependent tests.
std::vector<double> holm(std::span<const double> p_values);
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

// Tied: the interval lies inside (-margin, margin) (two one-sided tests, Schuirmann 1987, on a 90 % interval).
bool equivalent(const Interval& interval90, double margin);
// The larger of the two one-sided paired t p values; at most .05 where the 90 % t interval is `equivalent`. 1 for one
// value, which has no spread.
double equivalence_p(std::span<const double> differences, double margin);

// Index set not dominated when the first axis is maximised and the others minimised.
std::vector<size_t> pareto_front(std::span<const std::vector<double>> points);

}  // namespace loom
