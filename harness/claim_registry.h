// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "harness/claim.h"
#include "harness/json.h"

namespace loom {

// A claim as it stood when a run first saw it: claims/<hash>.json of a results folder.
struct Registration {
  Claim claim;
  int64_t records = 0;  // trials recorded in the folder by then; 0: stated before anything was known
  std::string time;     // UTC, 2026-01-31T12:00:00Z
};

// Registers what is not registered yet and never overwrites. Every file is durable when this returns; called before the
// first trial starts, under the folder's lock. `code`: digests of the build, kept for the reader.
void register_claims(std::span<const Claim> claims, const std::filesystem::path& results, const Json& code);

// By hash; empty where there are none. InputError where a file is not what loom wrote.
std::map<std::string, Registration> registrations(const std::filesystem::path& results);

}  // namespace loom
