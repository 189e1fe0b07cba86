// SPDX-License-Identifier: Apache-2.0
#include "architectures/partitions/_subset.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"
#include "harness/text_numbers.h"

namespace loom::subset {
namespace {

[[noreturn]] void refuse(std::string_view word) {
  throw InputError("partition subset: '" + std::string(word) +
                   "' is none of 3, 3:0/2 (shard 0 of 2), 3@0.1 (a tenth of the groups), 3:0/2@0.1");
}

int64_t whole(std::string_view digits, std::string_view word) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0 || value > 65535) refuse(word);
  return value;
}

Take parse_one(std::string_view word) {
  Take take;
  std::string_view rest = word;
  if (const size_t at = rest.find('@'); at != rest.npos) {
    const auto share = parse_number(rest.substr(at + 1));
    if (!share || *share <= 0 || *share > 1) refuse(word);
    take.share = *share;
    rest = rest.substr(0, at);
  }
  if (const size_t colon = rest.find(':'); colon != rest.npos) {
    const size_t slash = std::min(rest.find('/', colon), rest.size() - 1);
    take.shard = whole(rest.substr(colon + 1, slash - colon - 1), word);
    take.shards = whole(rest.substr(slash + 1), word);
    if (take.shard >= take.shards) refuse(word);
    rest = rest.substr(0, colon);
  }
  take.domain = static_cast<int32_t>(whole(rest, word));
  return take;
}

}  // namespace

std::vector<Take> parse(std::string_view text) {
  std::vector<Take> takes;
  for (size_t at = 0; at < text.size();) {
    const size_t blank = std::min(text.find(' ', at), text.size());
    if (blank > at) takes.push_back(parse_one(text.substr(at, blank - at)));
    at = blank + 1;
  }
  return takes;
}

std::string to_text(std::span<const Take> takes) {
  std::string out;
  for (const Take& take : takes) {
    out += (out.empty() ? "" : " ") + std::to_string(take.domain);
    if (take.shards > 1) out += ":" + std::to_string(take.shard) + "/" + std::to_string(take.shards);
    if (take.share < 1) out += "@" + number_text(take.share);
  }
  return out;
}

Json partition(std::span<const Take> takes, int64_t domains) {
  double taken = 0;
  std::set<std::pair<int32_t, int64_t>> distinct;
  for (const Take& take : takes)
    if (take.share == 1 && distinct.emplace(take.domain, take.shard).second)
      taken += 1.0 / static_cast<double>(take.shards);
  if (taken > static_cast<double>(domains) - 1e-9) return {{"name", "pooled"}, {"parts", 1}};
  return {{"name", "subset"}, {"take", to_text(takes)}};
}

}  // namespace loom::subset
