// SPDX-License-Identifier: Apache-2.0
#include "harness/evaluator.h"

#include "harness/error.h"

namespace loom {

const Items& Evaluator::open_test(std::string_view who) {
  check(!who.empty(), "the test of a suite is opened by a named reader only");
  openings_.emplace_back(who);
  return suite_.test_;
}

}  // namespace loom
