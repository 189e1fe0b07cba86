// SPDX-License-Identifier: Apache-2.0
#include "harness/combiner.h"
#include "harness/error.h"

namespace loom::combiners {
namespace uniform_soup_detail {

Arrays merge(const Json&, std::span<const Arrays> members) {
  check(!members.empty(), "a soup needs members");
  Arrays merged;
  for (const auto& [name, first] : members[0]) {
    std::vector<double> sum(static_cast<size_t>(first.count()));
    for (const Arrays& member : members) {
      const std::vector<float> values = as_f32(member.at(name));
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
    }
    std::vector<float> mean(sum.size());
    for (size_t i = 0; i < sum.size(); ++i) mean[i] = static_cast<float>(sum[i] / static_cast<double>(members.size()));
    merged[name] = make_f32(first.shape, mean.data());
  }
  return merged;
}

}  // namespace uniform_soup_detail

CombinerSource uniform_soup() {
  return {.facts = {.kind = "combiner",
                    .name = "uniform_soup",
                    .summary = "the mean of all members' weights: one deployed network",
                    .paper = "Wortsman et al. 2022",
                    .view = "weights",
                    .access = {"W"}},
          .merge = uniform_soup_detail::merge};
}

}  // namespace loom::combiners
