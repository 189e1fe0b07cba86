// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tasks/all.h"
#include "tests/image_files.h"

// The suites on the real data against tests/golden/second_reading.tsv, which scripts/second_reading.py writes.

namespace loom::suites {
SuiteSource brown3();
SuiteSource building3();
SuiteSource bytes12();
SuiteSource bytes9();
SuiteSource digits4();
SuiteSource fann8();
SuiteSource img4();
SuiteSource multimnist();
SuiteSource permuted_mnist();
SuiteSource rotated_mnist();
SuiteSource sent4();
SuiteSource sent4_published();
SuiteSource series8();
SuiteSource sotu_decades();
SuiteSource split_img4();
SuiteSource split_mnist();
SuiteSource tables12();
SuiteSource udhr();
SuiteSource vowels();
SuiteSource yeast14();
}  // namespace loom::suites

using namespace loom;

namespace loom::second_reading_test {
namespace {

struct Sums {
  int64_t items = 0, labels = 0, groups = 0;
  double inputs = 0;
};
struct Witness {
  std::string domain;
  Sums train, test;
};

std::map<std::string, std::vector<Witness>> read_witnesses() {
  std::ifstream file(LOOM_SOURCE_DIR "/tests/golden/second_reading.tsv");
  std::map<std::string, std::vector<Witness>> result;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string reading;
    Witness witness;
    cells >> reading >> witness.domain;
    for (Sums* sums : {&witness.train, &witness.test})
      cells >> sums->items >> sums->labels >> sums->groups >> sums->inputs;
    REQUIRE(!cells.fail());
    result[reading].push_back(witness);
  }
  return result;
}

bool has_bytes(const TaskShape& shape) { return shape.kind != InputKind::vector || shape.image[0] > 0; }

// Of an item: its pixels, without what tells the domain; its bytes; or its features, 16 bits each.
std::vector<uint8_t> bytes_of(const Items& items, int64_t item, const TaskShape& shape) {
  if (shape.kind == InputKind::vector)
    return image_files::bytes_of(items, item, static_cast<size_t>(shape.image[1] * shape.image[2]));
  const int64_t begin = item * items.input_dim, end = begin + items.input_dim;
  if (shape.kind == InputKind::tokens) return {items.bytes.begin() + begin, items.bytes.begin() + end};
  std::vector<uint8_t> bytes;
  for (int64_t at = begin; at < end; ++at)
    if (const int32_t id = items.ids[static_cast<size_t>(at)]; id >= 0)
      bytes.insert(bytes.end(), {static_cast<uint8_t>(id & 255), static_cast<uint8_t>(id >> 8)});
  return bytes;
}

uint32_t crc32(const std::vector<uint8_t>& bytes) {
  uint32_t remainder = ~0U;
  for (const uint8_t byte : bytes) {
    remainder ^= byte;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (0xedb88320U & (0U - (remainder & 1)));
  }
  return ~remainder;
}

double absolute(const Items& items, int64_t item, const TaskShape& shape) {
  double sum = 0;
  for (int64_t k = 0; k < items.input_dim - shape.adapters - shape.asked; ++k)
    sum += std::abs(items.values[static_cast<size_t>(item * items.input_dim + k)]);
  return sum;
}

std::vector<Sums> sums_of(const Items& items, const TaskShape& shape) {
  std::vector<Sums> result(static_cast<size_t>(shape.domains));
  std::vector<uint32_t> checksums(result.size());  // modulo 2^32
  std::vector<std::set<int32_t>> groups(result.size());
  for (int64_t i = 0; i < items.count; ++i) {
    const auto at = static_cast<size_t>(i), domain = static_cast<size_t>(items.domain[at]);
    ++result[domain].items;
    const int32_t label = items.label.empty() ? 0 : items.label[at];
    result[domain].labels += label;
    groups[domain].insert(items.group[at]);
    if (has_bytes(shape))
      checksums[domain] += (static_cast<uint32_t>(label) + 1) * crc32(bytes_of(items, i, shape));
    else
      result[domain].inputs += absolute(items, i, shape);
  }
  for (size_t d = 0; d < result.size(); ++d) {
    result[d].groups = std::ssize(groups[d]);
    if (has_bytes(shape)) result[d].inputs = checksums[d];
  }
  return result;
}

void check_sums(const Sums& found, const Sums& expected, bool exact) {
  CHECK(found.items == expected.items);
  CHECK(found.labels == expected.labels);
  CHECK(found.groups == expected.groups);
  if (exact)
    CHECK(found.inputs == expected.inputs);
  else
    CHECK(found.inputs == doctest::Approx(expected.inputs).epsilon(1e-6));
}

// `digest`: its first digits; where there are none, the suite's own test or card has it.
void check_reading(const std::string& reading, const SuiteSource& source, const std::string& digest = "",
                   const Json& changes = Json::object()) {
  if (!image_files::all_here(source)) return;
  const Suite suite = testing::load_with_defaults(source, changes);
  const TaskShape shape = suite.shape();
  const auto witnesses = read_witnesses()[reading];
  REQUIRE(witnesses.size() == suite.description().domains.size());
  CHECK(suite.description().domains == source.card->domains);
  const auto train = sums_of(suite.train_side(), shape), test = sums_of(image_files::test_of(suite), shape);
  for (size_t d = 0; d < witnesses.size(); ++d) {
    CAPTURE(witnesses[d].domain);
    CHECK(suite.description().domains[d] == witnesses[d].domain);
    check_sums(train[d], witnesses[d].train, has_bytes(shape));
    check_sums(test[d], witnesses[d].test, has_bytes(shape));
  }
  CHECK(suite.digest().starts_with(digest));
}

TEST_CASE("[second reading] the checksum is CRC-32: of the nine digits 0xcbf43926, of nothing 0") {
  CHECK(crc32({'1', '2', '3', '4', '5', '6', '7', '8', '9'}) == 0xcbf43926);
  CHECK(crc32({}) == 0);
}

TEST_CASE("[second reading] no suite that reads packages is without one") {
  const auto witnesses = read_witnesses();
  for (const SuiteSource& source : all_suites())
    if (source.card && !source.card->data.empty())
      CHECK_MESSAGE(witnesses.contains(source.facts.name), source.facts.name);
}

TEST_CASE("[second reading] digits4") { check_reading("digits4", suites::digits4()); }
TEST_CASE("[second reading] bytes9") { check_reading("bytes9", suites::bytes9()); }

TEST_CASE("[second reading] tables12, all rows and at most 4000 of a table") {
  check_reading("tables12_all", suites::tables12(), "9d9060ad05f0d6a5", {{"rows", 0}});
  check_reading("tables12", suites::tables12(), "ea6e6cf6c0cb8fde");
}

TEST_CASE("[second reading] fann8") { check_reading("fann8", suites::fann8(), "f8c42fccafba39eb"); }
TEST_CASE("[second reading] building3") { check_reading("building3", suites::building3(), "9c23c60b74e8408b"); }
TEST_CASE("[second reading] yeast14") { check_reading("yeast14", suites::yeast14(), "3b13af4071040ece"); }
TEST_CASE("[second reading] series8") { check_reading("series8", suites::series8(), "c3db15cf6a3a2520"); }
TEST_CASE("[second reading] vowels") { check_reading("vowels", suites::vowels()); }

TEST_CASE("[second reading] img4, tiny and full") {
  check_reading("img4", suites::img4());
  check_reading("img4_full", suites::img4(), "", {{"size", "full"}});
}

TEST_CASE("[second reading] rotated_mnist, images of each domain's own and the same") {
  check_reading("rotated_mnist", suites::rotated_mnist());
  check_reading("rotated_mnist_same", suites::rotated_mnist(), "", {{"images", "same"}});
}

TEST_CASE("[second reading] permuted_mnist") { check_reading("permuted_mnist", suites::permuted_mnist()); }

TEST_CASE("[second reading] split_mnist, asked for one of two and for one of ten") {
  check_reading("split_mnist", suites::split_mnist());
  check_reading("split_mnist_class", suites::split_mnist(), "", {{"scenario", "class"}});
}

TEST_CASE("[second reading] multimnist, of MNIST alone and with Fashion-MNIST") {
  check_reading("multimnist", suites::multimnist());
  check_reading("multimnist_both", suites::multimnist(), "", {{"source", "both"}});
}

TEST_CASE("[second reading] sent4") { check_reading("sent4", suites::sent4()); }
TEST_CASE("[second reading] sent4_published") { check_reading("sent4_published", suites::sent4_published()); }
TEST_CASE("[second reading] brown3") { check_reading("brown3", suites::brown3()); }
TEST_CASE("[second reading] bytes12") { check_reading("bytes12", suites::bytes12()); }
TEST_CASE("[second reading] split_img4") { check_reading("split_img4", suites::split_img4()); }
TEST_CASE("[second reading] sotu_decades") { check_reading("sotu_decades", suites::sotu_decades()); }
TEST_CASE("[second reading] udhr") { check_reading("udhr", suites::udhr()); }

}  // namespace
}  // namespace loom::second_reading_test
