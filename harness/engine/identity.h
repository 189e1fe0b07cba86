// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

// What this build is: code digests by component (digests.json beside the executable) and LibTorch's version.
struct BuildIdentity {
  Json digests;
  std::string torch_version;
};
const BuildIdentity& build_identity();

// Whether the sources that decide a component's bits are the same shows in its ids; a commit elsewhere keeps the cache.
// `body` holds everything else that decides the bits; of a file the digest, not the path. 16 hexadecimal digits of
// SHA-256.
std::string content_id(Json body, const std::vector<std::string>& components);

}  // namespace loom
