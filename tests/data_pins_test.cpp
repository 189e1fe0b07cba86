// SPDX-License-Identifier: Apache-2.0
// tasks/data/*.tsv against the suites: who reads what, and that what is here is what was pinned.
#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <sstream>

#include "harness/hash.h"
#include "harness/io.h"
#include "tasks/all.h"
#include "tasks/sources/data_root.h"
#include "tasks/sources/prepared.h"

using namespace loom;

namespace loom::data_pins_test {
namespace {

// The cells of each row by its first one.
std::map<std::string, std::vector<std::string>> rows_of(const char* name) {
  std::istringstream lines(read_file(data_root() / name));
  std::map<std::string, std::vector<std::string>> rows;
  std::string line, cell;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::vector<std::string> cells;
    for (std::istringstream row(line); std::getline(row, cell, '\t');) cells.push_back(cell);
    rows[cells.front()] = cells;
  }
  return rows;
}

TEST_CASE("[data pins] a suite that reads packages has its data sets in suites.tsv, and each of these has a SHA-256") {
  const auto suites = rows_of("suites.tsv"), pins = rows_of("prepared.tsv");
  size_t readers = 0;
  for (const SuiteSource& source : all_suites()) {
    if (!source.card || source.card->data.empty()) continue;
    CAPTURE(source.facts.name);
    REQUIRE(suites.contains(source.facts.name));
    std::istringstream listed(suites.at(source.facts.name).at(1));
    const std::vector<std::string> sets(std::istream_iterator<std::string>(listed), {});
    for (const std::string& set : source.card->data) CHECK_MESSAGE(std::ranges::count(sets, set) == 1, set);
    for (const std::string& set : sets) {
      REQUIRE_MESSAGE(pins.contains(set), set);
      CHECK(pins.at(set).at(3).size() == 64);
      CHECK(pins.at(set).at(3).find_first_not_of("0123456789abcdef") == std::string::npos);
    }
    ++readers;
  }
  CHECK(suites.size() == readers);
}

TEST_CASE("[data pins] the manifest of every data set that is here, which has each file's SHA-256, is the pinned one") {
  for (const auto& [set, pin] : rows_of("prepared.tsv"))
    if (sources::is_prepared(set))
      CHECK_MESSAGE(sha256(read_file(sources::prepared_root() / set / "manifest.tsv")) == pin.at(3), set);
    else
      MESSAGE("skipped: data set " << set << " is not prepared");
}

}  // namespace
}  // namespace loom::data_pins_test
