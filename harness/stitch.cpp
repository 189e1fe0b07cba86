// SPDX-License-Identifier: Apache-2.0
#include "harness/stitch.h"

#include <algorithm>
#include <vector>

#include "harness/error.h"

namespace loom {
namespace stitch_detail {
namespace {

// Relative to the largest share, so that equal ones are ones.
std::vector<double> relative(std::span<const double> shares, size_t count) {
  if (shares.empty()) return std::vector<double>(count, 1.0);
  check(shares.size() == count && std::ranges::min(shares) >= 0 && std::ranges::max(shares) > 0,
        "a share for each network, and not all nothing");
  std::vector<double> all(shares.begin(), shares.end());
  for (double& share : all) share /= std::ranges::max(shares);
  return all;
}

Array mean_array(std::span<const Arrays> parents, const std::string& name, std::span<const double> weights) {
  const Array& first = parents[0].at(name);
  std::vector<double> sum(static_cast<size_t>(first.count()));
  double total = 0;
  for (size_t parent = 0; parent < parents.size(); ++parent) {
    const std::vector<float> values = as_f32(parents[parent].at(name));
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += weights[parent] * static_cast<double>(values[i]);
    total += weights[parent];
  }
  std::vector<float> mean;
  for (const double value : sum) mean.push_back(static_cast<float>(value / total));
  return make_f32(first.shape, mean.data());
}

Array moved_array(std::span<const Arrays> parents, const std::string& name, double scaling) {
  const Array& first = parents[0].at(name);
  std::vector<float> base = as_f32(first);
  std::vector<double> moved(base.size());
  for (const Arrays& parent : parents.subspan(1)) {
    const std::vector<float> values = as_f32(parent.at(name));
    for (size_t i = 0; i < moved.size(); ++i) moved[i] += static_cast<double>(values[i]) - static_cast<double>(base[i]);
  }
  for (size_t i = 0; i < moved.size(); ++i)
    base[i] = static_cast<float>(static_cast<double>(base[i]) + scaling * moved[i]);
  return make_f32(first.shape, base.data());
}

Array side_by_side(std::span<const Arrays> parents, const std::string& name, const std::vector<int64_t>& shape) {
  std::vector<float> all;
  for (const Arrays& parent : parents) {
    const std::vector<float> values = as_f32(parent.at(name));
    all.insert(all.end(), values.begin(), values.end());
  }
  return make_f32(shape, all.data());
}

}  // namespace
}  // namespace stitch_detail

Arrays mean_of(std::span<const Arrays> networks, std::span<const double> shares) {
  check(!networks.empty(), "a mean is of something");
  const std::vector<double> weights = stitch_detail::relative(shares, networks.size());
  Arrays mean;
  for (const auto& [name, array] : networks[0]) mean[name] = stitch_detail::mean_array(networks, name, weights);
  return mean;
}

Arrays outer_steps(Arrays start, std::span<const std::vector<Arrays>> rounds, const OuterStep& step) {
  std::map<std::string, std::vector<double>> velocity;
  for (const std::vector<Arrays>& parties : rounds) {
    const Arrays mean = mean_of(parties);
    for (auto& [name, array] : start) {
      const std::vector<float> reached = as_f32(mean.at(name));
      std::vector<float> values = as_f32(array);
      auto& own = velocity[name];
      own.resize(values.size());
      for (size_t i = 0; i < values.size(); ++i) {
        const double gradient = static_cast<double>(values[i]) - static_cast<double>(reached[i]);
        own[i] = step.momentum * own[i] + gradient;
        // start - rate * (gradient + momentum * velocity), counted from the mean: a rate of 1 alone is the mean in bits
        values[i] = static_cast<float>(static_cast<double>(reached[i]) + (1 - step.learning_rate) * gradient -
                                       step.learning_rate * step.momentum * own[i]);
      }
      array = make_f32(array.shape, values.data());
    }
  }
  return start;
}

void stitch(std::span<const Arrays> parents, Arrays& weights, std::optional<double> scaling,
            std::span<const double> shares) {
  using namespace stitch_detail;
  check(!parents.empty(), "weights are stitched from something");
  check(shares.empty() || !scaling, "a mean by shares or a scaled sum, not both");
  const std::vector<double> by = relative(shares, parents.size());
  for (auto& [name, array] : weights) {
    const auto found = parents[0].find(name);
    if (found == parents[0].end()) continue;
    std::vector<int64_t> stacked = found->second.shape;
    stacked.insert(stacked.begin(), std::ssize(parents));
    if (array.shape == found->second.shape)
      array = scaling ? moved_array(parents, name, *scaling) : mean_array(parents, name, by);
    else if (array.shape == stacked)
      array = side_by_side(parents, name, stacked);
    else
      fail("'" + name + "' fits neither one parent nor all of them side by side");
  }
}

}  // namespace loom
