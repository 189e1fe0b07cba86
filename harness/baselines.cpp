// SPDX-License-Identifier: Apache-2.0
#include "harness/baselines.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "harness/classical.h"
#include "harness/error.h"
#include "harness/parallel.h"

namespace loom {
namespace baselines_detail {
namespace {

using Indices = ItemPlaces;

// One domain of a suite: its items on both sides.
struct Domain {
  const Suite::Description& description;
  const Items &train, &test;
  Indices train_items, test_items;
  const BaselineLimits& limits;

  bool numbers() const {
    return !train.target.empty() && !train_items.empty() && std::isfinite(train.target[train_items[0]]);
  }
};

double accuracy(const Domain& domain, const Indices& asked, const std::vector<int32_t>& said) {
  double right = 0;
  for (size_t i = 0; i < asked.size(); ++i) right += domain.test.label[asked[i]] == said[i];
  return right / static_cast<double>(asked.size());
}

double r2(const Domain& domain, const Indices& asked, const std::vector<double>& said) {
  return 1 - squared_error_share(domain.test, asked, said);
}

double majority(const Domain& domain) {
  const int32_t most = most_frequent(domain.train.label, domain.train_items);
  return accuracy(domain, domain.test_items, std::vector<int32_t>(domain.test_items.size(), most));
}

double constant_mean(const Domain& domain) {
  const double mean = mean_target(domain.train, domain.train_items);
  return r2(domain, domain.test_items, std::vector<double>(domain.test_items.size(), mean));
}

double nearest_neighbour(const Domain& domain) {
  const Indices known = at_even_distances(domain.train_items, domain.limits.known);
  const Indices asked = at_even_distances(domain.test_items, domain.limits.asked);
  std::vector<int32_t> labels;
  std::vector<double> numbers;
  for (const size_t item : nearest_items(domain.train, known, domain.test, asked)) {
    labels.push_back(domain.train.label[item]);
    if (domain.numbers()) numbers.push_back(domain.train.target[item]);
  }
  return domain.numbers() ? r2(domain, asked, numbers) : accuracy(domain, asked, labels);
}

double logistic_regression(const Domain& domain) {
  return accuracy(domain, domain.test_items,
                  bag_answers(domain.train, domain.train_items, domain.train.label, domain.test, domain.test_items,
                              domain.description.vocabulary));
}

double bits_per_byte(const Domain& domain, int order) {
  const ByteNgram model = counted_ngram(domain.train, domain.train_items, order);
  double bits = 0;
  for (const size_t item : domain.test_items) bits += model.bits(item_row(domain.test.bytes, domain.test, item));
  return bits / static_cast<double>(domain.test_items.size() * static_cast<size_t>(domain.test.input_dim));
}

// Ids have no n-grams here: the floor is their unigram on the train side, add-one smoothed.
double id_unigram(const Domain& domain) {
  std::vector<double> counts(static_cast<size_t>(domain.description.vocabulary), 1.0);
  for (const size_t item : domain.train_items)
    for (const int32_t id : item_row(domain.train.ids, domain.train, item)) ++counts[static_cast<size_t>(id)];
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  double bits = 0, bytes = 0;
  for (const size_t item : domain.test_items) {
    for (const int32_t id : item_row(domain.test.ids, domain.test, item))
      bits -= std::log2(counts[static_cast<size_t>(id)] / all);
    bytes += domain.test.item_bytes[item];
  }
  return bits / bytes;
}

std::vector<uint8_t> answer(const Items& items, size_t item) {
  const auto bytes = item_row(items.bytes, items, item), scored = item_row(items.scored, items, item);
  std::vector<uint8_t> out;
  for (size_t i = 0; i < bytes.size(); ++i)
    if (scored[i] != 0) out.push_back(bytes[i]);
  return out;
}

double frequent_answer(const Domain& domain) {
  std::map<std::vector<uint8_t>, int64_t> counts;
  for (const size_t item : domain.train_items) ++counts[answer(domain.train, item)];
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto most = std::ranges::max_element(counts, fewer)->first;
  double right = 0;
  for (const size_t item : domain.test_items) right += answer(domain.test, item) == most;
  return right / static_cast<double>(domain.test_items.size());
}

double exact_matches(const Domain& domain) {
  const ByteNgram model = counted_ngram(domain.train, domain.train_items, ByteNgram::kOrderMax);
  double right = 0;
  for (const size_t item : domain.test_items) {
    const auto bytes = item_row(domain.test.bytes, domain.test, item),
               scored = item_row(domain.test.scored, domain.test, item);
    bool all = true;
    for (size_t i = 0; all && i < bytes.size(); ++i) {
      if (scored[i] == 0) continue;
      const auto next = model.distribution(bytes.first(i));
      all = std::ranges::max_element(next) - next.begin() == bytes[i];
    }
    right += all;
  }
  return right / static_cast<double>(domain.test_items.size());
}

std::string neighbour_words(const Domain& domain) {
  const auto known = std::min<int64_t>(domain.limits.known, std::ssize(domain.train_items));
  const auto asked = std::min<int64_t>(domain.limits.asked, std::ssize(domain.test_items));
  const bool all = known == std::ssize(domain.train_items) && asked == std::ssize(domain.test_items);
  return all ? "1-nn" : "1-nn (" + std::to_string(known) + " known, " + std::to_string(asked) + " asked)";
}

void judge_tokens(const Domain& domain, DomainBaseline& out) {
  if (!domain.train.ids.empty()) {
    out.floor_kind = "unigram";
    out.floor = id_unigram(domain);
    return;
  }
  const bool exact = domain.description.metric == "exact_match";
  out.floor_kind = exact ? "most frequent answer" : "unigram";
  out.floor = exact ? frequent_answer(domain) : bits_per_byte(domain, 0);
  out.baseline_kind = "order-5 Witten-Bell";
  out.baseline = exact ? exact_matches(domain) : bits_per_byte(domain, ByteNgram::kOrderMax);
}

void judge_labels(const Domain& domain, DomainBaseline& out) {
  const bool numbers = domain.numbers(), bags = domain.train.kind == InputKind::bags;
  out.floor_kind = numbers ? "mean" : "majority";
  out.floor = numbers ? constant_mean(domain) : majority(domain);
  if (numbers && bags) return;
  out.baseline_kind = bags ? "logistic regression" : neighbour_words(domain);
  out.baseline = bags ? logistic_regression(domain) : nearest_neighbour(domain);
}

}  // namespace
}  // namespace baselines_detail

std::vector<DomainBaseline> baselines(const Suite::Description& description, const Items& train, const Items& test,
                                      const BaselineLimits& limits) {
  using namespace baselines_detail;
  check(limits.known > 0 && limits.asked > 0, "limits of the nearest neighbour");
  std::vector<DomainBaseline> out(description.domains.size());
  const auto judge = [&](size_t d) {
    const auto number = static_cast<int32_t>(d);
    const Domain domain = {description, train, test, places_of_domain(train, number), places_of_domain(test, number),
                           limits};
    out[d].train_items = std::ssize(domain.train_items);
    out[d].test_items = std::ssize(domain.test_items);
    if (domain.train_items.empty() || domain.test_items.empty()) return;
    train.kind == InputKind::tokens ? judge_tokens(domain, out[d]) : judge_labels(domain, out[d]);
  };
  if (train.kind == InputKind::vector) {  // a neighbour's products use all cores by themselves
    for (size_t d = 0; d < out.size(); ++d) judge(d);
  } else {
    parallel_for(out.size(), judge);
  }
  return out;
}

}  // namespace loom
