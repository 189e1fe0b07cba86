// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "harness/suite.h"

namespace loom::sources {

// Loads the suite that the suite `wrapper` changes. InputError where it has nothing to change: it is planted, or the
// wrapper itself.
Suite load_inner(const Json& component, std::string_view wrapper);

}  // namespace loom::sources
