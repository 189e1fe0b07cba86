// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace loom::temporary {

// The folder a path stands in; "." for a bare name.
std::filesystem::path folder_of(const std::filesystem::path& path);

// A name beside `target`, .tmp-<name>-<pid>-<random>.<machine>, for a file or folder that is made there. What stands
// under it is removed on every way out, unless it was renamed. collect_garbage removes what a killed process leaves.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& target);
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary();
  const std::filesystem::path& path() const { return path_; }
  void renamed() { renamed_ = true; }

 private:
  std::filesystem::path path_;
  bool renamed_ = false;
};

// Writes and fsyncs a file that must not exist yet; errors name `shown_as`.
void write_new_file(const std::filesystem::path& file, std::string_view bytes, const std::filesystem::path& shown_as);

}  // namespace loom::temporary
