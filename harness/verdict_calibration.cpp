// SPDX-License-Identifier: Apache-2.0
#include "harness/verdict_calibration.h"

#include <Eigen/Dense>
#include <cmath>

#include "harness/error.h"
#include "harness/random.h"
#include "harness/verdict.h"

namespace loom {
namespace verdict_calibration_detail {
namespace {

constexpr int kInputs = 16, kItems = 64, kDomains = 8, kPairs = 10;
constexpr double kNoise = 1;

using Inputs = Eigen::Matrix<double, kItems, kInputs>;
using Weights = Eigen::Matrix<double, kInputs, 1>;
using Gram = Eigen::Matrix<double, kInputs, kInputs>;

template <class Matrix>
Matrix normals(Stream& stream, double scale) {
  Matrix out;
  for (Eigen::Index i = 0; i < out.size(); ++i) out.data()[i] = scale * stream.normal();
  return out;
}

// Excess risk of weights is their squared distance to the truth, since inputs have unit covariance.
double difference(double similarity, Stream stream) {
  const double scale = 1 / std::sqrt(static_cast<double>(kInputs));
  const Weights shared = normals<Weights>(stream, scale);
  std::vector<Weights> truths;
  Gram pooled_gram = Gram::Zero();
  Weights pooled_moment = Weights::Zero();
  double specialists = 0, monolith = 0;
  for (int domain = 0; domain < kDomains; ++domain) {
    const Weights own = normals<Weights>(stream, scale);
    truths.push_back(std::sqrt(similarity) * shared + std::sqrt(1 - similarity) * own);
    const Inputs inputs = normals<Inputs>(stream, 1);
    const auto noise = normals<Eigen::Matrix<double, kItems, 1>>(stream, kNoise);
    const Gram gram = inputs.transpose() * inputs;
    const Weights moment = inputs.transpose() * (inputs * truths.back() + noise);
    specialists += (gram.llt().solve(moment) - truths.back()).squaredNorm() / kDomains;
    pooled_gram += gram;
    pooled_moment += moment;
  }
  const Weights pooled = pooled_gram.llt().solve(pooled_moment);
  for (const Weights& truth : truths) monolith += (pooled - truth).squaredNorm() / kDomains;
  return monolith - specialists;
}

// Rise of the monolith's excess risk for each unit by which the domains are less similar.
double slope() { return (1 - 1.0 / kDomains) * (1 + (kInputs + 1.0) / (kItems * kDomains)); }

Verdict judged(const std::vector<double>& differences, double margin) {
  return cell_verdict({.pairs = kPairs,
                       .pairs_needed = kPairs,
                       .theta = mean(differences),
                       .interval = t_interval(differences, 1 - kVerdictLevel),
                       .equivalence = t_interval(differences, 1 - 2 * kVerdictLevel),
                       .p_adjusted = sign_flip(differences, 0),
                       .margin = margin})
      .verdict;
}

VerdictShares shares_at(double similarity, int repeats, uint64_t seed, uint64_t place) {
  constexpr double kSimilarityOfInterest = 0.02;
  VerdictShares out = {.similarity = similarity};
  for (int repeat = 0; repeat < repeats; ++repeat) {
    std::vector<double> differences;
    for (int pair = 0; pair < kPairs; ++pair) {
      const auto index = static_cast<uint64_t>(repeat) * kPairs + static_cast<uint64_t>(pair);
      differences.push_back(difference(similarity, Stream(seed, "verdict calibration", place, index)));
    }
    out.effect += mean(differences) / repeats;
    const Verdict verdict = judged(differences, kSimilarityOfInterest * slope());
    out.supported += verdict == Verdict::supported ? 1 : 0;
    out.reversed += verdict == Verdict::reversed ? 1 : 0;
    out.refuted += verdict == Verdict::refuted ? 1 : 0;
    out.tied += verdict == Verdict::tied ? 1 : 0;
    out.undecided += verdict == Verdict::undecided ? 1 : 0;
  }
  for (double* share : {&out.supported, &out.reversed, &out.refuted, &out.tied, &out.undecided}) *share /= repeats;
  return out;
}

}  // namespace
}  // namespace verdict_calibration_detail

// Where the least-squares risks are equal: sigma^2 p / (n - p - 1) of a specialist against, pooled over N = n D items,
// (1 - rho) (1 - 1/D) (1 + (p + 1) / N) + sigma^2 p / (N - p - 1).
double linear_crossover() {
  using namespace verdict_calibration_detail;
  const double items = kItems, all = items * kDomains;
  const double variance = kNoise * kNoise * kInputs * (1 / (items - kInputs - 1) - 1 / (all - kInputs - 1));
  return 1 - variance / slope();
}

std::vector<VerdictShares> verdict_shares(int repeats, uint64_t seed) {
  using namespace verdict_calibration_detail;
  check(repeats > 0, "a calibration needs at least one repeat");
  constexpr double kAside = 0.1;
  std::vector<VerdictShares> out;
  for (const double aside : {-kAside, 0.0, kAside})
    out.push_back(shares_at(linear_crossover() + aside, repeats, seed, out.size()));
  return out;
}

std::vector<CalibrationCheck> calibrate_verdicts(int repeats, uint64_t seed) {
  constexpr double kFound = 0.8, kFalse = 0.05;
  const std::vector<VerdictShares> shares = verdict_shares(repeats, seed);
  const VerdictShares &below = shares[0], &at = shares[1], &above = shares[2];
  const auto entry = [](const char* name, double value, double low, double high, const char* what) {
    return CalibrationCheck{
        .name = name, .value = value, .low = low, .high = high, .ok = low <= value && value <= high, .what = what};
  };
  return {entry("verdict_below_right", below.supported, kFound, 1,
                "share SUPPORTED, .1 of similarity below the crossover, where specialists win"),
          entry("verdict_below_wrong", below.reversed + below.refuted, 0, 0, "share REVERSED or REFUTED there"),
          entry("verdict_at_crossover", at.supported + at.reversed, 0, kFalse,
                "share SUPPORTED or REVERSED at the crossover, where neither wins"),
          entry("verdict_above_right", above.reversed + above.refuted, kFound, 1,
                "share REVERSED or REFUTED, .1 above the crossover, where the monolith wins"),
          entry("verdict_above_wrong", above.supported, 0, 0, "share SUPPORTED there")};
}

}  // namespace loom
