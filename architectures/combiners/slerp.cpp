// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "architectures/combiners/_weights.h"

namespace loom::combiners {
namespace slerp_detail {

using weights::Values;
constexpr double kParallel = 1e-6;  // sine of an angle below which the line and the arc are one

double dot(const Values& a, const Values& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Shoemake 1985, by the angle between two arrays; where they are parallel, opposite or zero, the straight line.
Values interpolate(const Values& a, const Values& b, double t) {
  const double norms = std::sqrt(dot(a, a) * dot(b, b));
  const double cosine = norms > 0 ? std::clamp(dot(a, b) / norms, -1.0, 1.0) : 1, angle = std::acos(cosine);
  const bool line = std::sin(angle) < kParallel;
  const double of_a = line ? 1 - t : std::sin((1 - t) * angle) / std::sin(angle);
  const double of_b = line ? t : std::sin(t * angle) / std::sin(angle);
  Values result(a.size());
  for (size_t i = 0; i < a.size(); ++i) result[i] = of_a * a[i] + of_b * b[i];
  return result;
}

Arrays merge(const Json& options, MergeContext& context) {
  const std::vector<weights::Weights> all = weights::all_members(context);
  const Json& fixed = options.at("t");
  weights::Weights merged = all[0];
  for (size_t next = 1; next < all.size(); ++next) {
    const double t = fixed.is_null() ? 1 / static_cast<double>(next + 1) : fixed.get<double>();
    for (auto& [name, values] : merged) values = interpolate(values, all[next].at(name), t);
  }
  return weights::narrowed(merged, context.members()[0]);
}

}  // namespace slerp_detail

CombinerSource slerp() {
  return {.facts = {.kind = "combiner",
                    .name = "slerp",
                    .summary = "along the arc between two members' weights, array by array; the result goes on to the "
                               "third, and so on in order",
                    .paper = "Shoemake 1985",
                    .view = "weights",
                    .access = {"W"},
                    .fields = {{.name = "t",
                                .type = FieldType::real,
                                .fallback = nullptr,
                                .min = 0,
                                .max = 1,
                                .doc = "how far to go to the next member; left out: 1/2, 1/3, ..., all weigh alike"}}},
          .merge = slerp_detail::merge};
}

}  // namespace loom::combiners
