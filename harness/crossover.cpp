// SPDX-License-Identifier: Apache-2.0
#include "harness/crossover.h"

#include <algorithm>
#include <cmath>

#include "harness/error.h"
#include "harness/random.h"

namespace loom {
namespace crossover_detail {
namespace {

double interpolated(double low, double high, double at_low, double at_high) {
  return at_low == at_high ? low : low - at_low * (high - low) / (at_high - at_low);
}

// The ITP method (Oliveira, Takahashi 2020): as quick as the secant on smooth functions, never more than one step
// slower than bisection, and it closes the bracket from both sides.
class Itp {
 public:
  Itp(const RootRange& range, double at_low, double at_high)
      : range_(range), low_(range.low), high_(range.high), at_low_(at_low), at_high_(at_high) {
    steps_max_ = std::ceil(std::log2(std::max((high_ - low_) / range.tolerance, 1.0))) + kSlack;
  }

  bool done() const { return at_low_ == 0 || at_high_ == 0 || high_ - low_ <= range_.tolerance * (1 + 1e-9); }

  double found() const {
    if (at_low_ == 0) return low_;
    return at_high_ == 0 ? high_ : interpolated(low_, high_, at_low_, at_high_);
  }

  double next() {
    const double middle = (low_ + high_) / 2, width = high_ - low_;
    const double secant = interpolated(low_, high_, at_low_, at_high_);
    const double radius = range_.tolerance / 2 * std::pow(2, steps_max_ - step_++) - width / 2;
    const double side = middle > secant ? 1 : -1;
    const double shift = kTruncation / (range_.high - range_.low) * width * width;
    const double truncated = shift <= std::abs(middle - secant) ? secant + side * shift : middle;
    const double chosen = std::abs(truncated - middle) <= radius ? truncated : middle - side * radius;
    const double rounded = on_grid(range_, chosen);
    return rounded > low_ && rounded < high_ ? rounded : on_grid(range_, middle);
  }

  void take(double at, double value) {
    if ((value < 0) == (at_low_ < 0) && value != 0) {
      low_ = at;
      at_low_ = value;
    } else {
      high_ = at;
      at_high_ = value;
    }
  }

 private:
  static constexpr double kSlack = 1, kTruncation = 0.2;
  const RootRange& range_;
  double low_, high_, at_low_, at_high_, steps_max_ = 0, step_ = 0;
};

double end_without_zero(std::span<const CrossoverProbe> probes, const std::vector<double>& now, double first) {
  return (now[0] < 0) == (first < 0) ? probes.back().at : probes[0].at;
}

double zero(std::span<const CrossoverProbe> probes, const std::vector<double>& means, double found, double first) {
  std::optional<double> best;
  for (size_t i = 0; i + 1 < means.size(); ++i) {
    if ((means[i] < 0) == (means[i + 1] < 0)) continue;
    const double at = interpolated(probes[i].at, probes[i + 1].at, means[i], means[i + 1]);
    if (!best || std::abs(at - found) < std::abs(*best - found)) best = at;
  }
  return best ? *best : end_without_zero(probes, means, first);
}

}  // namespace
}  // namespace crossover_detail

double on_grid(const RootRange& range, double value) {
  return range.per_unit > 0 ? std::round(value * range.per_unit) / range.per_unit : value;
}

RootSearch find_root(const RootRange& range, const std::function<std::optional<double>(double)>& value) {
  check(range.low < range.high && range.tolerance > 0, "a search needs a range and a tolerance");
  check(range.per_unit == 0 || range.per_unit * range.tolerance >= 2, "a grid is finer than the tolerance");
  RootSearch out;
  const auto ask = [&](double at) {
    out.probes.push_back(at);
    const auto known = value(at);
    if (!known) out.missing.push_back(at);
    return known;
  };
  const auto at_low = ask(range.low), at_high = ask(range.high);
  if (!at_low || !at_high) return out;
  out.crosses = *at_low == 0 || *at_high == 0 || (*at_low < 0) != (*at_high < 0);
  if (!out.crosses) return out;
  crossover_detail::Itp bracket(range, *at_low, *at_high);
  while (!bracket.done()) {
    const double at = bracket.next();
    const auto known = ask(at);
    if (!known) return out;
    bracket.take(at, *known);
  }
  out.found = bracket.found();
  return out;
}

Interval crossover_interval(std::span<const CrossoverProbe> probes, double found, uint64_t seed, int resamples,
                            double confidence) {
  check(probes.size() >= 2 && !probes[0].differences.empty(), "an interval of a crossover needs two probes");
  const size_t count = probes[0].differences.size();
  for (const CrossoverProbe& probe : probes) check(probe.differences.size() == count, "probes share their replicates");
  const double first = mean(probes[0].differences);
  Stream stream(seed, "crossover bootstrap");
  std::vector<double> zeros, means(probes.size());
  for (int b = 0; b < resamples; ++b) {
    std::ranges::fill(means, 0.0);
    for (size_t i = 0; i < count; ++i) {
      const size_t drawn = stream.below(count);
      for (size_t p = 0; p < probes.size(); ++p) means[p] += probes[p].differences[drawn];
    }
    zeros.push_back(crossover_detail::zero(probes, means, found, first));
  }
  return {quantile(zeros, (1 - confidence) / 2), quantile(zeros, (1 + confidence) / 2)};
}

}  // namespace loom
