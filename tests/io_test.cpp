// SPDX-License-Identifier: Apache-2.0
#include "harness/io.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/json.h"
#include "tests/io_fixture.h"

namespace loom {
namespace io_test {
namespace {

using namespace io_fixture;

pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST_CASE("[io] a torn last line is closed before the next one") {
  const Folder root;
  write_file_atomic(root / "lines", "whole\nto");
  append_line(root / "lines", "next");
  CHECK(read_file(root / "lines") == "whole\nto\nnext\n");
  CHECK_THROWS_AS(append_line(root / "lines", "two\nlines"), std::logic_error);
}

TEST_CASE("[io] a complete artefact is kept as it is") {
  const Folder root;
  commit_artefact(root / "a1", kFiles);
  const auto written = fs::last_write_time(root / "a1/manifest.json");
  inject_fault({});
  commit_artefact(root / "a1", kFiles);
  CHECK(io_calls() == 0);
  CHECK(fs::last_write_time(root / "a1/manifest.json") == written);
}

TEST_CASE("[io] the manifest holds sizes and digests that sha256sum would give") {
  const Folder root;
  commit_artefact(root / "a1", {{"a", "abc"}});
  const Json expected = {{"format", 1}, {"files", {{"a", {{"size", 3}, {"sha256", sha256("abc")}}}}}};
  CHECK(parse_json(read_file(root / "a1/manifest.json"), "manifest") == expected);
}

TEST_CASE("[io] each changed byte, cut and swap of an artefact is refused") {
  const Folder root;
  const std::string bytes = "0123456789";
  commit_artefact(root / "a1", {{"a", bytes}, {"b", "9876543210"}});
  const fs::path file = root / "a1/a";
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    for (const std::string& bad : {flipped, bytes.substr(0, i), bytes + flipped.substr(0, i + 1)}) {
      write_file_atomic(file, bad);
      CHECK_THROWS_WITH_AS(read_artefact(root / "a1", "a"), doctest::Contains("is damaged"), InputError);
    }
  }
  fs::copy_file(root / "a1/b", file, fs::copy_options::overwrite_existing);
  CHECK_THROWS_AS(read_artefact(root / "a1", "a"), InputError);
  CHECK(read_artefact(root / "a1", "b") == "9876543210");
}

TEST_CASE("[io] only regular files that the manifest names are read") {
  const Folder root;
  commit_artefact(root / "a1", kFiles);
  const fs::path record = root / "a1/record.json";
  write_file_atomic(root / "outside", "{}");
  write_file_atomic(root / "a1/extra", "x");
  for (const char* name : {"extra", "../outside", "", "a/b", ".", "manifest.json"}) {
    CHECK_THROWS_AS(read_artefact(root / "a1", name), InputError);
  }
  fs::remove(record);
  CHECK_THROWS_AS(read_artefact(root / "a1", "record.json"), InputError);
  CHECK_FALSE(artefact_complete(root / "a1"));
  fs::create_symlink(root / "outside", record);
  CHECK_THROWS_AS(read_artefact(root / "a1", "record.json"), InputError);
  CHECK_FALSE(artefact_complete(root / "a1"));
  CHECK_THROWS_AS(read_artefact(root / "none", "record.json"), EnvironmentError);
}

TEST_CASE("[io] a manifest that commit_artefact would not write counts as none") {
  const Folder root;
  const std::string digest = sha256("abc");
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string("{\"files\":{},\"format\":2}"),
        std::string("{\"files\":[],\"format\":1}"), std::string("{\"files\":{\"a\":3},\"format\":1}"),
        "{\"files\":{\"../a\":{\"size\":3,\"sha256\":\"" + digest + "\"}},\"format\":1}",
        "{\"files\":{\"a\":{\"size\":-3,\"sha256\":\"" + digest + "\"}},\"format\":1}",
        "{\"files\":{\"a\":{\"size\":3.0,\"sha256\":\"" + digest + "\"}},\"format\":1}"}) {
    CAPTURE(text);
    fs::create_directories(root / "a1");
    write_file_atomic(root / "a1/a", "abc");
    write_file_atomic(root / "a1/manifest.json", text);
    CHECK_FALSE(artefact_complete(root / "a1"));
    CHECK_THROWS_AS(read_artefact(root / "a1", "a"), InputError);
    commit_artefact(root / "a1", {{"a", "abc"}});
    CHECK(read_artefact(root / "a1", "a") == "abc");
    fs::remove_all(root / "a1");
  }
}

TEST_CASE("[io] garbage of dead processes goes, everything else stays") {
  const Folder root, elsewhere;
  const std::string dead = std::to_string(dead_process()), own = std::to_string(::getpid());
  write_file_atomic(elsewhere / "kept", "x");
  fs::create_directories(elsewhere / (".tmp-x-" + dead + "-00"));
  fs::create_directories(root / (".tmp-a-b-" + dead + "-01ab") / "deep");
  write_file_atomic(root / (".tmp-a-b-" + dead + "-01ab") / "deep/file", "x");
  fs::create_symlink(elsewhere.path(), root / (".tmp-a-b-" + dead + "-01ab") / "link");
  fs::create_directories(root / "trials");
  write_file_atomic(root / "trials" / (".tmp-f-" + dead + "-02"), "x");
  fs::create_symlink(elsewhere.path(), root / "link");
  std::vector<std::string> kept = {".tmp-a-" + own + "-03",
                                   ".tmp-a-" + dead + "-04.othermachine",
                                   ".tmp-notes",
                                   ".tmp-a-x-05",
                                   ".tmp-" + dead + "-06",
                                   "tmp-a-" + dead + "-07"};
  for (const std::string& name : kept) write_file_atomic(root / name, "x");
  kept.insert(kept.end(), {"trials", "link"});
  collect_garbage(root.path());
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(root.path())) {
    left.push_back(entry.path().filename().string());
  }
  std::sort(kept.begin(), kept.end());
  std::sort(left.begin(), left.end());
  CHECK(left == kept);
  CHECK(read_file(elsewhere / "kept") == "x");
  CHECK(fs::exists(elsewhere / (".tmp-x-" + dead + "-00")));
  CHECK_NOTHROW(collect_garbage(root / "none"));
}

TEST_CASE("[io] what cannot be read is refused in words, without hanging") {
  const Folder root;
  REQUIRE(::mkfifo((root / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(read_file(root / "none"), doctest::Contains("No such file"), EnvironmentError);
  CHECK_THROWS_WITH_AS(read_file(root.path()), doctest::Contains("Is a directory"), EnvironmentError);
  CHECK_THROWS_AS(read_file(root / "fifo"), EnvironmentError);
  const int sparse = ::open((root / "sparse").c_str(), O_WRONLY | O_CREAT, 0600);
  if (::ftruncate(sparse, off_t{1} << 40) == 0) CHECK_THROWS_AS(read_file(root / "sparse"), EnvironmentError);
  ::close(sparse);
}

TEST_CASE("[io] folders are made with their parents; a file in the way is an error") {
  const Folder root;
  make_folders(root / "a/b/c");
  make_folders(root / "a/b/c/");
  make_folders(root / "x/y/");
  CHECK(fs::is_directory(root / "a/b/c"));
  CHECK(fs::is_directory(root / "x/y"));
  write_file_atomic(root / "file", "x");
  CHECK_THROWS_WITH_AS(make_folders(root / "file/d"), doctest::Contains("Not a directory"), EnvironmentError);
  CHECK_THROWS_AS(commit_artefact(root / "file", kFiles), EnvironmentError);
  CHECK(read_file(root / "file") == "x");
  CHECK_FALSE(has_temporary(root.path()));
  CHECK_THROWS_AS(append_line(root / "none/lines", "x"), EnvironmentError);
}

TEST_CASE("[io] names that could leave the folder or surprise a shell are not safe") {
  for (const std::string& name :
       {std::string("a"), std::string("0.5"), std::string("A-b_c+d.e"), std::string(128, 'a')}) {
    CHECK(safe_name(name));
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a..b"), std::string(".a"), std::string("-rf"),
        std::string("+a"), std::string("_a"), std::string("a/b"), std::string("/a"), std::string("a\\b"),
        std::string("a b"), std::string("a\0", 2), std::string("a\n"), std::string("%2e%2e"),
        std::string("\xe2\x80\xae"), std::string("a:b"), std::string(129, 'a')}) {
    CAPTURE(name);
    CHECK_FALSE(safe_name(name));
    CHECK_THROWS_AS(commit_artefact("x", {{name, ""}}), InputError);
  }
  CHECK_THROWS_AS(commit_artefact("x", {{"manifest.json", ""}}), InputError);
}

}  // namespace
}  // namespace io_test
}  // namespace loom
