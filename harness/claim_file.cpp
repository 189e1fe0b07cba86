// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "harness/error.h"
#include "harness/io.h"

namespace loom {
namespace claim_file_detail {

std::string host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

// Whether the claim's process is gone. One of another host is taken to be alive.
bool abandoned(const std::string& text) {
  std::istringstream words(text);
  std::string owner;
  pid_t pid = 0;
  words >> owner >> pid;
  return pid <= 0 || (owner == host() && kill(pid, 0) != 0 && errno == ESRCH);
}

}  // namespace claim_file_detail

ClaimFile::ClaimFile(std::filesystem::path file) : file_(std::move(file)) {
  using namespace claim_file_detail;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const int descriptor = open(file_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (descriptor >= 0) {
      const std::string text = host() + " " + std::to_string(getpid()) + "\n";
      const bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
      close(descriptor);
      if (!written) throw EnvironmentError(file_.string() + ": cannot be written: " + std::strerror(errno));
      return;
    }
    if (errno != EEXIST)
      throw EnvironmentError(file_.string() + ": cannot be created: " + std::strerror(errno) +
                             "; choose a writable folder with LOOM_RESULTS");
    const std::string holder = read_file(file_);
    if (!abandoned(holder))
      throw InputError(file_.parent_path().string() + " is in use by process " + holder.substr(0, holder.find('\n')) +
                       "; wait for it, or remove " + file_.string() + " when it is gone");
    unlink(file_.c_str());
  }
  throw InputError(file_.string() + ": another process took it over first");
}

ClaimFile::~ClaimFile() { unlink(file_.c_str()); }

}  // namespace loom
