// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace loom {

// The folder of the embedded data: $LOOM_TASK_DATA, else tasks/data of the source tree, else ../../tasks/data seen from
// the running program. EnvironmentError when none is there.
std::filesystem::path data_root();

}  // namespace loom
