// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>

#include "harness/json.h"

namespace loom {

// What a job does, in a few words for a line of progress: "train digits4, specialists router cold, 8 networks".
class JobWords {
 public:
  explicit JobWords(const Json& plan);
  std::string of(const std::string& kind, std::span<const std::string> ids) const;  // train: members; assemble: trials

 private:
  std::map<std::string, std::string> row_of_;  // "suite, arm" of a trial, or of the first that uses a member
};

}  // namespace loom
