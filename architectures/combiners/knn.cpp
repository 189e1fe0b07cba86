// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "harness/combiner.h"

namespace loom::combiners {
namespace knn_detail {

// The nearest items of the router split vote for who answers; ties to the lower index. In router benchmarks it is hard
// to beat (Hu et al. 2024; Li 2025).
class Knn : public Combiner {
 public:
  Knn(int64_t neighbours, int64_t examples) : neighbours_(neighbours), most_(examples) {}
  bool gated() const override { return true; }
  bool needs_features() const override { return true; }
  int64_t prefix() const override { return kPrefixBytes; }
  void declare(int64_t examples, int64_t width) override {
    examples_ = std::min(examples, most_);
    width_ = width;
  }
  void fit(const FitInput& input) override {
    features_.clear();
    choice_.clear();
    const int64_t all = std::ssize(input.choice);
    for (int64_t i = 0; i < examples_; ++i) {  // evenly spaced: the split is sorted by domain
      const int64_t item = i * all / examples_;
      choice_.push_back(input.choice[static_cast<size_t>(item)]);
      const auto row = input.features.subspan(static_cast<size_t>(item * width_), static_cast<size_t>(width_));
      features_.insert(features_.end(), row.begin(), row.end());
    }
  }
  void save(Json& state, Arrays& arrays) const override {
    state = {{"examples", examples_}, {"width", width_}, {"choice", choice_}};
    arrays["features"] = make_f32({examples_, width_}, features_.data());
  }
  void restore(const Json& state, const Arrays& arrays) override {
    examples_ = state.at("examples");
    width_ = state.at("width");
    choice_ = state.at("choice").get<std::vector<int32_t>>();
    features_ = as_f32(arrays.at("features"));
  }
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 0.0F);
    for (int64_t row = 0; row < input.rows; ++row) {
      std::vector<int64_t> votes(static_cast<size_t>(input.members));
      const auto own = input.features.subspan(static_cast<size_t>(row * width_), static_cast<size_t>(width_));
      if (!choice_.empty())
        for (const size_t neighbour : nearest(own)) ++votes[static_cast<size_t>(choice_[neighbour])];
      weights[row * input.members + (std::ranges::max_element(votes) - votes.begin())] = 1;
    }
  }
  int64_t executed(int64_t) const override { return 1; }
  int64_t flops(int64_t, int64_t, int64_t) const override { return 3 * examples_ * width_; }

 private:
  std::vector<size_t> nearest(std::span<const float> row) const {
    std::vector<float> apart(choice_.size());
    for (size_t example = 0; example < apart.size(); ++example) {
      const float* other = features_.data() + example * row.size();
      float sum = 0;
      for (size_t i = 0; i < row.size(); ++i) sum += (row[i] - other[i]) * (row[i] - other[i]);
      apart[example] = sum;
    }
    std::vector<size_t> rank(apart.size());
    std::iota(rank.begin(), rank.end(), size_t{0});
    const auto count = std::min<int64_t>(neighbours_, std::ssize(rank));
    std::ranges::partial_sort(rank, rank.begin() + count, [&](size_t a, size_t b) {
      return apart[a] < apart[b] || (apart[a] == apart[b] && a < b);
    });
    rank.resize(static_cast<size_t>(count));
    return rank;
  }

  int64_t neighbours_, most_, examples_ = 0, width_ = 0;
  std::vector<float> features_;  // [examples, width]
  std::vector<int32_t> choice_;  // [examples]
};

}  // namespace knn_detail

CombinerSource knn() {
  return {
      .facts = {.kind = "combiner",
                .name = "knn",
                .summary = "the nearest items of the router split vote for the member that answers",
                .paper = "Hu et al. 2024 (RouterBench)",
                .view = "full",
                .access = {"l"},
                .fields = {{.name = "neighbours", .fallback = 5, .min = 1, .max = 1000, .doc = "that vote"},
                           {.name = "examples",
                            .fallback = 1024,
                            .min = 1,
                            .max = 1000000,
                            .doc = "items kept of the router split, at most; each costs every answer"},
                           {.name = "target",
                            .type = FieldType::choice,
                            .fallback = "domain",
                            .choices = {"domain", "best_member", "part"},
                            .doc =
                                "what an item votes for: its domain's member, the one of lowest loss, or its part's"}}},
      .build = [](const Json& options) -> std::unique_ptr<Combiner> {
        return std::make_unique<knn_detail::Knn>(options.at("neighbours"), options.at("examples"));
      }};
}

}  // namespace loom::combiners
