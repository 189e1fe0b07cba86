// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace loom {

struct Damage {
  std::string row;   // "digits4 serving dense seed 0", or what else the file belongs to
  std::string what;  // file and reason
};

struct Verification {
  int artefacts = 0, files = 0, records = 0;  // looked at and found whole, but for `damage`
  int absent = 0;  // models and outcomes that a manifest names and that are not here: shared results leave them out
  int open = 0;    // planned trials without an artefact
  std::vector<Damage> damage;  // in the order of the plan's rows
};

// R0: every artefact of results/<name> against its manifest (size, SHA-256), every record against its own digest, every
// layout against its name, and the members of the plan below .members beside it, where they are here. Trains nothing.
Verification verify_artefacts(const std::filesystem::path& folder);

}  // namespace loom
