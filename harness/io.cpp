// SPDX-License-Identifier: Apache-2.0
#include "harness/io.h"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "harness/error.h"
#include "harness/system_calls.h"
#include "harness/temporary.h"

namespace loom {
namespace io_detail {
namespace {

constexpr size_t kMaxFileBytes = size_t{16} << 30;  // a sparse file of 1 TB must not take the memory

}  // namespace
}  // namespace io_detail

std::string read_file(const std::filesystem::path& file) {
  std::string bytes;
  if (const int error = system_calls::read(file, 0, io_detail::kMaxFileBytes, bytes); error != 0) {
    system_calls::refuse("read", file, error);
  }
  return bytes;
}

void make_folders(const std::filesystem::path& folder) {
  using temporary::folder_of;
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return;
  const std::filesystem::path parent = folder.has_filename() ? folder_of(folder) : folder_of(folder.parent_path());
  if (parent != folder) make_folders(parent);
  const int failed = system_calls::make_folder(folder);
  if (failed == 0) return system_calls::sync_folder(parent, parent);
  if (failed == EEXIST && std::filesystem::is_directory(folder, error)) return;  // another process was quicker
  system_calls::refuse("make folder", folder, failed == EEXIST ? ENOTDIR : failed);
}

void write_file_atomic(const std::filesystem::path& file, std::string_view bytes) {
  temporary::Temporary draft(file);
  temporary::write_new_file(draft.path(), bytes, file);
  if (const int error = system_calls::rename(draft.path(), file); error != 0) {
    system_calls::refuse("write", file, error);
  }
  draft.renamed();
  system_calls::sync_folder(temporary::folder_of(file), file);
}

void append_line(const std::filesystem::path& file, std::string_view line) {
  check(line.find('\n') == line.npos, "a line holds a line break");
  system_calls::File out(file, O_RDWR | O_CREAT | O_APPEND, file);
  // One write is one line. The lock is for what breaks that: a short write, or a torn end left by a full disk.
  int locked = 0;
  while ((locked = ::flock(out.descriptor(), LOCK_EX)) != 0 && errno == EINTR) continue;
  const off_t end = ::lseek(out.descriptor(), 0, SEEK_END);
  char last = '\n';
  const bool torn = end > 0 && ::pread(out.descriptor(), &last, 1, end - 1) == 1 && last != '\n';
  try {
    out.write((torn ? "\n" : "") + std::string(line) + "\n");
  } catch (const EnvironmentError&) {
    // Take the beginning of the line back; where that fails too, the next append closes it.
    [[maybe_unused]] const bool undone = locked == 0 && end >= 0 && ::ftruncate(out.descriptor(), end) == 0;
    throw;
  }
  out.close();
}

bool safe_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 128 || !plain(name[0]) || name.find("..") != name.npos) return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-") == name.npos;
}

}  // namespace loom
