// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "architectures/combiners/_validation.h"

namespace loom::combiners {
namespace cascade_detail {

constexpr int64_t kThresholds = 33;
constexpr double kNeverDefer = -1e30;  // a log-probability below all

struct Point {
  double threshold = 0, executed = 0, loss = 0;  // log-probability; mean members an item; macro nats
};

// The first member, in order of validation loss, that gives its first choice at least the threshold's probability
// answers; the last one answers all that is left. The threshold is the cheapest on validation whose loss is within
// `tolerance` nats of the lowest. Its budget is charged for all members, the most that an item can cost.
class Cascade : public Combiner {
 public:
  Cascade(std::optional<double> threshold, double tolerance) : fixed_(threshold), tolerance_(tolerance) {}
  bool needs_fit() const override { return true; }
  double fit_flops(int64_t members, int64_t items, int64_t) const override {
    return static_cast<double>(kThresholds * members * items);
  }

  void fit(const FitInput& input) override {
    const std::vector<double> importance = macro_weights(input.validation[0], input.domains);
    order_ = ranked(input.validation, importance);
    curve_.clear();
    for (const double threshold : candidates(input.validation))
      curve_.push_back(measured(input.validation, importance, threshold));
    double lowest = INFINITY;
    for (const Point& point : curve_) lowest = std::min(lowest, point.loss);
    const Point* best = nullptr;
    for (const Point& point : curve_)
      if (point.loss <= lowest + tolerance_ && (best == nullptr || point.executed < best->executed)) best = &point;
    threshold_ = best->threshold;
  }
  void save(Json& state, Arrays&) const override {
    state = {{"order", order_}, {"log_threshold", std::isfinite(threshold_) ? Json(threshold_) : Json(nullptr)}};
    for (const Point& point : curve_)  // what each threshold costs and loses on validation
      state["curve"].push_back(
          {{"probability", std::exp(point.threshold)}, {"executed", point.executed}, {"loss", point.loss}});
  }
  void restore(const Json& state, const Arrays&) override {
    order_ = state.at("order").get<std::vector<int64_t>>();
    threshold_ = state.at("log_threshold").is_null() ? INFINITY : state.at("log_threshold").get<double>();
  }
  std::vector<int64_t> order(int64_t members) const override {
    if (!order_.empty()) return order_;
    std::vector<int64_t> plain(static_cast<size_t>(members));  // a dry assembly
    std::iota(plain.begin(), plain.end(), int64_t{0});
    return plain;
  }
  bool accepts(float max_log_prob) const override { return static_cast<double>(max_log_prob) >= threshold_; }
  void weigh(const MemberOutputs& outputs, std::span<float> weights) const override {
    const int64_t positions = outputs.rows * outputs.steps;
    const std::vector<int64_t> turn = order(outputs.members);
    std::ranges::fill(weights, 0.0F);
    for (int64_t at = 0; at < positions; ++at) {
      auto member = turn.begin();
      while (member + 1 != turn.end() && !accepts(outputs.max_log_prob[*member * positions + at])) ++member;
      weights[at * outputs.members + *member] = 1;
    }
  }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override { return members * steps * outputs; }

 private:
  static std::vector<int64_t> ranked(std::span<const Outcomes> said, std::span<const double> importance) {
    const std::vector<double> loss = member_losses(said, importance);
    std::vector<int64_t> order(said.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    std::ranges::stable_sort(order, {}, [&](int64_t member) { return loss[static_cast<size_t>(member)]; });
    return order;
  }
  // Quantiles of the first member's confidence, and never deferring and always deferring.
  std::vector<double> candidates(std::span<const Outcomes> said) const {
    if (fixed_) return {*fixed_ > 0 ? std::log(*fixed_) : kNeverDefer};
    std::vector<float> sorted = said[static_cast<size_t>(order_[0])].max_log_prob;
    std::ranges::sort(sorted);
    std::vector<double> values = {kNeverDefer};
    for (int64_t i = 1; i < kThresholds - 1 && !sorted.empty(); ++i)
      values.push_back(sorted[static_cast<size_t>(i * std::ssize(sorted) / (kThresholds - 1))]);
    values.push_back(1.0);  // no log-probability reaches it
    return values;
  }
  Point measured(std::span<const Outcomes> said, std::span<const double> importance, double threshold) const {
    Point point{threshold, 0, 0};
    for (size_t at = 0; at < importance.size(); ++at) {
      size_t stage = 0;
      while (stage + 1 < order_.size() &&
             static_cast<double>(said[static_cast<size_t>(order_[stage])].max_log_prob[at]) < threshold)
        ++stage;
      point.executed += static_cast<double>(stage + 1) / static_cast<double>(importance.size());
      point.loss -= importance[at] * static_cast<double>(said[static_cast<size_t>(order_[stage])].target_log_prob[at]);
    }
    return point;
  }

  std::optional<double> fixed_;
  double tolerance_, threshold_ = INFINITY;
  std::vector<int64_t> order_;
  std::vector<Point> curve_;
};

}  // namespace cascade_detail

CombinerSource cascade() {
  return {.facts = {.kind = "combiner",
                    .name = "cascade",
                    .summary = "members run one after the other until one is sure enough",
                    .paper = "Wang et al. 2022 (committees); Chen et al. 2023 (FrugalGPT)",
                    .view = "summary",
                    .access = {"p_K"},
                    .inputs = {"vector", "bags"},
                    .fields = {{.name = "threshold",
                                .type = FieldType::real,
                                .fallback = nullptr,
                                .min = 0,
                                .max = 2,
                                .doc = "probability of the first choice from which a member answers (above 1: only "
                                       "the last one); chosen on validation when left out"},
                               {.name = "tolerance",
                                .type = FieldType::real,
                                .fallback = 0.01,
                                .min = 0,
                                .max = 100,
                                .doc = "nats of validation loss given up for fewer members"}}},
          .build = [](const Json& options) -> std::unique_ptr<Combiner> {
            const Json threshold = options.value("threshold", Json());
            return std::make_unique<cascade_detail::Cascade>(
                threshold.is_null() ? std::nullopt : std::optional(threshold.get<double>()),
                options.value("tolerance", 0.01));
          }};
}

}  // namespace loom::combiners
