// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite.h"

namespace loom::sources {

// A file of bytes in two sides, train and test, of which windows are taken at even distances, so that what a small
// sample shows of a long file it shows of both sides. Every tenth group is the test's (g % 10 == 9).
class ByteBlocks {
 public:
  struct Place {
    int32_t domain = 0, first_group = 0;
  };
  // Groups are the file's whole blocks of 16 KiB, numbered from its start; what is left over is dropped.
  explicit ByteBlocks(const std::filesystem::path& file);
  // Groups are those of its documents: each line of `documents` has the place behind one, ascending, a tab and its
  // group's number. A side has its documents one behind the other. InputError with the line that is anything else.
  ByteBlocks(const std::filesystem::path& file, const std::filesystem::path& documents);

  // Windows of `kib` KiB of blocks of 16 KiB at even distances through the train side; a window is of the group that
  // its first byte is of. Returns the first group not in use. InputError where `kib` is no whole number of blocks, and
  // with the sizes when the side is too short.
  int32_t append_train(int64_t kib, Place place, Items& items) const;
  // Windows of `kib` pieces of 1 KiB at even distances through the test's whole blocks.
  int32_t append_test(int64_t kib, Place place, Items& items) const;

 private:
  struct Run {
    int64_t begin = 0;  // in its side
    int32_t group = 0;
  };
  struct Half {
    std::string bytes;
    std::vector<Run> runs;
    std::string_view piece(int64_t begin, int64_t size) const;
    int32_t group_at(int64_t byte) const;
  };
  void deal(std::string_view bytes, int32_t group);
  void refuse_short(int64_t kib, const Half& half, const char* name) const;

  std::filesystem::path file_;
  Half train_, test_;
};

Items empty_windows(int64_t window);

// All windows of a text, one behind the other from its start; what is left over is dropped. `group_at` says the group
// of the window that begins there.
void append_windows(std::string_view text, int32_t domain, const std::function<int32_t(int64_t begin)>& group_at,
                    Items& items);

// Test windows whose second half is the second half of a window of another domain: window k of domain d meets window k
// (counted around) of domain (d + 1 + k % (domains - 1)) % domains, so that all ordered pairs occur equally often.
// Domain and group stay those of the first half. Every domain has a window; two domains at least.
Items splice(const Items& windows, int32_t domains);

}  // namespace loom::sources
