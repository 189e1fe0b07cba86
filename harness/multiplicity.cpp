// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "harness/error.h"
#include "harness/random.h"

namespace loom {

namespace multiplicity_detail {
namespace {

constexpr size_t kExactSeeds = 20;
constexpr int64_t kDraws = 100'000;
// Statistics are at most sqrt(seeds); sums of at most a few hundred terms round far below this, so ties stay ties.
constexpr double kTie = 1e-10;

using Arms = std::span<const std::vector<double>>;

// Signs leave the sum of squares alone, so |t| is a monotone function of |sum| / sqrt(sum of squares), the same for
// every arm: dividing by the root once replaces a t statistic per flip.
std::vector<std::vector<double>> scaled(Arms differences) {
  std::vector<std::vector<double>> arms(differences.begin(), differences.end());
  for (auto& arm : arms) {
    check(arm.size() == arms[0].size(), "max-T needs the same seeds in every arm");
    double largest = 0;
    for (double value : arm) {
      check(std::isfinite(value), "a sign-flip test needs finite differences");
      largest = std::max(largest, std::abs(value));
    }
    if (largest == 0) continue;
    double squares = 0;  // of value / largest, which cannot overflow or vanish
    for (double value : arm) squares += (value / largest) * (value / largest);
    for (double& value : arm) value = (value / largest) / std::sqrt(squares);
  }
  return arms;
}

// Counts, per rank, the flips whose maximum over this and all lower ranks reaches the observed statistic
// (Westfall and Young 1993, algorithm 4.1: free step-down max-T).
class StepDown {
 public:
  explicit StepDown(std::vector<double> observed) : observed_(std::move(observed)), order_(observed_.size()) {
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) { return observed_[a] > observed_[b]; });
    counts_.assign(order_.size(), 0);
  }

  void add(std::span<const double> sums) {
    double largest = 0;
    for (size_t rank = order_.size(); rank-- > 0;) {
      largest = std::max(largest, std::abs(sums[order_[rank]]));
      if (largest >= observed_[order_[rank]] - kTie) ++counts_[rank];
    }
  }

  std::vector<double> p_values(double extra, double total) const {
    std::vector<double> result(order_.size());
    double running = 0;
    for (size_t rank = 0; rank < order_.size(); ++rank) {
      running = std::max(running, (static_cast<double>(counts_[rank]) + extra) / total);
      result[order_[rank]] = running;
    }
    return result;
  }

 private:
  std::vector<double> observed_;
  std::vector<size_t> order_;
  std::vector<int64_t> counts_;
};

StepDown step_down(const std::vector<std::vector<double>>& arms) {
  std::vector<double> observed;
  for (const auto& arm : arms) observed.push_back(std::abs(std::accumulate(arm.begin(), arm.end(), 0.0)));
  return StepDown(std::move(observed));
}

// Sums of the values under each of the 2^n sign vectors, the all-plus one first.
std::vector<double> signed_sums(std::span<const double> values) {
  std::vector<double> sums = {0};
  for (double value : values) {
    const size_t half = sums.size();
    for (size_t i = 0; i < half; ++i) {
      sums.push_back(sums[i] - value);
      sums[i] += value;
    }
  }
  return sums;
}

// Every flip is one entry of each half-table: no running sum, so no drift that would break ties. A flip and its
// negative have the same |sum|, so the last sign stays plus.
std::vector<double> exact(const std::vector<std::vector<double>>& arms) {
  const size_t seeds = arms[0].size(), first = (seeds - 1) / 2, second = seeds - 1 - first;
  std::vector<std::vector<double>> low, high;
  for (const auto& arm : arms) {
    const std::span<const double> values(arm);
    low.push_back(signed_sums(values.subspan(0, first)));
    high.push_back(signed_sums(values.subspan(first, second)));
    for (double& sum : high.back()) sum += values.back();
  }
  StepDown counter = step_down(arms);
  std::vector<double> sums(arms.size());
  for (size_t j = 0; j < size_t{1} << second; ++j) {
    for (size_t i = 0; i < size_t{1} << first; ++i) {
      for (size_t arm = 0; arm < arms.size(); ++arm) sums[arm] = low[arm][i] + high[arm][j];
      counter.add(sums);
    }
  }
  return counter.p_values(0, std::ldexp(1.0, static_cast<int>(seeds) - 1));
}

// The observed signs count as one more draw, so that p is never 0 (Phipson and Smyth 2010).
std::vector<double> drawn(const std::vector<std::vector<double>>& arms, uint64_t seed) {
  StepDown counter = step_down(arms);
  Stream stream(seed, "sign_flip");
  std::vector<double> sums(arms.size());
  for (int64_t draw = 0; draw < kDraws; ++draw) {
    std::fill(sums.begin(), sums.end(), 0.0);
    uint64_t bits = 0;
    for (size_t i = 0; i < arms[0].size(); ++i, bits >>= 1) {
      if (i % 64 == 0) bits = stream.next();
      for (size_t arm = 0; arm < arms.size(); ++arm) sums[arm] += (bits & 1) != 0 ? arms[arm][i] : -arms[arm][i];
    }
    counter.add(sums);
  }
  return counter.p_values(1, static_cast<double>(kDraws + 1));
}

std::vector<size_t> ascending(std::span<const double> p_values) {
  for (double p : p_values) check(p >= 0 && p <= 1, "p values lie in [0, 1]");
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  return order;
}

}  // namespace
}  // namespace multiplicity_detail

double sign_flip(std::span<const double> differences, uint64_t seed) {
  const std::vector<std::vector<double>> arm = {{differences.begin(), differences.end()}};
  return max_t_sign_flip(arm, seed)[0];
}

std::vector<double> max_t_sign_flip(std::span<const std::vector<double>> differences, uint64_t seed) {
  if (differences.empty()) return {};
  if (differences[0].empty()) return std::vector<double>(differences.size(), 1.0);
  const auto arms = multiplicity_detail::scaled(differences);
  return arms[0].size() <= multiplicity_detail::kExactSeeds ? multiplicity_detail::exact(arms)
                                                            : multiplicity_detail::drawn(arms, seed);
}

std::vector<double> holm(std::span<const double> p_values) {
  const auto order = multiplicity_detail::ascending(p_values);
  std::vector<double> adjusted(p_values.size());
  double running = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    running = std::max(running, std::min(1.0, static_cast<double>(order.size() - rank) * p_values[order[rank]]));
    adjusted[order[rank]] = running;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  const auto order = multiplicity_detail::ascending(p_values);
  const double count = static_cast<double>(order.size());
  std::vector<double> adjusted(p_values.size());
  double running = 1;
  for (size_t rank = order.size(); rank-- > 0;) {
    running = std::min(running, p_values[order[rank]] * count / static_cast<double>(rank + 1));
    adjusted[order[rank]] = running;
  }
  return adjusted;
}

}  // namespace loom
