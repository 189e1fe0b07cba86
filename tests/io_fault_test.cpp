// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <vector>

#include "harness/error.h"
#include "harness/io.h"
#include "tests/io_fixture.h"

namespace loom {
namespace io_fault_test {
namespace {

using namespace io_fixture;

struct Attempt {
  bool threw = false, reached = false;  // reached: the fault was really injected
  std::string message;
};

template <class Body>
Attempt attempt(const IoFault& fault, Body body) {
  Attempt result;
  inject_fault(fault);
  try {
    body();
  } catch (const EnvironmentError& error) {
    result.threw = true;
    result.message = error.what();
  }
  result.reached = io_calls() >= fault.fail_at;
  inject_fault({});
  return result;
}

void check_message(const Attempt& result, const fs::path& root, int error) {
  if (!result.threw) return;
  CHECK(result.message.find(root.string()) != std::string::npos);
  CHECK(result.message.find(std::generic_category().message(error)) != std::string::npos);
  CHECK(result.message.find("run the same command again") != std::string::npos);
  CHECK(result.message.find(".tmp-") == std::string::npos);
  CHECK(result.message.find('\n') == std::string::npos);
}

// SQLite's loop: the n-th call fails, for n = 1, 2, 3 ... until a run needs fewer calls. `body(fault)` does one run and
// says whether the fault was reached.
template <class Body>
int for_every_fault(Body body) {
  int runs = 0;
  for (const int error : {ENOSPC, EIO, EDQUOT}) {
    for (const bool once : {true, false}) {
      int fail_at = 1;
      while (body(IoFault{fail_at, error, once})) ++fail_at;
      runs += fail_at;
    }
  }
  return runs;
}

TEST_CASE("[io] a failing call leaves the artefact absent or complete, and trying again works") {
  const int runs = for_every_fault([](const IoFault& fault) {
    CAPTURE(fault.fail_at);
    CAPTURE(fault.error);
    CAPTURE(fault.once);
    const Folder root;
    const fs::path artefact = root / "trials" / "a1";
    const Attempt result = attempt(fault, [&] { commit_artefact(artefact, kFiles); });
    CHECK(result.threw == result.reached);
    check_message(result, root.path(), fault.error);
    CHECK(artefact_complete(artefact) == fs::exists(artefact));
    if (fault.once) CHECK_FALSE(has_temporary(root.path()));
    commit_artefact(artefact, kFiles);
    check_whole(artefact);
    return result.reached;
  });
  CHECK(runs > 6 * 20);  // folder, files and manifest, each made, written and synced
}

TEST_CASE("[io] a leftover without a manifest is replaced, whichever call fails first") {
  for_every_fault([](const IoFault& fault) {
    CAPTURE(fault.fail_at);
    CAPTURE(fault.once);
    const Folder root;
    const fs::path artefact = root / "a1";
    fs::create_directories(artefact / "inner");
    write_file_atomic(artefact / "weights.safetensors", "half");
    const Attempt result = attempt(fault, [&] { commit_artefact(artefact, kFiles); });
    CHECK((result.threw || artefact_complete(artefact)));
    if (artefact_complete(artefact)) CHECK_FALSE(fs::exists(artefact / "inner"));
    if (fault.once) CHECK_FALSE(has_temporary(root.path()));
    commit_artefact(artefact, kFiles);
    check_whole(artefact);
    return result.reached;
  });
}

TEST_CASE("[io] a file replaced atomically is old or new after every failing call") {
  for_every_fault([](const IoFault& fault) {
    CAPTURE(fault.fail_at);
    const Folder root;
    const fs::path file = root / "lock.yaml";
    write_file_atomic(file, "old");
    const Attempt result = attempt(fault, [&] { write_file_atomic(file, "newer"); });
    CHECK(result.threw == result.reached);
    check_message(result, root.path(), fault.error);
    const std::string bytes = read_file(file);
    CHECK((bytes == "newer" || (result.threw && bytes == "old")));
    if (fault.once) CHECK_FALSE(has_temporary(root.path()));
    write_file_atomic(file, "newer");
    CHECK(read_file(file) == "newer");
    return result.reached;
  });
}

TEST_CASE("[io] a line that could not be appended leaves the others alone") {
  for_every_fault([](const IoFault& fault) {
    const Folder root;
    append_line(root / "index.jsonl", "first");
    const Attempt result = attempt(fault, [&] { append_line(root / "index.jsonl", "second"); });
    CHECK(result.threw == result.reached);
    const std::string bytes = read_file(root / "index.jsonl");
    CHECK((bytes == "first\nsecond\n" || (result.threw && bytes == "first\n")));
    return result.reached;
  });
}

TEST_CASE("[io] interrupted calls and short writes are continued, not reported") {
  for (int fail_at = 1;; ++fail_at) {
    const Folder root;
    const Attempt result = attempt({fail_at, EINTR, true}, [&] { commit_artefact(root / "a1", kFiles); });
    CHECK_FALSE(result.threw);
    check_whole(root / "a1");
    if (!result.reached) break;
  }
  const Folder root;
  const Attempt result = attempt({1, 0, false}, [&] {
    commit_artefact(root / "a1", kFiles);
    append_line(root / "lines", "a line");
  });
  CHECK_FALSE(result.threw);
  check_whole(root / "a1");
  CHECK(read_file(root / "lines") == "a line\n");
}

TEST_CASE("[io] a file size limit is an error in words and takes the begun line back") {
  const Folder root;
  append_line(root / "lines", "0123456789");
  const int failures = failures_of_processes(1, [&](int) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{16, 16};
    check(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "limit");
    try {
      append_line(root / "lines", "0123456789");
    } catch (const EnvironmentError& error) {
      return check(std::string(error.what()).find("File too large") != std::string::npos, "words");
    }
    fail("not refused");
  });
  CHECK(failures == 0);
  CHECK(read_file(root / "lines") == "0123456789\n");
}

TEST_CASE("[io] eight processes that commit the same artefact leave one complete result") {
  for (const bool leftover : {false, true}) {
    const Folder root;
    const fs::path artefact = root / "trials" / "a1";
    if (leftover) {
      fs::create_directories(artefact);
      write_file_atomic(artefact / "record.json", "half");
    }
    CHECK(failures_of_processes(8, [&](int) { commit_artefact(artefact, kFiles); }) == 0);
    check_whole(artefact);
    CHECK_FALSE(has_temporary(root.path()));
    CHECK(std::distance(fs::directory_iterator(artefact), {}) == 3);
  }
}

void check_lines(const fs::path& file, std::vector<std::string> expected) {
  std::vector<std::string> found;
  const std::string bytes = read_file(file);
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = bytes.find('\n', begin);
    REQUIRE(end != std::string::npos);
    found.push_back(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  CHECK(found == expected);
}

TEST_CASE("[io] lines of several processes are never torn or lost, even when every write is short") {
  for (const bool short_writes : {false, true}) {
    const Folder root;
    const int processes = 6, lines = short_writes ? 20 : 150, longest = short_writes ? 60 : 5000;
    const auto line = [&](int process, int i) {
      return std::string(static_cast<size_t>(1 + i * 37 % longest), static_cast<char>('a' + process));
    };
    const int failures = failures_of_processes(processes, [&](int process) {
      inject_fault({short_writes ? 1 : 0, 0, false});
      for (int i = 0; i < lines; ++i) append_line(root / "lines", line(process, i));
    });
    CHECK(failures == 0);
    std::vector<std::string> expected;
    for (int process = 0; process < processes; ++process) {
      for (int i = 0; i < lines; ++i) expected.push_back(line(process, i));
    }
    check_lines(root / "lines", expected);
  }
}

TEST_CASE("[io] what a dead process could not clean up is collected by the next") {
  int leftovers = 0;
  for (int fail_at = 1; fail_at < 24; ++fail_at) {
    const Folder root;
    failures_of_processes(1, [&](int) {
      inject_fault({fail_at, EIO, false});  // removing fails too, as for a process that was killed
      commit_artefact(root / "a1", kFiles);
    });
    CHECK(artefact_complete(root / "a1") == fs::exists(root / "a1"));
    leftovers += has_temporary(root.path());
    collect_garbage(root.path());
    CHECK_FALSE(has_temporary(root.path()));
  }
  CHECK(leftovers > 10);
}

}  // namespace
}  // namespace io_fault_test
}  // namespace loom
