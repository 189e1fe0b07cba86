// SPDX-License-Identifier: Apache-2.0
#include "harness/cells.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/error.h"

namespace loom {
namespace cells_detail {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j) word = word << 8 | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j) text += j <= have ? kAlphabet[word >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) throw InputError("a record's cells are not base64");
    word = word << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(word >> bits & 255);
  }
  return bytes;
}

}  // namespace cells_detail

using namespace cells_detail;

static_assert(std::endian::native == std::endian::little);

Json encode_cells(const std::vector<Scores::Cell>& cells) {
  if (std::ranges::all_of(cells, [](const auto& cell) { return cell.sum == 0 || cell.sum == 1; })) {
    std::string bits((cells.size() + 7) / 8, '\0');
    for (size_t i = 0; i < cells.size(); ++i)
      if (cells[i].sum == 1) bits[i / 8] = static_cast<char>(bits[i / 8] | 1 << i % 8);
    return {{"encoding", "bits"}, {"data", base64(bits)}};
  }
  std::string bytes;
  for (const auto& cell : cells) {
    const auto sum = static_cast<float>(cell.sum);
    bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  }
  return {{"encoding", "f32"}, {"data", base64(bytes)}};
}

std::vector<double> decode_cells(const Json& encoded, int64_t count) {
  const std::string bytes = from_base64(encoded.at("data").get_ref<const std::string&>());
  const bool bits = encoded.at("encoding") == "bits";
  const auto cells = static_cast<size_t>(count);
  if (bytes.size() != (bits ? (cells + 7) / 8 : cells * sizeof(float)))
    throw InputError("a record's cells do not fit its layout");
  std::vector<double> sums(cells);
  for (size_t i = 0; i < cells; ++i) {
    if (bits) {
      sums[i] = bytes[i / 8] >> i % 8 & 1;
    } else {
      float sum = 0;
      std::memcpy(&sum, bytes.data() + i * sizeof sum, sizeof sum);
      sums[i] = static_cast<double>(sum);
    }
  }
  return sums;
}

Json cell_layout(const std::vector<Scores::Cell>& cells) {
  Json layout = {{"domain", Json::array()}, {"group", Json::array()}, {"count", Json::array()}};
  for (const auto& cell : cells) {
    layout["domain"].push_back(cell.domain);
    layout["group"].push_back(cell.group);
    layout["count"].push_back(cell.count);
  }
  return layout;
}

CellTable empty_table(const Json& layout, int64_t domains) {
  CellTable table;
  table.domains = domains;
  table.domain = layout.at("domain").get<std::vector<int32_t>>();
  table.group = layout.at("group").get<std::vector<int32_t>>();
  table.count = layout.at("count").get<std::vector<double>>();
  table.cells = std::ssize(table.count);
  return table;
}

void add_seed(CellTable& table, const std::vector<double>& sums) {
  check(std::ssize(sums) == table.cells, "sums fit the layout");
  table.sum.insert(table.sum.end(), sums.begin(), sums.end());
  ++table.seeds;
}

Json encode_replicates(std::span<const double> scores) {
  return {{"encoding", "f64"}, {"data", base64({reinterpret_cast<const char*>(scores.data()), scores.size_bytes()})}};
}

std::vector<double> decode_replicates(const Json& encoded) {
  const std::string bytes = from_base64(encoded.at("data").get_ref<const std::string&>());
  if (encoded.at("encoding") != "f64" || bytes.size() % sizeof(double) != 0)
    throw InputError("a record's replicates are not f64");
  std::vector<double> scores(bytes.size() / sizeof(double));
  std::memcpy(scores.data(), bytes.data(), bytes.size());
  return scores;
}

CellTable replicate_table(int64_t domains) {
  CellTable table;
  table.domains = domains;
  table.cells = 1;
  table.count = {1};
  table.domain = table.group = {0};
  return table;
}

}  // namespace loom
