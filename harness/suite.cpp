// SPDX-License-Identifier: Apache-2.0
#include "harness/suite.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/error.h"
#include "harness/grid.h"
#include "harness/group_deal.h"
#include "harness/suite_digest.h"
#include "harness/utf8.h"

namespace loom {
namespace suite_detail {
namespace {

constexpr std::array<std::string_view, 4> kMetrics = {"accuracy", "accuracy_or_r2", "bits_per_byte", "exact_match"};
constexpr std::string_view kTest = "the test";
constexpr std::array<std::string_view, 3> kKinds = {"vector", "tokens", "bags"};  // in InputKind's order

[[noreturn]] void refuse_suite(const Suite::Description& description, const std::string& reason) {
  throw InputError("suite '" + description.name + "': " + reason);
}

bool printable_name(const std::string& text) { return !text.empty() && printable(text) == text; }

bool known_metric(std::string_view metric) { return std::ranges::find(kMetrics, metric) != kMetrics.end(); }

bool for_bytes(std::string_view metric) { return metric == "bits_per_byte" || metric == "exact_match"; }

void check_description(const Suite::Description& description, const Items& items) {
  const std::string& metric = description.metric;
  if (!known_metric(metric))
    refuse_suite(description,
                 "unknown metric '" + metric + "'; known: accuracy, accuracy_or_r2, bits_per_byte, " + "exact_match");
  if (for_bytes(metric) != (items.kind == InputKind::tokens))
    refuse_suite(description, "metric '" + metric + "' does not fit the items: accuracy is for labelled items, " +
                                  "bits_per_byte for bytes");
  check((metric == "exact_match") == !items.scored.empty(), "exact_match is for bytes that are marked as scored");
  check((metric == "accuracy_or_r2") == !items.target.empty(), "accuracy_or_r2 is for targets that are numbers");
  if (description.domains.empty()) refuse_suite(description, "it has no domains");
  std::set<std::string> seen;
  for (const auto& domain : description.domains) {
    if (!printable_name(domain)) refuse_suite(description, "a domain's name is empty or not printable UTF-8");
    if (!seen.insert(domain).second) refuse_suite(description, "two domains are called '" + domain + "'");
  }
  double sum = 0;
  for (double share : description.shares) {
    if (!(share > 0)) refuse_suite(description, "every share of the split must be above 0");
    sum += share;
  }
  if (std::abs(sum - 1) > 1e-6) refuse_suite(description, "the shares of the split do not sum to 1");
}

// Features come first, then -1; an item without any says nothing.
void check_bags(const Suite::Description& description, const Items& items) {
  if (items.kind != InputKind::bags) return;
  check(description.vocabulary > 0, "bags need a vocabulary");
  const auto width = static_cast<size_t>(items.input_dim);
  for (size_t i = 0; i < items.ids.size(); ++i) {
    const int32_t id = items.ids[i];
    check(id >= -1 && id < description.vocabulary, "a feature of a bag is out of range");
    check(id >= 0 || i % width != 0, "a bag without features");
    check(id < 0 || i % width == 0 || items.ids[i - 1] >= 0, "features of a bag after its end");
  }
}

bool are_ids(const Items& items) { return items.kind == InputKind::tokens && !items.ids.empty(); }

// The reader refuses what a file says wrong; these are ours.
void check_ids(const Suite::Description& description, const Items& items) {
  check(items.item_bytes.size() == (are_ids(items) ? static_cast<size_t>(items.count) : 0), "bytes of ids of a suite");
  if (!are_ids(items)) return;
  check(description.vocabulary > 0 && items.scored.empty(), "ids need a vocabulary, and all are scored");
  for (const int32_t id : items.ids) check(id >= 0 && id < description.vocabulary, "an id of a suite is out of range");
  for (const int32_t bytes : items.item_bytes) check(bytes > 0, "a window that stands for no byte");
}

void check_scored(const Items& items) {
  const auto width = static_cast<size_t>(items.input_dim);
  for (size_t i = 0; i < items.scored.size(); i += width)
    check(std::find(items.scored.begin() + static_cast<int64_t>(i),
                    items.scored.begin() + static_cast<int64_t>(i + width),
                    1) != items.scored.begin() + static_cast<int64_t>(i + width),
          "an item without a scored byte");
}

size_t trained_domains(const Suite::Description& description) {
  return description.domains.size() - static_cast<size_t>(description.held_out);
}

void check_shape(const Suite::Description& description, const Items& items) {
  const auto& image = description.image;
  check(image[0] * image[1] * image[2] + description.adapters <= items.input_dim, "an image larger than its item");
  check(description.held_out >= 0 && description.held_out < static_cast<int64_t>(description.domains.size()),
        "a suite without a domain to train on");
  check(description.adapters == 0 || description.adapters == static_cast<int64_t>(trained_domains(description)),
        "one adapter for each domain");
  const int64_t inputs = items.kind == InputKind::bags ? description.vocabulary : items.input_dim;
  check(description.asked >= 0 && description.asked < inputs, "a suite without content beside its question");
  check(description.asked == 0 || items.kind != InputKind::tokens, "a question of inputs or features only");
  check((image[0] == 0 && description.adapters == 0) || items.kind == InputKind::vector, "a shape of values only");
}

// A domain that is trained on has items on both sides; beside held-out ones the test may leave it out.
bool needs_items(const Suite::Description& description, size_t domain, bool test) {
  if (description.held_out == 0) return true;
  return test != (domain < trained_domains(description));
}

// Lengths are the reader's business, so a mismatch is ours; what the numbers say is the user's.
void check_items(const Suite::Description& description, const Items& items, const std::string& side) {
  const auto count = static_cast<size_t>(items.count);
  const size_t inputs = count * static_cast<size_t>(items.input_dim);
  const auto size_for = [&](InputKind kind, size_t size) { return items.kind == kind ? size : 0; };
  check(items.count >= 0 && items.input_dim > 0, "items of a suite without a size");
  check(items.values.size() == size_for(InputKind::vector, inputs), "values of a suite");
  check(items.bytes.size() == (are_ids(items) ? 0 : size_for(InputKind::tokens, inputs)), "bytes of a suite");
  check(items.ids.size() == (are_ids(items) ? inputs : size_for(InputKind::bags, inputs)), "features of a suite");
  check_ids(description, items);
  check(items.label.size() == (items.kind == InputKind::tokens ? 0 : count), "labels of a suite");
  check(items.scored.empty() || items.scored.size() == size_for(InputKind::tokens, inputs), "scored bytes of a suite");
  check(items.target.empty() || items.target.size() == items.label.size(), "targets of a suite");
  check_bags(description, items);
  check_scored(items);
  check(items.domain.size() == count && items.group.size() == count, "domains and groups of a suite");

  const auto domains = static_cast<int32_t>(description.domains.size());
  std::vector<int64_t> items_of(description.domains.size(), 0);
  const int32_t limit = side == kTest ? domains : static_cast<int32_t>(trained_domains(description));
  for (int32_t domain : items.domain) {
    if (domain < 0 || domain >= limit)
      refuse_suite(description, "domain " + std::to_string(domain) + " of " + side + " is out of range");
    ++items_of[static_cast<size_t>(domain)];
  }
  for (size_t d = 0; d < items_of.size(); ++d)
    if (items_of[d] == 0 && needs_items(description, d, side == kTest))
      refuse_suite(description, "domain '" + description.domains[d] + "' has no items in " + side);
  for (size_t i = 0; i < items.values.size(); ++i)
    if (!std::isfinite(items.values[i]))
      refuse_suite(description, "item " + std::to_string(i / static_cast<size_t>(items.input_dim)) + " of " + side +
                                    " holds a value that is not finite");
}

int64_t vocabulary_of(const Suite::Description& description, const Items& items) {
  return items.kind == InputKind::tokens && !are_ids(items) ? 256 : description.vocabulary;
}

int64_t output_count(const Suite::Description& description, const Items& train_side) {
  if (train_side.kind == InputKind::tokens) return vocabulary_of(description, train_side);
  const int64_t classes = 1 + *std::ranges::max_element(train_side.label);
  return train_side.target.empty() ? classes : std::max(classes, kGridBins);
}

void check_labels(const Suite::Description& description, const Items& train_side, const Items& test) {
  if (train_side.kind == InputKind::tokens) return;
  const int64_t outputs = output_count(description, train_side);
  if (outputs < 2) refuse_suite(description, "it has one class only; two are needed");
  const auto refuse_label = [&](int32_t label, const char* side) {
    refuse_suite(description, "label " + std::to_string(label) + " in " + side +
                                  " is out of range; the train side has " + std::to_string(outputs) +
                                  " classes from 0");
  };
  for (int32_t label : train_side.label)
    if (label < 0) refuse_label(label, "the train side");
  for (int32_t label : test.label)
    if (label < 0 || label >= outputs) refuse_label(label, "the test");
}

std::vector<int32_t> distinct(const std::vector<int32_t>& ids) {
  std::vector<int32_t> result = ids;
  std::ranges::sort(result);
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

size_t group_place(const std::vector<int32_t>& groups, int32_t group) {
  return static_cast<size_t>(std::ranges::lower_bound(groups, group) - groups.begin());
}

GroupDomains domains_of_groups(const Items& items, const std::vector<int32_t>& groups) {
  GroupDomains result(groups.size());
  for (size_t i = 0; i < items.group.size(); ++i)
    result[group_place(groups, items.group[i])].push_back(items.domain[i]);
  for (auto& domains : result) domains = distinct(domains);
  return result;
}

std::vector<Split> deal_or_refuse(const Suite::Description& description, const GroupDomains& domains_of,
                                  uint64_t seed) {
  auto split_of = deal_groups(domains_of, description.shares, seed);
  if (split_of.empty())
    refuse_suite(description,
                 "its groups span domains so that no deal gives every domain all four splits; more groups are needed");
  return split_of;
}

void check_groups(const Suite::Description& description, const std::vector<int32_t>& groups,
                  const GroupDomains& domains_of, const Items& test) {
  for (int32_t group : test.group)
    if (std::ranges::binary_search(groups, group))
      refuse_suite(description, "group " + std::to_string(group) + " of the test also occurs on the train side");
  std::vector<size_t> count(description.domains.size(), 0);
  for (const auto& domains : domains_of)
    for (int32_t d : domains) ++count[static_cast<size_t>(d)];
  for (size_t d = 0; d < trained_domains(description); ++d)
    if (count[d] < kTrainSideSplits.size())
      refuse_suite(description, "domain '" + description.domains[d] + "' has " + std::to_string(count[d]) +
                                    " groups on the train side; at least 4 are needed, one per split");
  deal_or_refuse(description, domains_of, 0);
}

}  // namespace
}  // namespace suite_detail

std::string_view name(Split split) {
  constexpr std::array<std::string_view, 5> kNames = {"train", "validation", "router", "calibration", "test"};
  return kNames.at(static_cast<size_t>(split));
}

std::string_view name(InputKind kind) { return suite_detail::kKinds.at(static_cast<size_t>(kind)); }

InputKind input_kind_from_name(std::string_view name) {
  const auto found = std::ranges::find(suite_detail::kKinds, name);
  check(found != suite_detail::kKinds.end(), "an unknown kind of input");
  return static_cast<InputKind>(found - suite_detail::kKinds.begin());
}

int32_t token(const Items& items, size_t at) { return items.ids.empty() ? items.bytes[at] : items.ids[at]; }

std::string_view metric_unit(std::string_view metric) {
  if (metric == "accuracy" || metric == "accuracy_or_r2" || metric == "exact_match") return "fraction";
  check(metric == "bits_per_byte", "the unit of an unknown metric");
  return "bits/byte";
}

Suite::Suite(Description description, Items train_side, Items test)
    : description_(std::move(description)), train_side_(std::move(train_side)), test_(std::move(test)) {
  using namespace suite_detail;
  check(train_side_.kind == test_.kind && train_side_.input_dim == test_.input_dim,
        "two sides of a suite differ in shape");
  check_description(description_, train_side_);
  check_shape(description_, train_side_);
  check_items(description_, train_side_, "the train side");
  check_items(description_, test_, std::string(kTest));
  check(train_side_.ids.empty() == test_.ids.empty(), "one side of a suite has ids, the other bytes");
  check_labels(description_, train_side_, test_);
  description_.higher_is_better = description_.metric != "bits_per_byte";
  split_groups_ = distinct(train_side_.group);
  check_groups(description_, split_groups_, domains_of_groups(train_side_, split_groups_), test_);
  digest_ = suite_digest(description_, train_side_, test_);
  train_digest_ = train_side_digest(description_, train_side_);
}

TaskShape Suite::shape() const {
  return {.kind = train_side_.kind,
          .input_dim = train_side_.input_dim,
          .vocabulary = suite_detail::vocabulary_of(description_, train_side_),
          .outputs = suite_detail::output_count(description_, train_side_),
          .domains = static_cast<int64_t>(suite_detail::trained_domains(description_)),
          .held_out = description_.held_out,
          .image = description_.image,
          .adapters = description_.adapters,
          .asked = description_.asked};
}

std::vector<int64_t> Suite::indices(Split split, uint64_t seed) const {
  using namespace suite_detail;
  check(split != Split::test, "the test of a suite has no indices: it is opened by an Evaluator only");
  const auto split_of = deal_or_refuse(description_, domains_of_groups(train_side_, split_groups_), seed);
  std::vector<int64_t> result;
  for (int64_t i = 0; i < train_side_.count; ++i)
    if (split_of[group_place(split_groups_, train_side_.group[static_cast<size_t>(i)])] == split) result.push_back(i);
  return result;
}

}  // namespace loom
