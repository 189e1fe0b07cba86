// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>

#include "harness/random.h"
#include "harness/utf8.h"
#include "tasks/sources/answers.h"
#include "tasks/sources/brown.h"
#include "tasks/sources/csv.h"
#include "tasks/sources/document_ends.h"
#include "tasks/sources/idx.h"
#include "tasks/sources/sentiment.h"
#include "tasks/sources/time_series.h"
#include "tests/suite_files.h"
#include "tests/support/prepared_fixture.h"

// Every reader of files against broken ones: it reads, or it throws InputError. Under the address sanitizer (preset
// asan) no single allocation may exceed kAllocationMax_bytes, whatever sizes a file of some hundred bytes promises.

#ifdef __SANITIZE_ADDRESS__
// Of the sanitizers' interface; g++ ships the function without its header.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*, size_t),
                                                         void (*free_hook)(const volatile void*));
#endif

namespace loom::suites {
SuiteSource vowels();
}  // namespace loom::suites

using namespace loom;

namespace loom::fuzz_test {
namespace {

using suite_files::Files;
using suite_files::Folder;

constexpr size_t kAllocationMax_bytes = size_t{1} << 20;
constexpr int64_t kPeakGrowthMax_kib = 64 << 10;  // of the process, where allocations are not seen one by one
constexpr uint64_t kSeed = 5;

#ifdef __SANITIZE_ADDRESS__
size_t largest_allocation = 0;
void watch_allocations() {
  const auto seen = [](const volatile void*, size_t size) { largest_allocation = std::max(largest_allocation, size); };
  static const int kInstalled = __sanitizer_install_malloc_and_free_hooks(seen, [](const volatile void*) {});
  CHECK(kInstalled > 0);
  largest_allocation = 0;
}
#else
size_t largest_allocation = 0;
void watch_allocations() {}
#endif

int64_t peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

class Mutator {
 public:
  explicit Mutator(uint64_t index) : stream_(kSeed, "fuzz", index) {}

  size_t below(size_t bound) { return static_cast<size_t>(stream_.below(bound)); }

  // One to three changes, each at a random place.
  std::string operator()(std::string bytes, const std::string& other) {
    for (size_t changes = 1 + below(3); changes > 0; --changes) change(bytes, other);
    return bytes;
  }

 private:
  size_t place(const std::string& bytes) { return below(bytes.size() + 1); }

  void change(std::string& bytes, const std::string& other) {
    static constexpr std::array<std::string_view, 14> kPieces = {std::string_view("\0", 1),
                                                                 "\n",
                                                                 ",",
                                                                 ":",
                                                                 "\"",
                                                                 "@",
                                                                 "- ",
                                                                 "1e308",
                                                                 "nan",
                                                                 "-1",
                                                                 "99999999999999999999",
                                                                 "4294967295",
                                                                 "\xff\xff\xff\xff",
                                                                 "\xef\xbb\xbf"};
    if (bytes.empty()) bytes = other;
    const size_t at = place(bytes), span = below(24);
    switch (below(7)) {
      case 0:
        bytes[std::min(at, bytes.size() - 1)] ^= static_cast<char>(1U << below(8));
        break;
      case 1:
        bytes[std::min(at, bytes.size() - 1)] = static_cast<char>(below(256));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.erase(at, span);
        break;
      case 4:
        bytes.insert(at, bytes.substr(place(bytes), span));
        break;
      case 5:
        bytes.insert(at, kPieces[below(kPieces.size())]);
        break;
      default:
        bytes = bytes.substr(0, at) + other.substr(place(other));
        break;
    }
  }

  Stream stream_;
};

// Without fsync, unlike write_file_atomic: thousands of files that only this process reads.
void write_plain(const std::filesystem::path& file, const std::string& bytes) {
  std::FILE* out = std::fopen(file.c_str(), "wb");
  REQUIRE(out != nullptr);
  CHECK(std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size());
  CHECK(std::fclose(out) == 0);
}

struct Tally {
  int read = 0, refused = 0;
};

// One attempt: InputError with something to say is fine, and any other exception ends the test.
void attempt(Tally& tally, bool one_line, const std::function<void()>& read) {
  try {
    read();
    ++tally.read;
  } catch (const InputError& error) {
    ++tally.refused;
    const std::string message = error.what();
    CHECK(!message.empty());
    CAPTURE(message);
    if (one_line) CHECK(printable(message) == message);
  }
}

void check_tally(const Tally& tally, int64_t peak_before_kib) {
  MESSAGE("read ", tally.read, ", refused ", tally.refused, ", largest allocation ", largest_allocation, " bytes");
  CHECK(tally.read > 0);
  CHECK(tally.refused > 0);
  CHECK(largest_allocation <= kAllocationMax_bytes);
#ifndef __SANITIZE_ADDRESS__
  CHECK(peak_kib() - peak_before_kib < kPeakGrowthMax_kib);
#else
  (void)peak_before_kib;
#endif
}

// Mutates `valid` so many times; `other` lends the pieces that are spliced in.
void fuzz(const std::string& valid, const std::string& other, int times,
          const std::function<void(const std::string&)>& read) {
  watch_allocations();
  const int64_t before = peak_kib();
  Tally tally;
  for (int i = 0; i < times; ++i) {
    const std::string bytes = Mutator(static_cast<uint64_t>(i))(valid, other);
    attempt(tally, true, [&] { read(bytes); });
  }
  check_tally(tally, before);
}

// The same for whole suites: each time one of their files is mutated.
void fuzz_suite(const Files& files, int times) {
  REQUIRE_NOTHROW(suite_files::load(files));
  watch_allocations();
  const int64_t before = peak_kib();
  const Folder folder(files);
  Tally tally;
  for (int i = 0; i < times; ++i) {
    Mutator mutator(static_cast<uint64_t>(i));
    const auto& [name, bytes] = files[mutator.below(files.size())];
    write_plain(folder.path() / name, mutator(bytes, files.back().second));
    attempt(tally, name != "suite.yaml", [&] { folder.load(); });
    write_plain(folder.path() / name, bytes);
  }
  check_tally(tally, before);
}

constexpr const char* kSeries =
    "# toy\n@problemName Toy\n@timeStamps false\n@missing false\n@univariate false\n@dimensions 2\n@equalLength true\n"
    "@classLabel true left right\n@data\n1,2,3:4,5,6:right\n-1.5,0,2e1:7,8,9:left\n";
constexpr const char* kTable =
    "x1,x2,where,y\n1,red,north,a\n2,blue,south,b\n3.5,\"re,d\",north,b\n-4,red,south,a\n5e3,blue,north,a\n"
    "6,red,south,b\n7,\"bl\"\"ue\",north,b\n8,red,south,a\n9,blue,north,a\n10,red,south,b\n";

TEST_CASE("[fuzz] IDX") {
  fuzz(suite_files::idx_images(8, 1), suite_files::idx_labels(8), 20000, [](const std::string& bytes) {
    const auto idx = sources::read_idx("a.idx", bytes);
    size_t count = 1;
    for (int64_t size : idx.shape) count *= static_cast<size_t>(size);
    CHECK(count == idx.bytes.size());
  });
}

TEST_CASE("[fuzz] CSV") {
  fuzz(kTable, kSeries, 20000, [](const std::string& text) {
    size_t width = 0, letters = 0;
    sources::read_csv("a.csv", text, [&](const sources::CsvRow& row) {
      if (width == 0) width = row.cells.size();
      CHECK(row.cells.size() == width);
      for (std::string_view cell : row.cells) letters += cell.size() + (sources::as_number(cell) ? 1 : 0);
    });
    CHECK(letters <= 2 * text.size());
  });
}

TEST_CASE("[fuzz] .ts") {
  fuzz(kSeries, kTable, 20000, [](const std::string& text) {
    const auto series = sources::read_ts("a.ts", text);
    CHECK(series.values.size() == series.label.size() * static_cast<size_t>(series.channels * series.length));
    for (int32_t label : series.label) CHECK(static_cast<size_t>(label) < series.classes.size());
  });
}

TEST_CASE("[fuzz] safetensors") {
  const std::string valid = suite_files::features({1, 2, 3, 4, 5, 6}, 2, {0, 1, 0}, {0, 0, 1});
  fuzz(valid, kTable, 20000, [](const std::string& bytes) {
    for (const auto& [name, array] : decode_safetensors(bytes, "a.safetensors"))
      CHECK(array.bytes.size() == static_cast<size_t>(array.count() * size_bytes(array.type)));
  });
}

TEST_CASE("[fuzz] tables of answers") {
  const Folder folder(Files{{"test.csv", "x1,x2,y1,y2\n9,9,0,1\n"}});
  fuzz("x1,x2,y1,y2\n1,2,0,1\n3,4,1,0\n5,-6e2,0,1\n", kTable, 400, [&](const std::string& text) {
    write_plain(folder.path() / "train.csv", text);
    const auto table = sources::read_answers({{.path = folder.path() / "train.csv", .train_rows = sources::kAllTrain},
                                              {.path = folder.path() / "test.csv", .train_rows = 0}});
    const auto sides = sources::binned_number(table, 0);
    CHECK(sides.train_side.count + table.left_out + sides.test.count == std::ssize(table.rows.rows));
  });
}

TEST_CASE("[fuzz] suite folders of tables") {
  fuzz_suite({{"suite.yaml",
               "kind: table\nlabel: y\ndomain: where\nfiles: {train: a.csv, test: b.csv}\n"
               "split: {train: 0.7, validation: 0.1, router: 0.1, calibration: 0.1}\nlicence: \"none\"\n"},
              {"a.csv", kTable},
              {"b.csv", "x1,x2,where,y\n0,red,north,a\n-7,blue,south,b\n"}},
             400);
}

TEST_CASE("[fuzz] suite folders of images") {
  auto files = suite_files::idx_files(
      "kind: image\nshape: [2, 2]\nscale: 255\nviews: {plain: [], turned: [rotate90, invert], mixed: [{permute: 3}]}\n"
      "files: {train: [i.idx, l.idx], test: [ti.idx, tl.idx]}\n",
      suite_files::idx_images(8, 1), suite_files::idx_labels(8));
  fuzz_suite(files, 400);
}

TEST_CASE("[fuzz] suite folders of bytes") {
  std::string text;
  for (int i = 0; i < 256; ++i) text += static_cast<char>(i * 37 % 251);
  fuzz_suite({{"suite.yaml", "kind: bytes\nwindow: 4\nblock: 8\nsplit: {test: 0.25}\n"},
              {"one.txt", text},
              {"two.txt", kTable}},
             400);
}

TEST_CASE("[fuzz] suite folders of features") {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  fuzz_suite({{"suite.yaml", "kind: features\nfiles: {train: a.safetensors, test: b.safetensors}\n"},
              {"a.safetensors", suite_files::features(values, 2, {0, 1, 0, 1, 0, 1, 0, 1}, {0, 0, 0, 0, 1, 1, 1, 1})},
              {"b.safetensors", suite_files::features({0, 1, 1, 0}, 2, {0, 1}, {0, 1})}},
             400);
}

TEST_CASE("[fuzz] documents of tagged words") {
  const Folder folder(Files{{"ca01", ""}});
  fuzz("\n\n\tThe/at jury/nn said/vbd ,/, in/in 1/2/cd and/cc\nIt/pps+bez fw/fw-nn-tl ./.\n", kTable, 400,
       [&](const std::string& bytes) {
         write_plain(folder.path() / "ca01", bytes);
         const auto document = sources::read_tagged_document(folder.path() / "ca01");
         CHECK(document.genre == 0);
         size_t end = 0;
         for (const auto& word : document.words) {
           CHECK(word.begin >= end);
           CHECK(word.length > 0);
           CHECK(!word.tag.empty());
           end = word.begin + word.length;
         }
         CHECK(end == document.text.size());
       });
}

TEST_CASE("[fuzz] ends of documents") {
  const Folder folder(Files{{"a.documents", ""}});
  fuzz("12\t0\n13\t1\n40\t0\n99\t2\n", kTable, 4000, [&](const std::string& bytes) {
    write_plain(folder.path() / "a.documents", bytes);
    int64_t before = 0;
    for (const auto& document : sources::read_document_ends(folder.path() / "a.documents", 99)) {
      CHECK(document.end > before);
      CHECK(document.group >= 0);
      before = document.end;
    }
    CHECK(before == 99);
  });
}

TEST_CASE("[fuzz] rated texts") {
  const Folder folder(Files{{"a.csv", ""}});
  fuzz("id,rating,text\n1_1,-0.9,no picture\n1_2,3.5,\"good, \"\"very\"\" good\"\n2,0,so so\n", kTable, 400,
       [&](const std::string& bytes) {
         write_plain(folder.path() / "a.csv", bytes);
         for (const auto& rated : sources::read_rated_texts(folder.path() / "a.csv")) {
           CHECK(std::abs(rated.rating) <= 4);
           CHECK(!rated.text.empty());
         }
       });
}

TEST_CASE("[fuzz] vowels by their formants") {
  std::string valid = "speaker,vowel,f0,f1,f2,f3\n";
  for (int i = 0; i < 60; ++i) {
    static constexpr std::array<const char*, 6> kVowels = {"iy", "ih", "eh", "aa", "ah", "uw"};
    valid += std::to_string(i / 3 + 1) + "," + std::string(kVowels[static_cast<size_t>(i) % 6]) + ",100," +
             std::to_string(200 + i * 7 % 90) + "," + std::to_string(900 + i) + ",2500\n";
  }
  testing::PreparedData data;
  data.add("vowels", "vowels.csv", valid);
  fuzz(valid, kTable, 400, [&](const std::string& bytes) {
    write_plain(data.path() / "vowels" / "vowels.csv", bytes);
    const Suite suite = suites::vowels().load(Json::object());
    CHECK(suite.shape().input_dim == 2);
  });
}

TEST_CASE("[fuzz] suite folders of ids") {
  const auto words = [](int64_t count, const std::function<int64_t(int64_t)>& value) {
    Array array{DType::u16, {count}, std::string(2 * static_cast<size_t>(count), '\0')};
    for (int64_t i = 0; i < count; ++i) array.bytes[2 * static_cast<size_t>(i)] = static_cast<char>(value(i));
    return array;
  };
  const Array bytes = words(20, [](int64_t) { return 2; });
  const auto ids = [&](int64_t step) {
    return encode_safetensors({{"ids", words(64, [&](int64_t i) { return i * step % 20; })}, {"bytes", bytes}});
  };
  fuzz_suite({{"suite.yaml", "kind: tokens\nwindow: 4\nblock: 8\nsplit: {test: 0.25}\n"},
              {"one.safetensors", ids(3)},
              {"two.safetensors", ids(7)}},
             400);
}

}  // namespace
}  // namespace loom::fuzz_test
