// SPDX-License-Identifier: Apache-2.0
#include "harness/metrics_rejection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "harness/error.h"

namespace loom {
namespace metrics_rejection_detail {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

template <class T>
std::vector<T> rows(const std::vector<T>& all, const std::vector<size_t>& keep, size_t items) {
  check(all.size() % items == 0, "outcomes need every entry of a kind or none");
  const size_t width = all.size() / items;
  std::vector<T> out;
  out.reserve(keep.size() * width);
  for (const size_t row : keep) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row * width);
    out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
  }
  return out;
}

// NaN and +inf are no log-probabilities; -inf, the log of 0, is one.
double confidence(const Outcomes& o, size_t item) {
  const auto steps = static_cast<size_t>(o.steps);
  double sum = 0, count = 0;
  for (size_t i = item * steps; i < (item + 1) * steps; ++i) {
    if (o.target[i] < 0) continue;
    if (!(o.max_log_prob[i] < std::numeric_limits<float>::infinity())) return kNoNumber;
    sum += static_cast<double>(o.max_log_prob[i]);
    count += 1;
  }
  return sum / count;
}

struct Call {
  double confidence = 0;
  bool trained = false;
};

}  // namespace
}  // namespace metrics_rejection_detail

bool mixes_held_out(const Outcomes& outcomes, int64_t trained) {
  const auto known = [&](int32_t domain) { return domain < trained; };
  return std::ranges::any_of(outcomes.domain, known) && !std::ranges::all_of(outcomes.domain, known);
}

Outcomes trained_items(const Outcomes& o, int64_t trained) {
  const size_t items = o.domain.size();
  check(items > 0 && o.items == static_cast<int64_t>(items), "outcomes need a domain per item");
  std::vector<size_t> keep;
  for (size_t item = 0; item < items; ++item)
    if (o.domain[item] < trained) keep.push_back(item);
  const auto kept = [&](const auto& all) { return metrics_rejection_detail::rows(all, keep, items); };
  return {.items = static_cast<int64_t>(keep.size()),
          .steps = o.steps,
          .outputs = o.outputs,
          .domain = kept(o.domain),
          .group = kept(o.group),
          .target = kept(o.target),
          .target_log_prob = kept(o.target_log_prob),
          .log_probs = kept(o.log_probs),
          .max_log_prob = kept(o.max_log_prob),
          .argmax = kept(o.argmax),
          .entropy = kept(o.entropy),
          .bytes = kept(o.bytes),
          .value = kept(o.value),
          .score = kept(o.score)};
}

std::optional<double> rejection_auroc(const Outcomes& o, int64_t trained) {
  using metrics_rejection_detail::Call, metrics_rejection_detail::confidence, metrics_rejection_detail::kNoNumber;
  if (o.max_log_prob.empty() || !mixes_held_out(o, trained)) return std::nullopt;
  std::vector<Call> calls;
  for (size_t item = 0; item < o.domain.size(); ++item) {
    calls.push_back({confidence(o, item), o.domain[item] < trained});
    if (std::isnan(calls.back().confidence)) return kNoNumber;
  }
  std::ranges::sort(calls, {}, &Call::confidence);
  double below = 0, pairs = 0, known = 0;  // held-out items so far; pairs in order; trained items so far
  for (size_t first = 0, last = 0; first < calls.size(); first = last) {
    double tied_known = 0, tied = 0;
    for (; last < calls.size() && calls[last].confidence == calls[first].confidence; ++last)
      (calls[last].trained ? tied_known : tied) += 1;
    pairs += tied_known * (below + tied / 2);
    below += tied;
    known += tied_known;
  }
  return pairs / (known * below);
}

}  // namespace loom
