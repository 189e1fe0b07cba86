// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "architectures/combiners/_stages.h"
#include "architectures/combiners/_validation.h"

namespace loom::combiners {
namespace cascade_detail {

constexpr int64_t kThresholds = 33;
constexpr double kNeverDefer = -1e30;  // a log-probability below all

// The first stage whose first choice has at least the threshold's probability answers; the last one answers all that is
// left. Members stand in order of loss, or of cost. The threshold is the cheapest of those whose loss is within
// `tolerance` nats of the lowest. Its budget is charged for all members, the most that an item can cost.
class Cascade : public Combiner {
 public:
  Cascade(std::optional<double> threshold, double tolerance, stages::Answer answer, bool by_cost)
      : fixed_(threshold), tolerance_(tolerance), answer_(answer), by_cost_(by_cost) {}
  bool needs_fit() const override { return true; }
  bool averages() const override { return answer_ == stages::Answer::mean; }
  double fit_flops(int64_t members, int64_t items, int64_t outputs) const override {
    return static_cast<double>((kThresholds + (averages() ? 2 * outputs : 0)) * members * items);
  }

  void fit(const FitInput& input) override {
    const std::vector<double> importance = macro_weights(input.calibration[0], input.domains);
    std::vector<double> costs(input.costs.begin(), input.costs.end());
    costs.resize(input.calibration.size(), 1);  // not told: alike
    order_ = ranked(member_losses(input.calibration, importance), costs);
    std::vector<double> in_turn;
    for (const int64_t member : order_) in_turn.push_back(costs[static_cast<size_t>(member)]);
    const std::vector<stages::Word> words = stages::words(input.calibration, order_, answer_);
    curve_.clear();
    for (const double threshold : candidates(words[0].surest))
      curve_.push_back(stages::measured(words, importance, in_turn, threshold));
    double lowest = INFINITY;
    for (const stages::Point& point : curve_) lowest = std::min(lowest, point.loss);
    const stages::Point* best = nullptr;
    for (const stages::Point& point : curve_)
      if (point.loss <= lowest + tolerance_ && (best == nullptr || point.cost < best->cost)) best = &point;
    threshold_ = best->threshold;
  }
  // What each threshold costs and gives on the items of the fit.
  Json told() const override {
    Json curve = Json::array();
    for (const stages::Point& point : curve_)
      curve.push_back({{"probability", std::exp(point.threshold)},
                       {"executed", point.executed},
                       {"cost", point.cost},
                       {"defer_rate", point.deferred},
                       {"loss", point.loss},
                       {"accuracy", point.score},
                       {"chosen", point.threshold == threshold_}});
    return curve;
  }
  void save(Json& state, Arrays&) const override {
    state = {{"order", order_},
             {"log_threshold", std::isfinite(threshold_) ? Json(threshold_) : Json(nullptr)},
             {"curve", told()}};
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
      const auto own = weights.subspan(static_cast<size_t>(at * outputs.members), turn.size());
      const size_t ran = averages() ? ran_of_mean(outputs, turn, at) : ran_of_last(outputs, turn, at);
      for (size_t stage = averages() ? 0 : ran - 1; stage < ran; ++stage)
        own[static_cast<size_t>(turn[stage])] = averages() ? 1.0F / static_cast<float>(ran) : 1;
    }
  }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return (averages() ? 3 : 1) * members * steps * outputs;
  }

 private:
  size_t ran_of_last(const MemberOutputs& said, std::span<const int64_t> turn, int64_t at) const {
    const int64_t positions = said.rows * said.steps;
    size_t ran = 1;
    while (ran < turn.size() && !accepts(said.max_log_prob[static_cast<size_t>(turn[ran - 1] * positions + at)])) ++ran;
    return ran;
  }
  size_t ran_of_mean(const MemberOutputs& said, std::span<const int64_t> turn, int64_t at) const {
    const int64_t positions = said.rows * said.steps;
    std::vector<double> sums(static_cast<size_t>(said.outputs));
    for (size_t ran = 1;; ++ran) {
      const auto own =
          said.log_probs.subspan(static_cast<size_t>((turn[ran - 1] * positions + at) * said.outputs), sums.size());
      for (size_t output = 0; output < sums.size(); ++output)
        sums[output] += std::exp(static_cast<double>(own[output]));
      // Alone it is taken at its own word, to the bit: a threshold is one of those.
      const float surest = ran == 1 ? std::ranges::max(own) : stages::surest_of_mean(sums, static_cast<int64_t>(ran));
      if (ran == turn.size() || accepts(surest)) return ran;
    }
  }
  // Ties of cost go by loss.
  std::vector<int64_t> ranked(const std::vector<double>& loss, const std::vector<double>& cost) const {
    std::vector<int64_t> order(loss.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    std::ranges::stable_sort(order, {}, [&](int64_t member) {
      const auto at = static_cast<size_t>(member);
      return std::pair(by_cost_ ? cost[at] : 0, loss[at]);
    });
    return order;
  }
  // Quantiles of the first member's confidence, and never deferring and always deferring.
  std::vector<double> candidates(std::vector<float> sorted) const {
    if (fixed_) return {*fixed_ > 0 ? std::log(*fixed_) : kNeverDefer};
    std::ranges::sort(sorted);
    std::vector<double> values = {kNeverDefer};
    for (int64_t i = 1; i < kThresholds - 1 && !sorted.empty(); ++i)
      values.push_back(sorted[static_cast<size_t>(i * std::ssize(sorted) / (kThresholds - 1))]);
    values.push_back(1.0);  // no log-probability reaches it
    return values;
  }

  std::optional<double> fixed_;
  double tolerance_, threshold_ = INFINITY;
  stages::Answer answer_;
  bool by_cost_;
  std::vector<int64_t> order_;
  std::vector<stages::Point> curve_;  // empty after restore
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
                                       "the last one); chosen on calibration when left out"},
                               {.name = "tolerance",
                                .type = FieldType::real,
                                .fallback = 0.01,
                                .min = 0,
                                .max = 100,
                                .doc = "nats of calibration loss given up for fewer members"},
                               {.name = "answer",
                                .type = FieldType::choice,
                                .fallback = "last",
                                .choices = {"last", "mean"},
                                .doc = "what stage k says: its member's word, or the mean of members 1 to k, as the "
                                       "committees of the paper"},
                               {.name = "order",
                                .type = FieldType::choice,
                                .fallback = "loss",
                                .choices = {"loss", "cost"},
                                .doc = "who runs first: the member of lowest calibration loss, or of fewest FLOPs"}}},
          .build = [](const Json& options) -> std::unique_ptr<Combiner> {
            const Json threshold = options.value("threshold", Json());
            return std::make_unique<cascade_detail::Cascade>(
                threshold.is_null() ? std::nullopt : std::optional(threshold.get<double>()),
                options.value("tolerance", 0.01),
                options.value("answer", "last") == "mean" ? stages::Answer::mean : stages::Answer::last,
                options.value("order", "loss") == "cost");
          }};
}

}  // namespace loom::combiners
