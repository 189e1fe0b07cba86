// SPDX-License-Identifier: Apache-2.0
// What architectures with sparse experts share: their settings and the slots that these name.
#pragma once

#include <optional>
#include <string>

#include "harness/engine/architecture.h"

namespace loom::architectures::sparse {

Field experts_field(const char* doc);
Field top_k_field();
Field balance_field();

// The layer of a mixture of so many experts, by the settings of `options`; what is off is left out, so that a network
// without it keeps its id.
Json layer(const Json& options, int64_t experts);
std::optional<std::string> reject(const Json& options, int64_t experts);  // more choices than experts

}  // namespace loom::architectures::sparse
