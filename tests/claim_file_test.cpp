// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>

#include "harness/error.h"
#include "harness/io.h"
#include "tests/support/result_fixture.h"

namespace loom::claim_file_test {
namespace {

namespace fs = std::filesystem;

std::string host() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string refusal(const fs::path& file) {
  try {
    const ClaimFile claim(file);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// A process that claims `file`, says so, and then waits to be killed.
class Holder {
 public:
  explicit Holder(const fs::path& file) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const ClaimFile claim(file);
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte = 0;
    ::close(ready[1]);
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
  }
  ~Holder() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

TEST_CASE("[claim] it names host and process while it stands and is gone afterwards") {
  const testing::ScratchFolder scratch;
  const fs::path file = scratch.path() / ".running";
  {
    const ClaimFile claim(file);
    CHECK(read_file(file) == host() + " " + std::to_string(::getpid()) + "\n");
  }
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("[claim] a second one is refused with the holder's name, and the first one stays") {
  const testing::ScratchFolder scratch;
  const fs::path file = scratch.path() / ".running";
  std::optional<ClaimFile> first(std::in_place, file);
  const std::string text = refusal(file);
  CHECK(text.find("in use by process " + host() + " " + std::to_string(::getpid())) != text.npos);
  CHECK(text.find(file.string()) != text.npos);
  CHECK(fs::exists(file));
  first.reset();
  CHECK(refusal(file).empty());
}

TEST_CASE("[claim] what another living process holds is refused until it dies") {
  const testing::ScratchFolder scratch;
  const fs::path file = scratch.path() / ".running";
  Holder holder(file);
  CHECK(refusal(file).find(std::to_string(holder.pid())) != std::string::npos);
  holder.kill();
  REQUIRE(fs::exists(file));
  CHECK(refusal(file).empty());
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("[claim] a file left here is taken over whatever it holds, even the id of a process that lives") {
  const testing::ScratchFolder scratch;
  const fs::path file = scratch.path() / ".running";
  for (const std::string& left : {std::string(), host() + " " + std::to_string(::getppid()) + "\n",
                                  host() + " 12" + std::string(500, '3') + "\n"}) {
    write_file_atomic(file, left);
    const ClaimFile claim(file);
    CHECK(read_file(file) == host() + " " + std::to_string(::getpid()) + "\n");
  }
}

TEST_CASE("[claim] a file of another host stands until a person removes it") {
  const testing::ScratchFolder scratch;
  const fs::path file = scratch.path() / ".running";
  write_file_atomic(file, "elsewhere.example 17\n");
  CHECK(refusal(file).find("elsewhere.example 17") != std::string::npos);
  CHECK(read_file(file) == "elsewhere.example 17\n");
}

TEST_CASE("[claim] of many processes at once exactly one gets a stale claim") {
  const testing::ScratchFolder scratch;
  const fs::path file = scratch.path() / ".running";
  constexpr int kProcesses = 8;
  write_file_atomic(file, host() + " 1\n");
  int go[2];
  REQUIRE(::pipe(go) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(go[1]);
      char byte = 0;
      if (::read(go[0], &byte, 1) != 0) ::_exit(3);  // all start when the pipe closes
      try {
        const ClaimFile claim(file);
        append_line(scratch.path() / "won", "x");
        while (!fs::exists(scratch.path() / "over")) ::usleep(1000);
      } catch (const InputError&) {
        append_line(scratch.path() / "lost", "x");
      }
      ::_exit(0);
    }
    children.push_back(pid);
  }
  ::close(go[0]);
  ::close(go[1]);
  const auto lines = [&](const char* name) {
    return fs::exists(scratch.path() / name) ? std::ssize(read_file(scratch.path() / name)) / 2 : 0;
  };
  while (lines("won") + lines("lost") < kProcesses) ::usleep(1000);
  write_file_atomic(scratch.path() / "over", "");
  for (const pid_t pid : children) ::waitpid(pid, nullptr, 0);
  CHECK(lines("won") == 1);
  CHECK(lines("lost") == kProcesses - 1);
}

TEST_CASE("[claim] processes that come and go never hold it together") {
  const testing::ScratchFolder scratch;
  const fs::path file = scratch.path() / ".running", inside = scratch.path() / "inside";
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int turn = 0; turn < 10000; ++turn) try {
          const ClaimFile claim(file);
          if (::mkdir(inside.c_str(), 0700) != 0) ::_exit(1);  // somebody else is in
          ::rmdir(inside.c_str());
        } catch (const InputError&) {
        }
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    CHECK(status == 0);
  }
}

TEST_CASE("[claim] a folder that is not there is the machine's fault, with the way out") {
  const testing::ScratchFolder scratch;
  CHECK_THROWS_WITH_AS(ClaimFile(scratch.path() / "missing" / ".running"), doctest::Contains("LOOM_RESULTS"),
                       EnvironmentError);
}

}  // namespace
}  // namespace loom::claim_file_test
