// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>

#include "architectures/combiners/_weights.h"

namespace loom::combiners {
namespace ties_detail {

// Keeps the ceil(density * count) entries of largest magnitude over all of a member's arrays, and what equals the least
// of them; the rest become zero.
void trim(weights::Weights& delta, double density) {
  std::vector<double> magnitudes;
  for (const auto& [name, values] : delta)
    for (const double value : values) magnitudes.push_back(std::abs(value));
  const auto kept = static_cast<int64_t>(std::ceil(density * static_cast<double>(magnitudes.size()) - 1e-9));
  const auto least = magnitudes.begin() + std::max<int64_t>(kept - 1, 0);
  std::ranges::nth_element(magnitudes, least, std::greater());
  for (auto& [name, values] : delta)
    for (double& value : values)
      if (std::abs(value) < *least) value = 0;
}

// The mean of those entries that have the sign of their sum, zeros left out; 0 where the sum is.
double agreed(const std::vector<weights::Weights>& deltas, const std::string& name, size_t at) {
  double total = 0;
  for (const auto& delta : deltas) total += delta.at(name)[at];
  double sum = 0;
  int64_t count = 0;
  for (const auto& delta : deltas)
    if (const double value = delta.at(name)[at]; value * total > 0) sum += value, ++count;
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

Arrays merge(const Json& options, MergeContext& context) {
  std::vector<weights::Weights> deltas = weights::deltas(context);
  for (auto& delta : deltas) trim(delta, options.at("density"));
  weights::Weights direction = deltas[0];
  for (auto& [name, values] : direction)
    for (size_t at = 0; at < values.size(); ++at) values[at] = agreed(deltas, name, at);
  return weights::scaled(options, context, direction);
}

std::vector<Field> fields() {
  std::vector<Field> all = weights::scale_fields();
  all.insert(all.begin(), {.name = "density",
                           .type = FieldType::real,
                           .fallback = 0.2,
                           .min = 0.001,
                           .max = 1,
                           .doc = "share of a member's changes that is kept, the largest"});
  return all;
}

}  // namespace ties_detail

CombinerSource ties() {
  return {.facts = {.kind = "combiner",
                    .name = "ties",
                    .summary = "members' changes since the seed: small ones trimmed, a sign elected for each weight, "
                               "the mean of those that agree",
                    .paper = "Yadav et al. 2023",
                    .view = "weights",
                    .access = {"W", "S0"},
                    .fields = ties_detail::fields()},
          .merge = ties_detail::merge,
          .needs_seed = true};
}

}  // namespace loom::combiners
