// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "harness/combiner.h"
#include "harness/stitch.h"

namespace loom::combiners {
namespace greedy_soup_detail {

// Members in the order of their own calibration loss; each joins the mean where the loss does not rise. K + K - 1
// passes over calibration, whatever they find.
Arrays merge(const Json&, MergeContext& context) {
  const std::span<const Arrays> all = context.members();
  std::vector<double> alone;
  for (const Arrays& member : all) alone.push_back(context.calibration_loss(member));
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return alone[a] < alone[b]; });
  std::vector<Arrays> kept = {all[order[0]]};
  Arrays soup = kept[0];
  double lowest = alone[order[0]];
  for (const size_t next : std::vector(order.begin() + 1, order.end())) {
    kept.push_back(all[next]);
    Arrays candidate = mean_of(kept);
    const double loss = context.calibration_loss(candidate);
    if (loss <= lowest) {
      lowest = loss;
      soup = std::move(candidate);
    } else {
      kept.pop_back();
    }
  }
  return soup;
}

}  // namespace greedy_soup_detail

CombinerSource greedy_soup() {
  return {.facts = {.kind = "combiner",
                    .name = "greedy_soup",
                    .summary = "the mean of those members' weights that do not raise the calibration loss, best first",
                    .paper = "Wortsman et al. 2022",
                    .view = "weights",
                    .access = {"W"}},
          .merge = greedy_soup_detail::merge};
}

}  // namespace loom::combiners
