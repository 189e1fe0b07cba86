// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "architectures/combiners/_pool.h"

namespace loom::combiners {
namespace trimmed_mean_detail {

// For each output the mean probability without the highest and the lowest `trim` members, then normalised: one member
// that is wrong, broken or hostile cannot carry it. Of few members the middle ones are left.
class TrimmedMean : public Combiner {
 public:
  explicit TrimmedMean(int64_t trim) : trim_(trim) {}
  bool mixes() const override { return false; }
  void combine(const MemberOutputs& outputs, std::span<float> log_probs) const override {
    if (outputs.members == 1) {  // the member's own bits
      std::ranges::copy(outputs.log_probs, log_probs.begin());
      return;
    }
    const int64_t members = outputs.members, positions = outputs.rows * outputs.steps, width = outputs.outputs;
    const int64_t cut = std::min(trim_, (members - 1) / 2);
    std::vector<double> said(static_cast<size_t>(members)), answer(static_cast<size_t>(width));
    for (int64_t at = 0; at < positions; ++at) {
      for (int64_t output = 0; output < width; ++output) {
        for (int64_t member = 0; member < members; ++member)
          said[static_cast<size_t>(member)] =
              std::exp(static_cast<double>(outputs.log_probs[(member * positions + at) * width + output]));
        std::ranges::sort(said);
        double sum = 0;
        for (int64_t kept = cut; kept < members - cut; ++kept) sum += said[static_cast<size_t>(kept)];
        answer[static_cast<size_t>(output)] = std::log(sum);
      }
      normalise_log(answer);
      for (int64_t output = 0; output < width; ++output)
        log_probs[at * width + output] = static_cast<float>(answer[static_cast<size_t>(output)]);
    }
  }

 private:
  int64_t trim_;
};

}  // namespace trimmed_mean_detail

CombinerSource trimmed_mean() {
  return {.facts = {.kind = "combiner",
                    .name = "trimmed_mean",
                    .summary = "the mean of probabilities without the extreme members of each output",
                    .paper = "Yin et al. 2018 (coordinate-wise trimmed mean, there of gradients)",
                    .view = "full",
                    .access = {"l"},
                    .fields = {{.name = "trim",
                                .fallback = 1,
                                .min = 0,
                                .max = 1024,
                                .doc = "members left out at either end; one or two in the middle always stay"}}},
          .build = [](const Json& options) -> std::unique_ptr<Combiner> {
            return std::make_unique<trimmed_mean_detail::TrimmedMean>(options.at("trim"));
          }};
}

}  // namespace loom::combiners
