// SPDX-License-Identifier: Apache-2.0
#include "harness/metrics_probability.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace loom {
namespace metrics_probability_detail {
namespace {

constexpr size_t kCalibrationBins = 15;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct Call {
  double confidence = 0, correct = 0;
};

// Equal confidences say the same thing, so they share their mean correctness: otherwise the order of items inside a tie
// that straddles two bins would change the result.
void share_ties(std::vector<Call>& calls) {
  for (size_t first = 0, last = 0; first < calls.size(); first = last) {
    double correct = 0;
    for (; last < calls.size() && calls[last].confidence == calls[first].confidence; ++last) {
      correct += calls[last].correct;
    }
    for (size_t i = first; i < last; ++i) calls[i].correct = correct / static_cast<double>(last - first);
  }
}

}  // namespace
}  // namespace metrics_probability_detail

using namespace metrics_probability_detail;

double calibration_error(const Outcomes& o, std::span<const double> correct) {
  std::vector<Call> calls;
  for (size_t i = 0; i < correct.size(); ++i) {
    if (o.target[i] < 0) continue;
    if (std::isnan(correct[i])) return kUndefined;
    calls.push_back({std::exp(static_cast<double>(o.max_log_prob[i])), correct[i]});
  }
  std::sort(calls.begin(), calls.end(), [](const Call& a, const Call& b) { return a.confidence < b.confidence; });
  share_ties(calls);
  double error = 0;
  for (size_t bin = 0; bin < kCalibrationBins; ++bin) {
    double gap = 0;
    for (size_t i = bin * calls.size() / kCalibrationBins; i < (bin + 1) * calls.size() / kCalibrationBins; ++i) {
      gap += calls[i].correct - calls[i].confidence;
    }
    error += std::abs(gap);  // (n_b / n) |accuracy - confidence| is |sum of gaps| / n
  }
  return error / static_cast<double>(calls.size());
}

double brier_score(const Outcomes& o) {
  double total = 0;
  const auto outputs = static_cast<size_t>(o.outputs);
  for (size_t k = 0; k < o.log_probs.size(); ++k) {
    if (!(o.log_probs[k] < std::numeric_limits<float>::infinity())) return kUndefined;
    const bool target = static_cast<size_t>(o.target[k / outputs]) == k % outputs;
    const double gap = std::exp(static_cast<double>(o.log_probs[k])) - (target ? 1.0 : 0.0);
    total += gap * gap;
  }
  return total / static_cast<double>(o.items);
}

}  // namespace loom
