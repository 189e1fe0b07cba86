// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_weights.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/error.h"
#include "harness/text_numbers.h"

namespace loom::weights {
namespace {

constexpr double kLargestScale = 100;

std::vector<double> scales(const std::string& text) {
  std::vector<double> all;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    std::string_view word = std::string_view(text).substr(at, comma - at);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    const auto value = parse_number(word);
    if (!value || !(std::abs(*value) <= kLargestScale))
      throw InputError("lambdas: '" + std::string(word) + "' is no number from -100 to 100; give \"0.1, 0.3, 1\"");
    all.push_back(*value);
    at = comma + 1;
  }
  return all;
}

Arrays moved(const Weights& seed, const Weights& direction, double scale, const Arrays& like) {
  Weights result = seed;
  for (auto& [name, values] : result)
    for (size_t i = 0; i < values.size(); ++i) values[i] += scale * direction.at(name)[i];
  return narrowed(result, like);
}

}  // namespace

Weights widened(const Arrays& arrays) {
  Weights result;
  for (const auto& [name, array] : arrays) {
    const std::vector<float> values = as_f32(array);
    result[name].assign(values.begin(), values.end());
  }
  return result;
}

Arrays narrowed(const Weights& weights, const Arrays& like) {
  Arrays result;
  for (const auto& [name, values] : weights) {
    const std::vector<float> rounded(values.begin(), values.end());
    result[name] = make_f32(like.at(name).shape, rounded.data());
  }
  return result;
}

std::vector<Weights> all_members(const MergeContext& context) {
  std::vector<Weights> all;
  for (const Arrays& member : context.members()) all.push_back(widened(member));
  check(!all.empty(), "a merge needs members");
  return all;
}

Weights difference(const Weights& a, const Weights& b) {
  Weights result = a;
  for (auto& [name, values] : result)
    for (size_t i = 0; i < values.size(); ++i) values[i] -= b.at(name)[i];
  return result;
}

Weights mean_of(const std::vector<Weights>& all) {
  Weights result;
  for (const auto& [name, first] : all.at(0)) {
    Values& sum = result[name];
    sum.resize(first.size());
    for (const Weights& one : all)
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += one.at(name)[i];
    for (double& value : sum) value /= static_cast<double>(all.size());
  }
  return result;
}

std::vector<Weights> deltas(const MergeContext& context) {
  check(context.seed() != nullptr, "a combiner that needs a seed has one");
  const Weights seed = widened(*context.seed());
  std::vector<Weights> all = all_members(context);
  for (Weights& one : all) one = difference(one, seed);
  return all;
}

std::vector<Field> scale_fields() {
  return {{.name = "lambda",
           .type = FieldType::real,
           .fallback = nullptr,
           .min = 0,
           .max = kLargestScale,
           .doc = "scale of what is added to the seed; left out: the best of lambdas on calibration"},
          {.name = "lambdas",
           .type = FieldType::text,
           .fallback = "0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5",
           .doc = "scales tried on calibration where lambda is left out"}};
}

Arrays scaled(const Json& options, MergeContext& context, const Weights& direction) {
  const Weights seed = widened(*context.seed());
  const Arrays& like = *context.seed();
  if (const Json& fixed = options.at("lambda"); !fixed.is_null()) return moved(seed, direction, fixed, like);
  Arrays best;
  std::optional<double> lowest;
  for (const double scale : scales(options.at("lambdas").get<std::string>())) {
    Arrays candidate = moved(seed, direction, scale, like);
    const double loss = context.calibration_loss(candidate);
    if (lowest && !(loss < *lowest)) continue;
    lowest = loss;
    best = std::move(candidate);
  }
  return best;
}

}  // namespace loom::weights
