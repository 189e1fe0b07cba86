// SPDX-License-Identifier: Apache-2.0
#include "harness/imported/outcome_table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/utf8.h"

namespace loom::imported {
namespace outcome_table_detail {
namespace {

constexpr const char* kOnlyDomain = "all";

// The first 53 bits of the name's SHA-256 as a number in [0, 1).
double share_of(const std::string& group) {
  const uint64_t bits = std::stoull(sha256(group).substr(0, 16), nullptr, 16);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

Split dealt_split(const std::string& group) {
  const double share = share_of(group);
  if (share < kValidationShare) return Split::validation;
  return share < kValidationShare + kRouterShare ? Split::router : Split::test;
}

Split named_split(const std::string& split) {
  return split == "test" ? Split::test : split == "router" ? Split::router : Split::validation;
}

std::map<std::string, int32_t> numbered(const std::set<std::string>& names) {
  std::map<std::string, int32_t> out;
  for (const std::string& name : names) out.emplace(name, static_cast<int32_t>(out.size()));
  return out;
}

template <class T>
void reorder(std::vector<T>& values, const std::vector<size_t>& order, size_t width) {
  if (values.empty()) return;
  std::vector<T> out;
  out.reserve(values.size());
  for (const size_t from : order)
    out.insert(out.end(), values.begin() + static_cast<int64_t>(from * width),
               values.begin() + static_cast<int64_t>((from + 1) * width));
  values = std::move(out);
}

// A group on both sides would let the test choose; a domain without items on a side has no score there.
void check_splits(const OutcomeTable& table, const std::vector<std::string>& group_names, const std::string& source) {
  std::vector<int> split_of(group_names.size(), -1);
  std::vector<std::array<int64_t, 5>> count(table.domains.size());
  for (size_t i = 0; i < table.item.size(); ++i) {
    int& known = split_of[static_cast<size_t>(table.group[i])];
    const int split = static_cast<int>(table.split[i]);
    if (known >= 0 && known != split)
      throw InputError(source + ": group '" + group_names[static_cast<size_t>(table.group[i])] + "' is in the splits " +
                       std::string(name(static_cast<Split>(known))) + " and " + std::string(name(table.split[i])) +
                       "; groups do not straddle splits");
    known = split;
    ++count[static_cast<size_t>(table.domain[i])][static_cast<size_t>(split)];
  }
  for (size_t d = 0; d < count.size(); ++d)
    for (const Split split : {Split::validation, Split::test})
      if (count[d][static_cast<size_t>(split)] == 0)
        throw InputError(source + ": domain '" + table.domains[d] + "' has no items in the " +
                         std::string(name(split)) + " split" +
                         (table.dealt ? "; it is too small to be dealt, so give the items a split" : ""));
}

// Length first, so that no two tables feed the same bytes.
void feed(Sha256& hash, std::string_view bytes) {
  const uint64_t length = bytes.size();
  hash.update({reinterpret_cast<const char*>(&length), sizeof length});
  hash.update(bytes);
}

template <class T>
void feed(Sha256& hash, const std::vector<T>& values) {
  if constexpr (std::is_same_v<T, std::string>) {
    feed(hash, std::to_string(values.size()));
    for (const std::string& text : values) feed(hash, std::string_view(text));
  } else {
    feed(hash, std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
  }
}

std::string digest_of(const OutcomeTable& table) {
  static_assert(std::endian::native == std::endian::little, "digests are of little-endian bytes");
  Sha256 hash;
  feed(hash, std::string_view("loom imported 1"));
  feed(hash, table.models), feed(hash, table.domains), feed(hash, table.seeds), feed(hash, table.item);
  feed(hash, table.domain), feed(hash, table.group), feed(hash, table.label), feed(hash, table.split);
  for (const Said& said : table.said) {
    feed(hash, said.score), feed(hash, said.log_probs);
    for (const auto* values : {&said.cost, &said.latency_s}) {
      std::vector<double> known = *values;
      for (double& value : known) value = std::isnan(value) ? -1 : value;  // a NaN has many bit patterns
      feed(hash, known);
    }
  }
  return hash.hex();
}

}  // namespace
}  // namespace outcome_table_detail

using namespace outcome_table_detail;

std::vector<size_t> OutcomeTable::indices(Split wanted) const {
  std::vector<size_t> out;
  for (size_t i = 0; i < split.size(); ++i)
    if (split[i] == wanted) out.push_back(i);
  return out;
}

// Order by names, so that neither the order of files nor of lines enters the digest.
OutcomeTable OutcomeBuilder::ordered(const std::string& source) const {
  OutcomeTable table;
  std::set<std::string> models, domains, groups;
  std::set<int64_t> seeds;
  const auto domain_of = [](const Item& item) { return item.domain.value_or(kOnlyDomain); };
  const auto group_of = [](const Item& item) { return item.group.value_or("item " + item.name); };
  for (const auto& [key, series] : series_) models.insert(key.first), seeds.insert(key.second);
  for (const Item& item : items_) domains.insert(domain_of(item)), groups.insert(group_of(item));
  table.models.assign(models.begin(), models.end());
  table.domains.assign(domains.begin(), domains.end());
  table.seeds.assign(seeds.begin(), seeds.end());
  table.outputs = static_cast<int64_t>(outputs_);
  table.dealt = !items_[0].split.has_value();

  std::vector<size_t> order(items_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](size_t i) { return std::pair(domain_of(items_[i]), items_[i].name); });
  const auto domain_numbers = numbered(domains), group_numbers = numbered(groups);
  for (const size_t i : order) {
    const Item& item = items_[i];
    table.item.push_back(item.name);
    table.domain.push_back(domain_numbers.at(domain_of(item)));
    table.group.push_back(group_numbers.at(group_of(item)));
    if (outputs_ > 0) table.label.push_back(static_cast<int32_t>(*item.label));
    table.split.push_back(item.split ? named_split(*item.split) : dealt_split(group_of(item)));
  }
  for (const auto& [key, series] : series_) {  // ascending by model, then seed
    table.said.push_back(series.said);
    Said& said = table.said.back();
    reorder(said.score, order, 1), reorder(said.log_probs, order, outputs_);
    reorder(said.cost, order, 1), reorder(said.latency_s, order, 1);
  }
  check_splits(table, {groups.begin(), groups.end()}, source);
  table.digest = digest_of(table);
  return table;
}

}  // namespace loom::imported
