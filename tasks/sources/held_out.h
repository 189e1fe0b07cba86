// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/suite.h"

namespace loom::sources {

// alone: the test is of the held-out domain only, and asks for its labels. beside: it holds the other domains' items
// too, and asks whether the model knows which it was not trained on; nobody asks for the held-out items' labels, which
// may be of classes that nobody learned, and they are 0.
enum class HeldOutTest { alone, beside };

// Takes the domain `name` out of the train side, and where it is alone everything else out of the test; it becomes the
// last domain (Suite::Description::held_out). InputError: no such domain (with the nearest), one with inputs of its
// own, or a suite whose test is of held-out domains already.
void hold_out(const std::string& name, HeldOutTest kind, Suite::Description& description, Items& train_side,
              Items& test);

// The items at `keep`, in that order.
Items selected(const Items& items, const std::vector<int64_t>& keep);

}  // namespace loom::sources
