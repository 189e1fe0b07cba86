// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/architecture.h"

namespace loom {

// A suite's config with the sizes of every backbone settled by its file or the task. An arm that cannot run on the
// suite is left as it is: its row says why. InputError where options, file and task do not fit.
Json settled(Json suite_config, const TaskShape& shape);

bool has_given_weights(const Json& component);  // its backbone starts from a file, which fixes its size

// Why such an arm cannot start from its file: a layer of experts has no weights there.
std::optional<std::string> weights_missing(const Json& component, const TaskShape& shape);

}  // namespace loom
