// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/facts.h"

namespace loom {

// What `loom show KEY` prints: type, default, range, choices and meaning, as aligned text that ends with a line feed.
// KEY is `config`, a section (train), a key (batch, train.batch), a kind (combiner), a component (router, combiner
// router) or a setting of one (router.mode, combiner router mode). A key with several meanings prints them all.
// InputError naming the nearest when there is none.
std::string describe(const FactSheet& facts, std::string_view key);

std::vector<std::string> described_keys(
    const FactSheet& facts);  // sorted, sections' fields as both batch and train.batch

}  // namespace loom
