// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "harness/error.h"

namespace loom {
namespace claim_file_detail {

namespace fs = std::filesystem;

std::string host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::string holder(int descriptor) {
  char text[320] = {};
  const ssize_t got = pread(descriptor, text, sizeof text - 1, 0);
  const std::string line(text, static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return line.substr(0, line.find('\n'));
}

// A holder takes the file away before it lets go of the lock, so a lock may be won on a file that is no longer there.
bool still_there(int descriptor, const fs::path& file) {
  struct stat opened {
  }, named{};
  return fstat(descriptor, &opened) == 0 && stat(file.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

bool write_holder(int descriptor) {
  const std::string text = host() + " " + std::to_string(getpid()) + "\n";
  return ftruncate(descriptor, 0) == 0 &&
         pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

[[noreturn]] void refuse(const fs::path& file, const std::string& who) {
  throw InputError(file.parent_path().string() + " is in use by " +
                   (who.empty() ? "another process" : "process " + who) + "; wait for it, or remove " + file.string() +
                   " when it is gone");
}

[[noreturn]] void unfit(const fs::path& file, int error) {
  throw EnvironmentError(file.string() + ": cannot be claimed: " + std::strerror(error) +
                         "; choose another folder with LOOM_RESULTS");
}

}  // namespace claim_file_detail

ClaimFile::ClaimFile(std::filesystem::path file) : file_(std::move(file)) {
  using namespace claim_file_detail;
  for (;;) {
    const int descriptor = open(file_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0) unfit(file_, errno);
    const bool locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    const int error = locked ? 0 : errno;
    const std::string who = holder(descriptor);
    if (locked && !still_there(descriptor, file_)) {
      close(descriptor);
      continue;
    }
    // Locks need not reach other hosts of a shared folder: what one of them left stands until a person removes it.
    const bool elsewhere = !who.empty() && who.substr(0, who.find(' ')) != host();
    if (locked && !elsewhere && write_holder(descriptor)) {
      descriptor_ = descriptor;
      return;
    }
    const int reason = locked ? errno : error;
    if (locked && !elsewhere) unlink(file_.c_str());  // a full disk: leave nothing half written
    close(descriptor);
    if (elsewhere || error == EWOULDBLOCK) refuse(file_, who);
    unfit(file_, reason);
  }
}

ClaimFile::~ClaimFile() {
  unlink(file_.c_str());
  close(descriptor_);
}

}  // namespace loom
