// SPDX-License-Identifier: Apache-2.0
#include "harness/duplicates.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include "harness/likeness.h"
#include "harness/parallel.h"
#include "harness/random.h"
#include "harness/set_likeness.h"
#include "harness/vector_likeness.h"

namespace loom {
namespace duplicates_detail {
namespace {

constexpr size_t kReach = 64;  // neighbours in a bucket that an item is compared with
constexpr int64_t kRandomPairs = 10000;
constexpr int64_t kRandomMost = kRandomPairs / 100;
constexpr int kExamples = 2;  // of each sort

enum Sort { test_same, test_other, train_same, train_other, kSorts };

struct Pair {
  int64_t item = 0, twin = 0;  // the twin is on the train side
  double likeness = 1;
};

class Search {
 public:
  Search(const Suite::Description& description, const Items& train, const Items& test)
      : items_(train, test),
        domains_(static_cast<int64_t>(description.domains.size())),
        apart_(description.adapters > 0),
        inputs_(train.input_dim - description.adapters) {
    out_.domains.resize(description.domains.size());
  }

  Duplicates run() {
    find_exact();
    if (items_.side(0).kind == InputKind::vector) {
      likeness_ = vector_likeness(items_, inputs_, domains_, apart_);
    } else {
      likeness_ = set_likeness(items_);
    }
    out_.measure = likeness_->what();
    find_blind_spots();
    find_near();
    return std::move(out_);
  }

 private:
  std::string_view bytes(int64_t item) const {
    const auto view = [](const auto& all) {
      return std::string_view(reinterpret_cast<const char*>(all.data()), all.size_bytes());
    };
    const int64_t width = items_.side(item).input_dim;
    switch (items_.side(item).kind) {
      case InputKind::vector:
        return view(items_.row(&Items::values, item, inputs_));
      case InputKind::tokens:
        if (!items_.side(item).ids.empty()) return view(items_.row(&Items::ids, item, width));
        return view(items_.row(&Items::bytes, item, width));
      default:
        return view(items_.row(&Items::ids, item, width));
    }
  }

  bool comparable(int64_t a, int64_t b) const {
    if (items_.in_test(b) || items_.group(a) == items_.group(b)) return false;
    return !apart_ || items_.domain(a) == items_.domain(b);
  }

  Sort sort_of(int64_t item, int64_t twin) const {
    const bool same = items_.domain(item) == items_.domain(twin);
    return items_.in_test(item) ? (same ? test_same : test_other) : (same ? train_same : train_other);
  }

  static int64_t& count(DuplicateCounts& counts, Sort sort) {
    const std::array<int64_t*, kSorts> all = {&counts.test_same, &counts.test_other, &counts.train_same,
                                              &counts.train_other};
    return *all[sort];
  }

  // Counts each item once in each sort. `marks` has a bit for each sort it was counted in.
  void note(std::vector<uint8_t>& marks, const Pair& pair, bool exact, bool shown = true) {
    const Sort sort = sort_of(pair.item, pair.twin);
    uint8_t& mark = marks[static_cast<size_t>(pair.item)];
    if ((mark >> sort & 1) != 0) return;
    mark |= static_cast<uint8_t>(1 << sort);
    DomainDuplicates& domain = out_.domains[static_cast<size_t>(items_.domain(pair.item))];
    ++count(exact ? domain.exact : domain.near, sort);
    if (!shown || shown_[exact ? 0 : 1][sort]++ >= kExamples) return;
    out_.examples.push_back({exact, items_.in_test(pair.item), items_.domain(pair.item), items_.domain(pair.twin),
                             static_cast<int64_t>(items_.place(pair.item)),
                             static_cast<int64_t>(items_.place(pair.twin)), pair.likeness});
  }

  // Puts equal items side by side: sorted by hash, then by the bytes themselves.
  void find_exact() {
    const int64_t count = items_.count();
    std::vector<std::pair<size_t, int64_t>> order;
    for (int64_t i = 0; i < count; ++i) order.emplace_back(std::hash<std::string_view>()(bytes(i)), i);
    std::ranges::sort(order, [&](const auto& a, const auto& b) {
      if (a.first != b.first) return a.first < b.first;
      const int by_bytes = bytes(a.second).compare(bytes(b.second));
      return by_bytes != 0 ? by_bytes < 0 : a.second < b.second;
    });
    std::vector<uint8_t> marks(static_cast<size_t>(count), 0);
    equal_to_.resize(marks.size());
    for (size_t first = 0, last = 0; first < order.size(); first = last) {
      while (last < order.size() && order[last].first == order[first].first &&
             bytes(order[last].second) == bytes(order[first].second))
        ++last;
      for (size_t i = first; i < last; ++i) equal_to_[static_cast<size_t>(order[i].second)] = order[first].second;
      for (size_t i = first; i < last; ++i) note_equal(marks, order, first, last, order[i].second);
    }
  }

  void note_equal(std::vector<uint8_t>& marks, const std::vector<std::pair<size_t, int64_t>>& order, size_t first,
                  size_t last, int64_t item) {
    const uint8_t both = items_.in_test(item) ? 1 << test_same | 1 << test_other : 1 << train_same | 1 << train_other;
    for (size_t j = first; j < last && marks[static_cast<size_t>(item)] != both; ++j)
      if (order[j].second != item && comparable(item, order[j].second)) note(marks, {item, order[j].second}, true);
  }

  bool equal(int64_t a, int64_t b) const {
    return equal_to_[static_cast<size_t>(a)] == equal_to_[static_cast<size_t>(b)];
  }

  // How many of the random pairs of `among` are near, though not equal; pairs of one group are drawn again a few times.
  int64_t near_by_chance(const std::vector<int64_t>& among, Stream stream) const {
    int64_t near = 0;
    for (int64_t pair = 0; pair < kRandomPairs; ++pair) {
      const int64_t a = among[stream.below(among.size())], b = among[stream.below(among.size())];
      if (items_.group(a) == items_.group(b) || equal(a, b)) continue;
      near += likeness_->plausible(a, b) && likeness_->of(a, b) >= likeness_->threshold();
    }
    return near;
  }

  void find_blind_spots() {
    std::vector<std::vector<int64_t>> of_domain(out_.domains.size());
    for (int64_t i = 0; i < items_.count(); ++i) of_domain[static_cast<size_t>(items_.domain(i))].push_back(i);
    const auto words = [](int64_t near) {
      return std::to_string(near) + " of " + std::to_string(kRandomPairs) + " random pairs are as alike";
    };
    std::vector<int64_t> all;
    for (size_t d = 0; d < of_domain.size(); ++d) {
      std::string& unknown = out_.domains[d].near_unknown;
      unknown = likeness_->unfit(static_cast<int32_t>(d));
      if (!unknown.empty()) continue;
      const int64_t near = near_by_chance(of_domain[d], Stream(0, "duplicates/pairs", d));
      if (near > kRandomMost) unknown = words(near);
      if (unknown.empty()) all.insert(all.end(), of_domain[d].begin(), of_domain[d].end());
    }
    if (apart_) {
      out_.across_unknown = "domains have inputs of their own";
    } else if (!all.empty()) {
      const int64_t near = near_by_chance(all, Stream(0, "duplicates/pairs", of_domain.size()));
      if (near > kRandomMost) out_.across_unknown = words(near);
    }
  }

  bool looked_at(int64_t a, int64_t b) const {
    const auto known = [&](int64_t item) {
      return out_.domains[static_cast<size_t>(items_.domain(item))].near_unknown.empty();
    };
    if (!known(a) || !known(b)) return false;
    return items_.domain(a) == items_.domain(b) || out_.across_unknown.empty();
  }

  // Whether a pair tells a sort that either item is not marked with yet.
  bool wanted(const std::vector<uint8_t>& marks, int64_t a, int64_t b) const {
    const auto open = [&](int64_t item, int64_t twin) {
      return (marks[static_cast<size_t>(item)] >> sort_of(item, twin) & 1) == 0;
    };
    return open(a, b) || (!items_.in_test(a) && open(b, a));
  }

  // The near pairs that meet in one table, ordered so that a test item comes first.
  std::vector<Pair> pairs_of(size_t table) const {
    const std::vector<uint64_t> keys = likeness_->keys(table);
    std::vector<std::pair<uint64_t, int64_t>> order;
    for (size_t i = 0; i < keys.size(); ++i) order.emplace_back(keys[i], static_cast<int64_t>(i));
    std::ranges::sort(order);
    std::vector<Pair> out;
    std::vector<uint8_t> marks(order.size(), 0);
    for (size_t i = 0; i < order.size(); ++i) {
      const size_t end = std::min(order.size(), i + 1 + kReach);
      for (size_t j = i + 1; j < end && order[j].first == order[i].first; ++j) {
        const int64_t a = order[j].second, b = order[i].second;  // a > b: in the test if one of them is
        if (!comparable(a, b) || equal(a, b) || !looked_at(a, b) || !wanted(marks, a, b)) continue;
        const double likeness = likeness_->plausible(a, b) ? likeness_->of(a, b) : 0;
        if (likeness < likeness_->threshold()) continue;
        out.push_back({a, b, likeness});
        marks[static_cast<size_t>(a)] |= static_cast<uint8_t>(1 << sort_of(a, b));
        if (!items_.in_test(a)) marks[static_cast<size_t>(b)] |= static_cast<uint8_t>(1 << sort_of(b, a));
      }
    }
    return out;
  }

  void find_near() {
    std::vector<std::vector<Pair>> found(likeness_->tables());
    parallel_for(found.size(), [&](size_t table) { found[table] = pairs_of(table); });
    std::vector<uint8_t> marks(static_cast<size_t>(items_.count()), 0);
    for (const std::vector<Pair>& pairs : found)
      for (const Pair& pair : pairs) {
        note(marks, pair, false);
        if (!items_.in_test(pair.item)) note(marks, {pair.twin, pair.item, pair.likeness}, false, /*shown=*/false);
      }
  }

  BothSides items_;
  int64_t domains_ = 0;
  bool apart_ = false;
  int64_t inputs_ = 0;
  std::unique_ptr<Likeness> likeness_;
  std::vector<int64_t> equal_to_;  // of each item the first that is equal to it
  std::array<std::array<int, kSorts>, 2> shown_ = {};
  Duplicates out_;
};

}  // namespace
}  // namespace duplicates_detail

Duplicates find_duplicates(const Suite::Description& description, const Items& train, const Items& test) {
  return duplicates_detail::Search(description, train, test).run();
}

}  // namespace loom
