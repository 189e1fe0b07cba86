// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/train.h"

namespace loom {

// For each parameter of a stack a mask of its shape, true where it stays as it is; undefined: all of it is trained.
// Empty: everything is.
std::vector<at::Tensor> frozen_parts(const Network& network, Trains trains);
// By the masks, indices of the parameters of which anything is trained. The others get no gradient: it is not computed.
std::vector<size_t> learned_parts(const Network& network, const std::vector<at::Tensor>& frozen);

}  // namespace loom
