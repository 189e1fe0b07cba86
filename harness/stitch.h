// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/safetensors.h"

namespace loom {

// The mean of networks' weights: the same names and shapes in all, summed in double, rounded once to f32. `shares`, one
// for each, weigh them in proportion, whatever their sum; equal ones, like none, give the plain mean in bits.
Arrays mean_of(std::span<const Arrays> networks, std::span<const double> shares = {});

// What an outer optimiser leaves of `start` after rounds, in each of which parties trained apart from where the one
// before had left off: SGD with Nesterov momentum on start - mean of the parties (DiLoCo, Douillard et al. 2023). A
// rate of 1 without momentum is the mean of the last round.
struct OuterStep {
  double learning_rate = 1, momentum = 0;
};
Arrays outer_steps(Arrays start, std::span<const std::vector<Arrays>> rounds, const OuterStep& step);

// Overwrites a network's fresh weights with those of several trained ones. An array of the parents' shape becomes their
// mean; one with a leading axis more, as long as there are parents, gets parent e's array as its slice e (Sukhbaatar et
// al. 2024: the experts of a stitched mixture). A parent may be listed several times (Komatsuzaki et al. 2023, sparse
// upcycling). Arrays that parents do not have, such as a gate, keep their own start. Any other shape is a fault.
// With a scaling the first parent is a base, and in place of the mean stands base + scaling * the sum of what the
// others differ from it (Ilharco et al. 2023, task arithmetic). With shares the mean is weighted as in mean_of (McMahan
// et al. 2017: n_k / n); they do not go with a scaling.
void stitch(std::span<const Arrays> parents, Arrays& weights, std::optional<double> scaling = {},
            std::span<const double> shares = {});

}  // namespace loom
