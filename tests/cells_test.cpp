// SPDX-License-Identifier: Apache-2.0
#include "harness/cells.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/error.h"

namespace loom::cells_test {
namespace {

using Cells = std::vector<Scores::Cell>;

// Cells whose bits spell a text, lowest bit of a byte first.
Cells spelling(std::string_view text) {
  Cells cells;
  for (const char c : text)
    for (int bit = 0; bit < 8; ++bit)
      cells.push_back({.domain = 0, .group = 0, .sum = c >> bit & 1 ? 1.0 : 0.0, .count = 1});
  return cells;
}

Cells with_sums(const std::vector<double>& sums) {
  Cells cells;
  for (size_t i = 0; i < sums.size(); ++i)
    cells.push_back(
        {.domain = static_cast<int32_t>(i % 2), .group = static_cast<int32_t>(i), .sum = sums[i], .count = 2});
  return cells;
}

std::vector<double> decoded(const Json& encoded, size_t count) {
  std::vector<double> sums(count, -1);
  decode_cells(encoded, sums);
  return sums;
}

std::vector<double> round_trip(const std::vector<double>& sums) {
  return decoded(encode_cells(with_sums(sums)), sums.size());
}

TEST_CASE("[cells] hits and misses are one bit each, in the base64 of RFC 4648") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, base64] : vectors) {
    const Json encoded = encode_cells(spelling(text));
    CHECK(encoded.at("encoding") == "bits");
    CHECK(encoded.at("data") == base64);
  }
}

TEST_CASE("[cells] bits come back whatever their number") {
  for (size_t count = 0; count <= 33; ++count) {
    std::vector<double> sums;
    for (size_t i = 0; i < count; ++i) sums.push_back(i * i % 7 < 3 ? 1 : 0);
    CHECK(round_trip(sums) == sums);
  }
}

TEST_CASE("[cells] other sums come back as the nearest float") {
  const std::vector<double> sums = {0, 1, 0.1, -3.25, 1e30, 2048.0};
  CHECK(encode_cells(with_sums(sums)).at("encoding") == "f32");
  const std::vector<double> back = round_trip(sums);
  for (size_t i = 0; i < sums.size(); ++i) CHECK(back[i] == static_cast<double>(static_cast<float>(sums[i])));
}

TEST_CASE("[cells] one sum beside 0 and 1 makes all of them floats") {
  CHECK(encode_cells(with_sums({1, 0, 1})).at("encoding") == "bits");
  CHECK(encode_cells(with_sums({1, 0, 2})).at("encoding") == "f32");
  CHECK(round_trip({1, 0, 2}) == std::vector<double>{1, 0, 2});
}

TEST_CASE("[cells] what does not fit its layout or is not base64 is refused") {
  const Json nine = encode_cells(with_sums({1, 0, 1, 1, 0, 1, 0, 0, 1}));
  CHECK_NOTHROW(decoded(nine, 16));  // bits are counted in whole bytes
  CHECK_THROWS_AS(decoded(nine, 17), InputError);
  CHECK_THROWS_AS(decoded(nine, 8), InputError);
  CHECK_THROWS_AS(decoded(encode_cells(with_sums({2, 3})), 3), InputError);
  CHECK_THROWS_AS(decoded({{"encoding", "bits"}, {"data", "Zm9*"}}, 24), InputError);
}

TEST_CASE("[cells] a layout and the seeds' sums make the table that the intervals resample") {
  const Cells cells = with_sums({2, 0, 1, 2});
  const Json layout = cell_layout(cells);
  CellTable table = empty_table(layout, 2);
  CHECK(table.seeds == 0);
  CHECK(table.cells == 4);
  CHECK(table.domain == std::vector<int32_t>{0, 1, 0, 1});
  CHECK(table.group == std::vector<int32_t>{0, 1, 2, 3});
  CHECK(table.count == std::vector<double>{2, 2, 2, 2});
  add_seed(table, encode_cells(cells));
  add_seed(table, encode_cells(with_sums({2, 2, 2, 2})));
  CHECK(table.seeds == 2);
  CHECK(score(table) == doctest::Approx((5.0 / 8 + 1) / 2));  // every domain holds 4 of the 8 predictions
  CHECK_THROWS_AS(add_seed(table, encode_cells(with_sums({1, 2, 3}))), InputError);
}

}  // namespace
}  // namespace loom::cells_test
