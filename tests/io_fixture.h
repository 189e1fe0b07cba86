// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/io.h"

// What the tests of harness/io.h share.
namespace loom::io_fixture {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

inline const Files kFiles = {{"record.json", "{}"}, {"weights.safetensors", std::string(5000, 'w')}};

// An empty folder of its own per test, in memory where the machine has such a place: the tests sync a lot.
class Folder {
 public:
  Folder() {
    const fs::path base = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string pattern = (base / "loom_io_test_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    inject_fault({});
    fs::remove_all(path_);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline bool has_temporary(const fs::path& root) {
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename().string().starts_with(".tmp-")) return true;
  }
  return false;
}

// Runs `body` in so many child processes at once and counts those that did not end well.
template <class Body>
int failures_of_processes(int count, Body body) {
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        body(i);
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  int failures = 0;
  for (const pid_t child : children) {
    int status = 0;
    failures += ::waitpid(child, &status, 0) != child || status != 0;
  }
  return failures;
}

inline void check_whole(const fs::path& artefact) {
  REQUIRE(artefact_complete(artefact));
  for (const auto& [name, bytes] : kFiles) CHECK(read_artefact(artefact, name) == bytes);
}

}  // namespace loom::io_fixture
