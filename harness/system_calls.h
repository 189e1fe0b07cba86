// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

// The system calls below harness/io.h, counted for inject_fault and turned into EnvironmentError. For io sources only.
namespace loom::system_calls {

using Path = std::filesystem::path;

// EnvironmentError: "cannot <action> <path>: <reason of errno>; <what to do next>".
[[noreturn]] void refuse(std::string_view action, const Path& path, int error);

// An open descriptor. close() reports late write errors; the destructor is for the ways out that already failed.
class File {
 public:
  File(const Path& path, int flags, const Path& shown_as);  // EnvironmentError names `shown_as`
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();
  void write(std::string_view bytes);  // all of them; short writes and EINTR are continued
  void sync();
  void close();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  Path shown_as_;
};

void sync_folder(const Path& folder, const Path& shown_as);
// These return errno, 0 on success.
int make_folder(const Path& folder);
int rename(const Path& from, const Path& to);
int remove(const Path& path, bool folder);

// Bytes of a regular file. extra_flags: O_NOFOLLOW or 0. Returns errno (EINVAL: not a regular file, EFBIG: longer than
// the limit), 0 on success.
int read(const Path& file, int extra_flags, size_t limit_bytes, std::string& bytes);

}  // namespace loom::system_calls
