// SPDX-License-Identifier: Apache-2.0
#include "harness/calibration.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/error.h"
#include "harness/power.h"
#include "harness/random.h"
#include "harness/statistics.h"

namespace loom {

namespace calibration_detail {
namespace {

constexpr double kLevel = 0.05;
constexpr int64_t kSeeds = 10;

using Values = std::vector<double>;

Values normals(size_t count, Stream& stream) {
  Values values(count);
  for (double& value : values) value = stream.normal();
  return values;
}

// Paired differences of an arm from a comparator with an equal distribution, but for `effect`.
Values differences(size_t seeds, double effect, Stream& stream) {
  Values result = normals(seeds, stream);
  for (double& value : result) value += effect;
  return result;
}

// Share of draws for which `event(stream, draw)` holds; each draw has a stream of its own.
template <class Event>
double share(int draws, uint64_t seed, const char* purpose, uint64_t index, Event event) {
  double count = 0;
  for (int draw = 0; draw < draws; ++draw) {
    Stream stream(seed, purpose, index, static_cast<uint64_t>(draw));
    count += event(stream, static_cast<uint64_t>(draw)) ? 1 : 0;
  }
  return count / draws;
}

double rejections(int draws, uint64_t seed, double effect, const char* purpose) {
  return share(draws, seed, purpose, 0, [&](Stream& stream, uint64_t draw) {
    return sign_flip(differences(kSeeds, effect, stream), draw) <= kLevel;
  });
}

// All arms share the comparator's noise, as rows of a table do.
double family_rejections(int draws, uint64_t seed, size_t arms) {
  return share(draws, seed, "family", arms, [&](Stream& stream, uint64_t draw) {
    const Values comparator = normals(kSeeds, stream);
    std::vector<Values> family;
    for (size_t arm = 0; arm < arms; ++arm) {
      family.push_back(normals(kSeeds, stream));
      for (size_t s = 0; s < comparator.size(); ++s) family.back()[s] -= comparator[s];
    }
    const Values p = max_t_sign_flip(family, draw);
    return *std::min_element(p.begin(), p.end()) <= kLevel;
  });
}

double flagged_twins(uint64_t seed, uint64_t pairs) {
  double flagged = 0;
  for (uint64_t pair = 0; pair < pairs; ++pair) {
    Stream stream(seed, "twins", pair);
    const Values a = normals(kSeeds, stream), b = normals(kSeeds, stream);
    Values difference(a.size());
    for (size_t s = 0; s < a.size(); ++s) difference[s] = a[s] - b[s];
    flagged += sign_flip(difference, pair) <= kLevel ? 1 : 0;
  }
  return flagged;
}

// Two arms over seeds x test groups of 4 items, 30 groups in each of 3 domains. Both meet the same difficulty of each
// group; seed, arm-by-group and seed-by-group noise are their own. Arm a is better by `effect`.
std::pair<CellTable, CellTable> planted_arms(int64_t seeds, double effect, Stream& stream) {
  constexpr int64_t kDomains = 3, kGroups = 90;
  CellTable a;
  a.seeds = seeds;
  a.cells = kGroups;
  a.domains = kDomains;
  a.count.assign(kGroups, 4.0);
  for (int32_t group = 0; group < kGroups; ++group) {
    a.group.push_back(group);
    a.domain.push_back(group % kDomains);
  }
  CellTable b = a;
  const Values difficulty = normals(kGroups, stream);
  for (CellTable* arm : {&a, &b}) {
    const Values of_group = normals(kGroups, stream);
    for (int64_t s = 0; s < seeds; ++s) {
      const double of_seed = 0.5 * stream.normal() + (arm == &a ? effect : 0);
      for (size_t g = 0; g < of_group.size(); ++g) {
        arm->sum.push_back(4 * (of_seed + 5 * difficulty[g] + 3 * of_group[g] + 3 * stream.normal()));
      }
    }
  }
  return {std::move(a), std::move(b)};
}

double crossed_coverage(int draws, uint64_t seed, int64_t seeds) {
  constexpr double kEffect = 0.7;
  return share(draws, seed, "crossed", static_cast<uint64_t>(seeds), [&](Stream& stream, uint64_t draw) {
    const auto [a, b] = planted_arms(seeds, kEffect, stream);
    const Interval interval = crossed_interval(a, b, draw);
    return interval.low <= kEffect && kEffect <= interval.high;
  });
}

double bootstrap_coverage(int draws, uint64_t seed) {
  return share(draws, seed, "bootstrap", kSeeds, [&](Stream& stream, uint64_t draw) {
    const Interval interval = bootstrap_t(differences(kSeeds, 1, stream), draw);
    return interval.low <= 1 && 1 <= interval.high;
  });
}

// Exchanging two arms must turn the effect and its interval about zero and leave p: the largest departure.
double relabelling_error(int draws, uint64_t seed) {
  double worst = 0;
  for (int draw = 0; draw < draws; ++draw) {
    Stream stream(seed, "relabel", static_cast<uint64_t>(draw));
    const auto [a, b] = planted_arms(6, stream.normal(), stream);
    const Interval there = crossed_interval(a, b, 0), back = crossed_interval(b, a, 0);
    worst = std::max({worst, std::abs(there.low + back.high), std::abs(there.high + back.low)});
    Values forward = differences(kSeeds, stream.normal(), stream), reverse;
    for (double value : forward) reverse.push_back(-value);
    worst = std::max(worst, std::abs(sign_flip(forward, 0) - sign_flip(reverse, 0)));
  }
  return worst;
}

CalibrationCheck check_of(std::string name, double value, double low, double high, std::string what) {
  return {.name = std::move(name),
          .value = value,
          .low = low,
          .high = high,
          .ok = low <= value && value <= high,
          .what = std::move(what)};
}

}  // namespace
}  // namespace calibration_detail

std::vector<CalibrationCheck> calibrate_statistics(int draws, uint64_t seed) {
  namespace detail = calibration_detail;
  check(draws > 0, "a calibration needs draws");
  const double detectable = minimum_detectable_effect(detail::kSeeds);
  return {
      detail::check_of("sign_flip_false_positives", detail::rejections(draws, seed, 0, "null"), 0.035, 0.065,
                       "share of paired sign flips over 10 seeds of equal arms with p <= .05; attainable: .0488"),
      detail::check_of("max_t_false_positives", detail::family_rejections(draws, seed, 8), 0.035, 0.065,
                       "share of tables of 8 arms equal to their comparator with any adjusted p <= .05"),
      detail::check_of("identical_arms_flagged", detail::flagged_twins(seed, 40), 0, 5,
                       "of 40 pairs of identical arms over 10 seeds, those with p <= .05; 6 or more: chance .014"),
      detail::check_of("crossed_coverage_6", detail::crossed_coverage(draws, seed, 6), 0.93, 0.985,
                       "share of crossed 95 % intervals over 6 seeds that hold a planted difference"),
      detail::check_of("crossed_coverage_10", detail::crossed_coverage(draws, seed, 10), 0.93, 0.985,
                       "share of crossed 95 % intervals over 10 seeds that hold a planted difference"),
      detail::check_of("bootstrap_t_coverage_10", detail::bootstrap_coverage(draws, seed), 0.93, 0.97,
                       "share of bootstrap-t 95 % intervals over 10 seeds that hold the planted mean"),
      detail::check_of("sign_flip_power", detail::rejections(draws, seed, detectable, "power"), 0.75, 0.85,
                       "power of the sign flip over 10 seeds at the effect stated to be found with power .8"),
      detail::check_of("relabelling_error", detail::relabelling_error(std::min(draws, 100), seed), 0, 1e-12,
                       "largest departure when two arms trade names: the effect changes sign, p stays"),
  };
}

}  // namespace loom
