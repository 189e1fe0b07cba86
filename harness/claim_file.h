// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace loom {

// Exclusive right to write into one results folder, held by one process of one host. The file names the holder; a lock
// on it, which the kernel drops with the process, is the claim itself. What a dead process left is taken over.
class ClaimFile {
 public:
  explicit ClaimFile(std::filesystem::path file);  // InputError when another living process holds it
  ~ClaimFile();
  ClaimFile(const ClaimFile&) = delete;
  ClaimFile& operator=(const ClaimFile&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace loom
