// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace loom {

// Whether the planted-effect checks were passed by the very statistics code of this build: calibration.json of
// reference/calibration, beside `results` or in the source tree, says ok and names the digest that digests.json has.
// scripts/calibrate writes it; LOOM_CALIBRATION names another folder that holds it.
bool calibrated(const std::filesystem::path& results);

}  // namespace loom
