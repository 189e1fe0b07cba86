// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/suite.h"

namespace loom::sources {

// Takes the domain `name` out of the train side and everything else out of the test; it becomes the last domain
// (Suite::Description::held_out). InputError: no such domain (with the nearest), one with inputs of its
// own, or a suite whose test is of held-out domains already.
void hold_out(const std::string& name, Suite::Description& description, Items& train_side, Items& test);

// The items at `keep`, in that order.
Items selected(const Items& items, const std::vector<int64_t>& keep);

}  // namespace loom::sources
