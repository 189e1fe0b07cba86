// SPDX-License-Identifier: Apache-2.0
#include "harness/hash.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "harness/error.h"
#include "harness/io.h"

namespace loom {
namespace hash_test {
namespace {

namespace fs = std::filesystem;

// The examples of FIPS 180-2, appendix B, and the empty text.
constexpr const char* kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST_CASE("[hash] SHA-256 gives the published digests") {
  CHECK(sha256("") == kEmpty);
  CHECK(sha256("abc") == kAbc);
  CHECK(sha256(std::string(1'000'000, 'a')) == kMillionA);
}

TEST_CASE("[hash] pieces give the digest of the whole") {
  Sha256 digest;
  for (const std::string_view piece : {"", "a", "", "bc"}) digest.update(piece);
  CHECK(digest.hex() == kAbc);
}

TEST_CASE("[hash] an ended digest takes no more") {
  Sha256 digest;
  digest.hex();
  CHECK_THROWS_AS(digest.update("x"), std::logic_error);
  CHECK_THROWS_AS(digest.hex(), std::logic_error);
}

TEST_CASE("[hash] a file has the digest of its bytes, and what is no file is refused without hanging") {
  const fs::path folder = fs::temp_directory_path() / ("loom_hash_test_" + std::to_string(::getpid()));
  make_folders(folder);
  const std::string bytes = std::string(300'000, 'x') + '\0' + "end";
  write_file_atomic(folder / "file", bytes);
  CHECK(sha256_file(folder / "file") == sha256(bytes));
  write_file_atomic(folder / "empty", "");
  CHECK(sha256_file(folder / "empty") == kEmpty);
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(sha256_file(folder / "fifo"), EnvironmentError);
  CHECK_THROWS_AS(sha256_file(folder), EnvironmentError);
  CHECK_THROWS_WITH_AS(sha256_file(folder / "none"), doctest::Contains("No such file"), EnvironmentError);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace hash_test
}  // namespace loom
