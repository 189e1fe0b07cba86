// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loom {

inline constexpr const char* kVersion = "0.1.0";
extern const char* const kBuildCode;  // `build` of digests.json when this program was built

}  // namespace loom
