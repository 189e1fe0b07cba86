// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "architectures/combiners/_posterior.h"

namespace loom::combiners {
namespace posterior_detail {

constexpr int64_t kCachedWindows = 100;  // Gururangan et al. 2021, section 5
constexpr double kUpdate = 0.3;          // likewise: the moving average of their updating prior

// Bayes' rule over members per window: the weight of a member at step t is proportional to its prior and to the
// probability it gave to the bytes before t (Gururangan et al. 2021). With a uniform prior it is never worse than the
// best member by more than ln K nats per window. Bytes that are not scored are no evidence: they arrive as zeros.
class Posterior : public Combiner {
 public:
  Posterior(Prior prior, int64_t top) : kind_(prior), top_(top) {}
  bool needs_fit() const override { return kind_ == Prior::cached; }

  void fit(const FitInput& input) override {
    const auto members = std::ssize(input.calibration);
    const int64_t steps = input.calibration[0].steps, windows = input.calibration[0].items;
    std::vector<double> mean(static_cast<size_t>(members));
    for (int64_t i = 0; i < kCachedWindows; ++i) {  // evenly spaced: the split is sorted by domain
      const int64_t window = i * windows / kCachedWindows;
      std::vector<double> evidence(static_cast<size_t>(members));
      for (int64_t member = 0; member < members; ++member)
        for (int64_t step = 0; step < steps; ++step)
          evidence[static_cast<size_t>(member)] +=
              static_cast<double>(input.calibration[static_cast<size_t>(member)]
                                      .target_log_prob[static_cast<size_t>(window * steps + step)]);
      softmax(evidence);
      for (size_t member = 0; member < mean.size(); ++member) mean[member] += evidence[member] / kCachedWindows;
    }
    cached_ = mean;
  }
  void save(Json& state, Arrays&) const override { state = {{"prior", cached_}}; }
  void restore(const Json& state, const Arrays&) override { cached_ = state.at("prior").get<std::vector<double>>(); }

  void weigh(const MemberOutputs& outputs, std::span<float> weights) const override {
    const int64_t members = outputs.members, steps = outputs.steps, positions = outputs.rows * steps;
    std::vector<double> prior(static_cast<size_t>(members), 1 / static_cast<double>(members));
    if (!cached_.empty()) prior = cached_;
    std::vector<double> evidence(prior.size()), posterior(prior.size());
    for (int64_t row = 0; row < outputs.rows; ++row) {
      for (size_t member = 0; member < prior.size(); ++member) evidence[member] = std::log(prior[member]);
      for (int64_t step = 0; step < steps; ++step) {
        posterior = evidence;
        softmax(posterior);
        keep_top(posterior);
        for (int64_t member = 0; member < members; ++member) {
          weights[(row * steps + step) * members + member] = static_cast<float>(posterior[static_cast<size_t>(member)]);
          evidence[static_cast<size_t>(member)] += outputs.target[member * positions + row * steps + step];
        }
      }
      if (kind_ != Prior::updating) continue;
      softmax(evidence);
      for (size_t member = 0; member < prior.size(); ++member)
        prior[member] = (1 - kUpdate) * prior[member] + kUpdate * evidence[member];
    }
  }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return Combiner::flops(members, steps, outputs) + 4 * members * steps;
  }

 private:
  static void softmax(std::vector<double>& values) {
    const double highest = *std::ranges::max_element(values);
    double sum = 0;
    for (double& value : values) sum += value = std::exp(value - highest);
    for (double& value : values) value /= sum;
  }
  // The others' weight goes to the `top` largest in proportion, ties to the lower index.
  void keep_top(std::vector<double>& weights) const {
    if (top_ == 0 || top_ >= std::ssize(weights)) return;
    std::vector<size_t> rank(weights.size());
    std::iota(rank.begin(), rank.end(), size_t{0});
    std::ranges::stable_sort(rank, [&](size_t a, size_t b) { return weights[a] > weights[b]; });
    double kept = 0;
    for (size_t i = 0; i < rank.size(); ++i) {
      if (static_cast<int64_t>(i) < top_)
        kept += weights[rank[i]];
      else
        weights[rank[i]] = 0;
    }
    for (double& weight : weights) weight /= kept;
  }

  Prior kind_;
  int64_t top_;  // 0: all
  std::vector<double> cached_;
};

}  // namespace posterior_detail

std::unique_ptr<Combiner> posterior(Prior prior, int64_t top) {
  return std::make_unique<posterior_detail::Posterior>(prior, top);
}

}  // namespace loom::combiners
