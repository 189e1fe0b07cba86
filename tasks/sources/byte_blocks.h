// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/suite.h"

namespace loom::sources {

// A file as whole blocks of 16 KiB, numbered from its start; what is left over is dropped. Block i belongs to the test
// when i % 10 is 9, so that what a small sample shows of a long file it shows of both sides.
class ByteBlocks {
 public:
  struct Place {
    int32_t domain = 0, first_group = 0;
  };
  explicit ByteBlocks(const std::filesystem::path& file);

  // Windows of `kib` KiB of blocks at even distances through the train side. A block is a group. Returns the first
  // group not in use. InputError where `kib` is no whole number of blocks, and with the sizes when the file is too
  // short.
  int32_t append_train(int64_t kib, Place place, Items& items) const;
  // Windows of `kib` pieces of 1 KiB at even distances through the blocks of the test; a block is a group.
  int32_t append_test(int64_t kib, Place place, Items& items) const;

 private:
  void refuse_short(int64_t kib, int64_t blocks, const char* side) const;

  std::filesystem::path file_;
  std::string bytes_;
};

Items empty_windows(int64_t window);

// Test windows whose second half is the second half of a window of another domain: window k of domain d meets window k
// (counted around) of domain (d + 1 + k % (domains - 1)) % domains, so that all ordered pairs occur equally often.
// Domain and group stay those of the first half. Every domain has a window; two domains at least.
Items splice(const Items& windows, int32_t domains);

}  // namespace loom::sources
