// SPDX-License-Identifier: Apache-2.0
#include "harness/cells.h"

#include <algorithm>
#include <array>
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

constexpr std::array<int8_t, 256> kDigit = [] {
  std::array<int8_t, 256> digits;
  digits.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
  return digits;
}();

std::string from_base64(std::string_view text) {
  text = text.substr(0, text.find('='));
  std::string bytes(text.size() * 6 / 8, '\0');
  uint32_t word = 0;
  size_t bits = 0, size = 0;
  for (const char c : text) {
    const int digit = kDigit[static_cast<unsigned char>(c)];
    if (digit < 0) throw InputError("a record's cells are not base64");
    word = word << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[size++] = static_cast<char>(word >> bits & 255);
  }
  return bytes;
}

// The bits of every byte as sums, lowest first.
constexpr auto kSums = [] {
  std::array<std::array<double, 8>, 256> sums{};
  for (size_t byte = 0; byte < 256; ++byte)
    for (size_t bit = 0; bit < 8; ++bit) sums[byte][bit] = static_cast<double>(byte >> bit & 1);
  return sums;
}();

void expand_bits(std::string_view bytes, std::span<double> sums) {
  const size_t whole = sums.size() / 8;
  for (size_t i = 0; i < whole; ++i) {
    const auto& eight = kSums[static_cast<unsigned char>(bytes[i])];
    std::memcpy(&sums[8 * i], eight.data(), sizeof eight);
  }
  if (whole < bytes.size())
    std::ranges::copy_n(kSums[static_cast<unsigned char>(bytes[whole])].begin(), std::ssize(sums) % 8,
                        sums.begin() + 8 * static_cast<int64_t>(whole));
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

void decode_cells(const Json& encoded, std::span<double> sums) {
  const std::string bytes = from_base64(encoded.at("data").get_ref<const std::string&>());
  const bool bits = encoded.at("encoding").get_ref<const std::string&>() == "bits";
  if (bytes.size() != (bits ? (sums.size() + 7) / 8 : sums.size() * sizeof(float)))
    throw InputError("a record's cells do not fit its layout");
  if (bits) return expand_bits(bytes, sums);
  for (size_t i = 0; i < sums.size(); ++i) {
    float sum = 0;
    std::memcpy(&sum, bytes.data() + i * sizeof sum, sizeof sum);
    sums[i] = static_cast<double>(sum);
  }
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

void add_seed(CellTable& table, const Json& encoded) {
  const auto cells = static_cast<size_t>(table.cells), filled = table.sum.size();
  table.sum.resize(filled + cells);
  decode_cells(encoded, std::span(table.sum).subspan(filled));
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
