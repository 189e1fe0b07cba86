// SPDX-License-Identifier: Apache-2.0
#include "harness/error.h"

namespace loom {

void check(bool condition, std::string_view what) {
  if (!condition) fail(what);
}

void fail(std::string_view what) {
  throw std::logic_error("internal error: " + std::string(what) +
                         " (this is a mistake in loom, not yours: please report it with the command and the config)");
}

}  // namespace loom
