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
  int64_t records = 0;                    // trials recorded in the folder by then; 0: stated before anything was known
  std::string time;                       // UTC, 2026-01-31T12:00:00Z
  std::string terms = {};                 // claim_terms() of then; empty where an older loom registered it, as the next
  std::map<std::string, int> seeds = {};  // planned then, by suite
  int cells = 0;                          // suite x column; a searched suite counts as one
};

// Registers what is not registered yet and never overwrites what was registered before the first record, save that
// while there is still none the experiment may change. Every file is durable when this returns; called before the first
// trial starts, under the folder's lock. `code`: digests of the build, kept for the reader. `experiment`: resolved.
void register_claims(std::span<const Claim> claims, const std::filesystem::path& results, const Json& code,
                     const Json& experiment);

// Digest of what decides a claim's verdict beside the claim and the seeds: of the resolved experiment the claim's
// suites and columns, its arms (all of them where a side is a family) and the statistics; margins where the claim has
// none.
std::string claim_terms(const Claim& claim, const Json& experiment);

// Why a claim that was stated in time is exploratory nevertheless: the experiment around it was changed, or has other
// seeds than were planned. Empty where it stands.
std::string deviation(const Registration& registration, const Json& experiment);

// By hash; empty where there are none. InputError where a file is not what loom wrote.
std::map<std::string, Registration> registrations(const std::filesystem::path& results);

}  // namespace loom
