// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/hashed_bags.h"

#include <algorithm>

#include "harness/error.h"
#include "harness/random.h"

namespace loom::sources {
namespace hashed_bags_detail {
namespace {

bool blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\'' ||
         static_cast<unsigned char>(c) >= 128;
}

}  // namespace
}  // namespace hashed_bags_detail

int32_t hashed_feature(std::string_view feature) {
  uint32_t hash = 2166136261U;
  for (char c : feature) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  // The lowest bit of FNV is a parity of lowest bits; folding mixes the high ones in.
  return static_cast<int32_t>((hash >> kHashBits ^ hash) & (kHashedFeatures - 1));
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::vector<std::string_view> tokens_of(std::string_view text) {
  using namespace hashed_bags_detail;
  std::vector<std::string_view> tokens;
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    end = begin + 1;
    if (blank(text[begin])) continue;
    const bool word = in_word(text[begin]);
    while (end < text.size() && !blank(text[end]) && in_word(text[end]) == word) ++end;
    tokens.push_back(text.substr(begin, end - begin));
  }
  return tokens;
}

std::vector<std::string> word_features(std::string_view text) {
  const std::string lower = lower_ascii(text);
  std::vector<std::string> features;
  std::string_view before;
  for (std::string_view token : tokens_of(lower)) {
    features.push_back("w:" + std::string(token));
    if (!before.empty()) features.push_back("v:" + std::string(before) + " " + std::string(token));
    before = token;
  }
  return features;
}

std::vector<std::string> char_features(std::string_view text, size_t shortest, size_t longest) {
  const std::string lower = lower_ascii(text);
  std::string line = " ";
  for (std::string_view token : tokens_of(lower)) line += std::string(token) + " ";
  std::vector<std::string> features;
  for (size_t length = shortest; length <= longest; ++length)
    for (size_t at = 0; at + length <= line.size(); ++at) features.push_back("c:" + line.substr(at, length));
  return features;
}

BagWriter::BagWriter(int64_t width)
    : width_(width), order_(permutation(kHashedFeatures, Stream(0, "hashed_bags/order"))) {}

void BagWriter::append(Items& items, std::span<const std::string> features, std::span<const int32_t> always) {
  std::vector<int32_t> ids;
  for (const std::string& feature : features) ids.push_back(hashed_feature(feature));
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const int64_t room = width_ - std::ssize(always);
  check(room >= 0 && std::ssize(ids) + std::ssize(always) > 0, "a bag without room or without features");
  if (std::ssize(ids) > room) {
    std::ranges::sort(ids, {}, [&](int32_t id) { return order_[static_cast<size_t>(id)]; });
    ids.resize(static_cast<size_t>(room));
    ++cut_;
  }
  ids.insert(ids.end(), always.begin(), always.end());
  std::ranges::sort(ids);
  ids.resize(static_cast<size_t>(width_), -1);
  items.ids.insert(items.ids.end(), ids.begin(), ids.end());
}

}  // namespace loom::sources
