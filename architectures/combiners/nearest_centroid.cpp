// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/combiner.h"

namespace loom::combiners {
namespace nearest_centroid_detail {

// A router without training: each member stands at the mean of the items that it is to answer, on the router split.
// Hard: the nearest answers, ties to the lower index. With a temperature all answer, by softmax(-distance^2 / T)
// (Gururangan et al. 2023, c-BTM), squared distances in units of their mean within a cluster, so that T has no unit.
class NearestCentroid : public Combiner {
 public:
  NearestCentroid(double temperature, int64_t top) : temperature_(temperature), top_(top) {}
  bool gated() const override { return true; }
  bool needs_features() const override { return true; }
  int64_t prefix() const override { return kPrefixBytes; }
  void declare(int64_t, int64_t width) override { width_ = width; }
  double fit_flops(int64_t, int64_t items, int64_t) const override { return 4.0 * static_cast<double>(items * width_); }

  void fit(const FitInput& input) override {
    const auto width = static_cast<size_t>(width_);
    centroids_.assign(static_cast<size_t>(input.members) * width, 0.0F);
    std::vector<double> sum(centroids_.size()), count(static_cast<size_t>(input.members));
    for (size_t item = 0; item < input.choice.size(); ++item) {
      const auto member = static_cast<size_t>(input.choice[item]);
      count[member] += 1;
      for (size_t i = 0; i < width; ++i)
        sum[member * width + i] += static_cast<double>(input.features[item * width + i]);
    }
    for (size_t at = 0; at < sum.size(); ++at)
      centroids_[at] = static_cast<float>(sum[at] / std::max(count[at / width], 1.0));
    unused_.clear();
    for (size_t member = 0; member < count.size(); ++member)
      if (count[member] == 0) unused_.push_back(static_cast<int64_t>(member));
    double spread = 0;
    for (size_t item = 0; item < input.choice.size(); ++item)
      spread += distance(input.features.subspan(item * width, width), static_cast<size_t>(input.choice[item]));
    scale_ = std::max(spread / static_cast<double>(std::max<size_t>(input.choice.size(), 1)), 1e-12);
  }
  void save(Json& state, Arrays& arrays) const override {
    state = {{"width", width_}, {"scale", scale_}, {"unused", unused_}};
    arrays["centroids"] = make_f32({std::ssize(centroids_)}, centroids_.data());
  }
  void restore(const Json& state, const Arrays& arrays) override {
    width_ = state.at("width");
    scale_ = state.at("scale");
    unused_ = state.at("unused").get<std::vector<int64_t>>();
    centroids_ = as_f32(arrays.at("centroids"));
  }

  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 0.0F);
    const auto members = static_cast<size_t>(input.members), width = static_cast<size_t>(width_);
    for (size_t row = 0; row < static_cast<size_t>(input.rows); ++row) {
      std::vector<double> near(members);
      for (size_t member = 0; member < members && !centroids_.empty(); ++member)
        near[member] = distance(input.features.subspan(row * width, width), member) / scale_;
      for (const int64_t member : unused_) near[static_cast<size_t>(member)] = INFINITY;
      weigh_row(near, weights.subspan(row * members, members));
    }
  }
  int64_t executed(int64_t members) const override {
    if (temperature_ == 0) return 1;
    return top_ == 0 ? members : std::min(top_, members);
  }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return 3 * members * width_ + (temperature_ == 0 ? 0 : Combiner::flops(members, steps, outputs));
  }

 private:
  double distance(std::span<const float> row, size_t member) const {
    double sum = 0;
    for (size_t i = 0; i < row.size(); ++i) {
      const double apart = static_cast<double>(row[i]) - static_cast<double>(centroids_[member * row.size() + i]);
      sum += apart * apart;
    }
    return sum;
  }
  // The `top` nearest, ties to the lower index; who stands nowhere is never among them, unless nobody stands anywhere.
  void weigh_row(const std::vector<double>& near, std::span<float> weights) const {
    std::vector<size_t> order(near.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, [&](size_t member) { return near[member]; });
    const size_t nearest = order[0];
    if (temperature_ == 0) {
      weights[nearest] = 1;
      return;
    }
    if (top_ > 0) order.resize(std::min(order.size(), static_cast<size_t>(top_)));
    std::vector<double> share(near.size());
    share[nearest] = 1;
    for (const size_t member : order)
      if (std::isfinite(near[member])) share[member] = std::exp((near[nearest] - near[member]) / temperature_);
    double sum = 0;
    for (const double one : share) sum += one;
    for (size_t member = 0; member < near.size(); ++member) weights[member] = static_cast<float>(share[member] / sum);
  }

  double temperature_;
  int64_t top_, width_ = 0;
  double scale_ = 1;
  std::vector<float> centroids_;  // [members, width]; empty before fit
  std::vector<int64_t> unused_;   // members that no item of the router split is for
};

}  // namespace nearest_centroid_detail

CombinerSource nearest_centroid() {
  return {.facts = {.kind = "combiner",
                    .name = "nearest_centroid",
                    .summary = "the member answers whose items on the router split lie nearest on average",
                    .paper = "Gururangan et al. 2023 (c-BTM)",
                    .view = "full",
                    .access = {"l", "M"},
                    .fields = {{.name = "temperature",
                                .type = FieldType::real,
                                .fallback = 0,
                                .min = 0,
                                .max = 1000,
                                .doc = "0: the nearest alone; else all answer by softmax(-distance^2 / temperature)"},
                               {.name = "top",
                                .fallback = 0,
                                .min = 0,
                                .max = 4096,
                                .doc = "with a temperature: only so many of the nearest; 0: all"},
                               {.name = "target",
                                .type = FieldType::choice,
                                .fallback = "domain",
                                .choices = {"domain", "best_member", "part"},
                                .doc = "whose items a member's are: its domain's, those on which it is best, or of its "
                                       "part of the data"}}},
          .build = [](const Json& options) -> std::unique_ptr<Combiner> {
            return std::make_unique<nearest_centroid_detail::NearestCentroid>(options.at("temperature"),
                                                                              options.at("top"));
          }};
}

}  // namespace loom::combiners
