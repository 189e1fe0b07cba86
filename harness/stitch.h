// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "harness/safetensors.h"

namespace loom {

// The mean of networks' weights: the same names and shapes in all, summed in double, rounded once to f32.
Arrays mean_of(std::span<const Arrays> networks);

// Overwrites a network's fresh weights with those of several trained ones. An array of the parents' shape becomes their
// mean; one with a leading axis more, as long as there are parents, gets parent e's array as its slice e (Sukhbaatar et
// al. 2024: the experts of a stitched mixture). A parent may be listed several times (Komatsuzaki et al. 2023, sparse
// upcycling). Arrays that parents do not have, such as a gate, keep their own start. Any other shape is a fault.
void stitch(std::span<const Arrays> parents, Arrays& weights);

}  // namespace loom
