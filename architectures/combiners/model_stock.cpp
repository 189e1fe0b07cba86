// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "architectures/combiners/_weights.h"

namespace loom::combiners {
namespace model_stock_detail {

using weights::Values;

double cosine(const Values& a, const Values& b) {
  double product = 0, of_a = 0, of_b = 0;
  for (size_t i = 0; i < a.size(); ++i) product += a[i] * b[i], of_a += a[i] * a[i], of_b += b[i] * b[i];
  return of_a > 0 && of_b > 0 ? product / std::sqrt(of_a * of_b) : 0;
}

// t = k c / (1 + (k - 1) c), c the mean cosine of the angles between k members' changes; at right angles and beyond
// nothing is shared and the seed stays. A single member is itself.
double ratio(const std::vector<weights::Weights>& deltas, const std::string& name) {
  const auto count = static_cast<double>(deltas.size());
  if (deltas.size() == 1) return 1;
  double sum = 0;
  for (size_t a = 0; a < deltas.size(); ++a)
    for (size_t b = 0; b < a; ++b) sum += cosine(deltas[a].at(name), deltas[b].at(name));
  const double mean = std::clamp(sum / (count * (count - 1) / 2), 0.0, 1.0);
  return count * mean / (1 + (count - 1) * mean);
}

Arrays merge(const Json&, MergeContext& context) {
  const std::vector<weights::Weights> deltas = weights::deltas(context);
  const weights::Weights step = weights::mean_of(deltas);
  weights::Weights merged = weights::widened(*context.seed());
  for (auto& [name, values] : merged) {
    const double t = ratio(deltas, name);
    for (size_t i = 0; i < values.size(); ++i) values[i] += t * step.at(name)[i];
  }
  return weights::narrowed(merged, *context.seed());
}

}  // namespace model_stock_detail

CombinerSource model_stock() {
  return {.facts = {.kind = "combiner",
                    .name = "model_stock",
                    .summary = "between the seed and the members' mean, array by array: as far as the angles between "
                               "what they learned say",
                    .paper = "Jang et al. 2024",
                    .view = "weights",
                    .access = {"W", "S0"}},
          .merge = model_stock_detail::merge,
          .needs_seed = true};
}

}  // namespace loom::combiners
