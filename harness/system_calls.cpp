// SPDX-License-Identifier: Apache-2.0
#include "harness/system_calls.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <system_error>
#include <utility>

#include "harness/error.h"
#include "harness/io.h"

namespace loom {
namespace system_calls {
namespace {

// The one piece of process-wide state: tests set it, every counted call asks it.
struct FaultPoint {
  std::mutex mutex;
  IoFault fault;
  int calls = 0;
};

FaultPoint& fault_point() {
  static FaultPoint point;
  return point;
}

enum class Verdict { pass, error, short_write };

// Counts one call and says whether it must fail; then errno is set.
Verdict next_call() {
  FaultPoint& point = fault_point();
  const std::lock_guard lock(point.mutex);
  ++point.calls;
  const IoFault& fault = point.fault;
  if (fault.fail_at == 0 || point.calls < fault.fail_at) return Verdict::pass;
  if (fault.once && point.calls > fault.fail_at) return Verdict::pass;
  if (fault.error == 0) return Verdict::short_write;
  errno = fault.error;
  return Verdict::error;
}

// Runs a call under the counter until it is not interrupted. `call` returns -1 and sets errno on failure.
template <class Call>
auto counted(Call call) -> decltype(call()) {
  while (true) {
    const auto result = next_call() == Verdict::error ? -1 : call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

std::string printable(const Path& path) {
  std::string text = path.string();
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; }, '?');
  return text;
}

const char* next_step(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, then run the same command again";
    case EIO:
      return "the disk reports a fault: check it, then run the same command again";
    case EACCES:
    case EPERM:
    case EROFS:
      return "check the permissions or choose another folder, then run the same command again";
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return "check the path, then run the same command again";
    case EFBIG:
      return "the file is larger than is allowed here (see also ulimit -f)";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n), then run the same command again";
    default:
      return "when that is mended, run the same command again";
  }
}

}  // namespace

void refuse(std::string_view action, const Path& path, int error) {
  throw EnvironmentError("cannot " + std::string(action) + " " + printable(path) + ": " +
                         std::generic_category().message(error) + "; " + next_step(error));
}

File::File(const Path& path, int flags, const Path& shown_as) : shown_as_(shown_as) {
  descriptor_ = counted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
  if (descriptor_ < 0) refuse("write", shown_as_, errno);
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const Verdict verdict = next_call();
    const size_t size_bytes = verdict == Verdict::short_write ? 1 : bytes.size();
    const ssize_t written = verdict == Verdict::error ? -1 : ::write(descriptor_, bytes.data(), size_bytes);
    if (written < 0 && errno != EINTR) refuse("write", shown_as_, errno);
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void File::sync() {
  if (counted([&] { return ::fsync(descriptor_); }) != 0) refuse("write", shown_as_, errno);
}

void File::close() {
  // Linux releases the descriptor even when close fails, so it is never tried twice.
  const int descriptor = std::exchange(descriptor_, -1);
  const bool injected = next_call() == Verdict::error;
  const int injected_error = errno;
  const int error = ::close(descriptor) == 0 ? 0 : errno;
  if (injected && injected_error != EINTR) refuse("write", shown_as_, injected_error);
  if (error != 0 && error != EINTR) refuse("write", shown_as_, error);
}

void sync_folder(const Path& folder, const Path& shown_as) {
  File file(folder, O_RDONLY | O_DIRECTORY, shown_as);
  // Some file systems have no fsync for folders and say EINVAL: nothing is lost that they could have kept.
  if (counted([&] { return ::fsync(file.descriptor()); }) != 0 && errno != EINVAL) refuse("write", shown_as, errno);
}

int make_folder(const Path& folder) {
  return counted([&] { return ::mkdir(folder.c_str(), 0777); }) == 0 ? 0 : errno;
}

int rename(const Path& from, const Path& to) {
  return counted([&] { return std::rename(from.c_str(), to.c_str()); }) == 0 ? 0 : errno;
}

int remove(const Path& path, bool folder) {
  return counted([&] { return folder ? ::rmdir(path.c_str()) : ::unlink(path.c_str()); }) == 0 ? 0 : errno;
}

int read(const Path& file, int extra_flags, size_t limit_bytes, std::string& bytes) {
  // O_NONBLOCK: opening a FIFO must not hang.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | extra_flags);
  if (descriptor < 0) return errno;
  struct stat status {};
  int error = ::fstat(descriptor, &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
  if (error == 0 && !S_ISREG(status.st_mode)) error = EINVAL;
  std::array<char, 1 << 16> buffer;
  bytes.clear();
  if (error == 0 && static_cast<size_t>(status.st_size) > limit_bytes) error = EFBIG;
  if (error == 0) bytes.reserve(static_cast<size_t>(status.st_size) + 1);
  while (error == 0) {  // not to the size alone: files of /proc say 0
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got == 0) break;
    if (got > 0) bytes.append(buffer.data(), static_cast<size_t>(got));
    if (got < 0 && errno != EINTR) error = errno;
    if (bytes.size() > limit_bytes) error = EFBIG;
  }
  ::close(descriptor);
  return error;
}

}  // namespace system_calls

void inject_fault(const IoFault& fault) {
  system_calls::FaultPoint& point = system_calls::fault_point();
  const std::lock_guard lock(point.mutex);
  point.fault = fault;
  point.calls = 0;
}

int io_calls() {
  system_calls::FaultPoint& point = system_calls::fault_point();
  const std::lock_guard lock(point.mutex);
  return point.calls;
}

}  // namespace loom
