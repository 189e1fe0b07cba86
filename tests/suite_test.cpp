// SPDX-License-Identifier: Apache-2.0
#include "harness/suite.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "harness/error.h"
#include "harness/evaluator.h"

using namespace loom;

namespace {

struct Parts {
  Suite::Description description;
  Items train_side, test;
  Suite build() const { return Suite(description, train_side, test); }
};

void add_item(Items& items, int32_t domain, int32_t group) {
  items.values.push_back(static_cast<float>(items.count) * 0.25f);
  items.values.push_back(static_cast<float>(group));
  items.label.push_back(static_cast<int32_t>(items.count % 3));
  items.domain.push_back(domain);
  items.group.push_back(group);
  ++items.count;
}

// `domains` domains of `groups` groups each, two items a group on the train side; one test item a domain.
Parts separate_domains(int32_t domains, int32_t groups) {
  Parts parts;
  parts.description.name = "made";
  parts.description.metric = "accuracy";
  parts.train_side.input_dim = parts.test.input_dim = 2;
  for (int32_t d = 0; d < domains; ++d) {
    parts.description.domains.push_back("domain " + std::to_string(d));
    for (int32_t g = 0; g < groups; ++g) {
      add_item(parts.train_side, d, 7 * (d * groups + g));
      add_item(parts.train_side, d, 7 * (d * groups + g));
    }
    add_item(parts.test, d, 7 * (d * groups) + 1);
  }
  return parts;
}

std::string refusal(const Parts& parts) {
  try {
    parts.build();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// Groups of one domain per split, counted from the indices alone.
std::map<Split, std::set<int32_t>> groups_of(const Suite& suite, int32_t domain, uint64_t seed) {
  std::map<Split, std::set<int32_t>> groups;
  for (Split split : kTrainSideSplits)
    for (int64_t i : suite.indices(split, seed))
      if (suite.train_side().domain[static_cast<size_t>(i)] == domain)
        groups[split].insert(suite.train_side().group[static_cast<size_t>(i)]);
  return groups;
}

template <class S>
concept ShowsTest = requires(const S& suite) {
  suite.test();
}
|| requires(const S& suite) { suite.test_; }
|| requires(const S& suite) { suite.test_items(); };

}  // namespace

TEST_CASE("[suite] one seed gives the same indices again, another seed different ones") {
  const Suite suite = separate_domains(2, 30).build();
  for (Split split : kTrainSideSplits) {
    CHECK(suite.indices(split, 5) == suite.indices(split, 5));
    CHECK(suite.indices(split, 5) != suite.indices(split, 6));
  }
}

TEST_CASE("[suite] the splits cover the train side once, in ascending order, and share no group") {
  const Suite suite = separate_domains(3, 17).build();
  std::vector<int64_t> all;
  std::map<int32_t, std::set<Split>> splits_of_group;
  for (Split split : kTrainSideSplits) {
    const auto indices = suite.indices(split, 11);
    CHECK(std::ranges::is_sorted(indices));
    all.insert(all.end(), indices.begin(), indices.end());
    for (int64_t i : indices) splits_of_group[suite.train_side().group[static_cast<size_t>(i)]].insert(split);
  }
  std::ranges::sort(all);
  REQUIRE(std::ssize(all) == suite.train_side().count);
  for (int64_t i = 0; i < suite.train_side().count; ++i) CHECK(all[static_cast<size_t>(i)] == i);
  for (const auto& [group, splits] : splits_of_group) CHECK(splits.size() == 1);
}

TEST_CASE("[suite] every domain gets its share of each split to within one group") {
  auto parts = separate_domains(2, 53);
  parts.description.shares = {0.61, 0.2, 0.12, 0.07};
  const Suite suite = parts.build();
  for (int32_t domain : {0, 1}) {
    const auto groups = groups_of(suite, domain, 3);
    for (size_t s = 0; s < kTrainSideSplits.size(); ++s) {
      const auto count = static_cast<double>(groups.at(kTrainSideSplits[s]).size());
      CHECK(std::abs(count - 53 * parts.description.shares[s]) <= 1);
    }
  }
}

TEST_CASE("[suite] fifty groups at 0.7, 0.1, 0.1, 0.1 are dealt 35, 5, 5, 5") {
  const auto groups = groups_of(separate_domains(1, 50).build(), 0, 0);
  CHECK(groups.at(Split::train).size() == 35);
  CHECK(groups.at(Split::validation).size() == 5);
  CHECK(groups.at(Split::router).size() == 5);
  CHECK(groups.at(Split::calibration).size() == 5);
}

TEST_CASE("[suite] four groups a domain give each split one, whatever the seed") {
  const Suite suite = separate_domains(3, 4).build();
  for (uint64_t seed = 0; seed < 50; ++seed)
    for (int32_t domain = 0; domain < 3; ++domain) {
      const auto groups = groups_of(suite, domain, seed);
      CHECK(groups.size() == 4);
      for (const auto& [split, ids] : groups) CHECK(ids.size() == 1);
    }
}

TEST_CASE("[suite] three groups are refused with the number that is needed") {
  CHECK(refusal(separate_domains(2, 3)) ==
        "suite 'made': domain 'domain 0' has 3 groups on the train side; at least 4 are needed, one per split");
}

TEST_CASE("[suite] a group that spans all domains goes to one split as a whole") {
  auto parts = separate_domains(2, 0);
  for (int32_t group = 100; group < 140; ++group)
    for (int32_t domain : {0, 1}) add_item(parts.train_side, domain, group);
  parts.test.group = {1, 2};
  const Suite suite = parts.build();
  for (uint64_t seed = 0; seed < 5; ++seed) {
    CHECK(groups_of(suite, 0, seed) == groups_of(suite, 1, seed));
    CHECK(groups_of(suite, 0, seed).at(Split::train).size() == 28);
  }
}

TEST_CASE("[suite] wrong items and descriptions are refused with their reason") {
  struct Case {
    const char* reason;
    void (*spoil)(Parts&);
  };
  const std::vector<Case> cases = {
      {"it has no domains", [](Parts& p) { p.description.domains.clear(); }},
      {"two domains are called 'domain 0'", [](Parts& p) { p.description.domains[1] = "domain 0"; }},
      {"name is empty or not printable", [](Parts& p) { p.description.domains[1] = "a\nb"; }},
      {"name is empty or not printable", [](Parts& p) { p.description.domains[1] = "\xff"; }},
      {"name is empty or not printable", [](Parts& p) { p.description.domains[1] = ""; }},
      {"domain 2 of the train side is out of range", [](Parts& p) { p.train_side.domain[0] = 2; }},
      {"domain -1 of the test is out of range", [](Parts& p) { p.test.domain[0] = -1; }},
      {"domain 'domain 1' has no items in the test", [](Parts& p) { p.test.domain[1] = 0; }},
      {"domain 'domain 1' has no items in the train side", [](Parts& p) { std::ranges::fill(p.train_side.domain, 0); }},
      {"label -1 in the train side is out of range", [](Parts& p) { p.train_side.label[3] = -1; }},
      {"label 3 in the test is out of range; the train side has 3 classes", [](Parts& p) { p.test.label[0] = 3; }},
      {"it has one class only", [](Parts& p) { std::ranges::fill(p.train_side.label, 0); }},
      {"item 2 of the train side holds a value that is not finite",
       [](Parts& p) { p.train_side.values[5] = std::numeric_limits<float>::quiet_NaN(); }},
      {"item 1 of the test holds a value that is not finite",
       [](Parts& p) { p.test.values[2] = -std::numeric_limits<float>::infinity(); }},
      {"group 7 of the test also occurs on the train side", [](Parts& p) { p.test.group[0] = 7; }},
      {"unknown metric 'f1'", [](Parts& p) { p.description.metric = "f1"; }},
      {"metric 'bits_per_byte' does not fit the items", [](Parts& p) { p.description.metric = "bits_per_byte"; }},
      {"every share of the split must be above 0",
       [](Parts& p) {
         p.description.shares = {1, 0, 0, 0};
       }},
      {"the shares of the split do not sum to 1",
       [](Parts& p) {
         p.description.shares = {0.7, 0.1, 0.1, 0.2};
       }},
  };
  CHECK(refusal(separate_domains(2, 6)) == "");
  for (const auto& wrong : cases) {
    auto parts = separate_domains(2, 6);
    wrong.spoil(parts);
    const std::string message = refusal(parts);
    CAPTURE(message);
    CHECK(message.starts_with("suite 'made': "));
    CHECK(message.find(wrong.reason) != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("[suite] items whose lengths disagree are a mistake of the program, not of the user") {
  auto parts = separate_domains(2, 6);
  parts.train_side.label.pop_back();
  CHECK_THROWS_AS(parts.build(), std::logic_error);
}

TEST_CASE("[suite] the digest is of every item, of both sides and of the description") {
  const auto parts = separate_domains(2, 6);
  std::set<std::string> digests = {parts.build().digest()};
  CHECK(digests.begin()->size() == 64);
  CHECK(parts.build().digest() == *digests.begin());
  const std::vector<void (*)(Parts&)> changes = {
      [](Parts& p) { p.train_side.values.back() += 1; },
      [](Parts& p) { p.test.values.back() += 1; },
      [](Parts& p) { p.train_side.label[0] = 1; },
      [](Parts& p) { p.test.label[0] = 1; },
      [](Parts& p) { std::ranges::swap(p.train_side.group[0], p.train_side.group[4]); },
      [](Parts& p) { p.test.group[0] = 1000; },
      [](Parts& p) { std::ranges::swap(p.test.domain[0], p.test.domain[1]); },
      [](Parts& p) { p.description.name = "other"; },
      [](Parts& p) { p.description.licence = "CC0"; },
      [](Parts& p) { p.description.summary = "CC0"; },
      [](Parts& p) { p.description.domains[1] = "other"; },
      [](Parts& p) {
        p.description.shares = {0.6, 0.2, 0.1, 0.1};
      },
  };
  for (auto change : changes) {
    auto changed = parts;
    change(changed);
    CHECK(digests.insert(changed.build().digest()).second);
  }
}

TEST_CASE("[suite] only an Evaluator opens the test, and every opening is logged") {
  static_assert(!ShowsTest<Suite>);
  const auto parts = separate_domains(2, 6);
  const Suite suite = parts.build();
  CHECK(suite.test_count() == 2);
  CHECK_THROWS_AS(suite.indices(Split::test, 0), std::logic_error);

  Evaluator evaluator(suite);
  CHECK(evaluator.openings().empty());
  CHECK(evaluator.open_test("trial 1").values == parts.test.values);
  evaluator.open_test("trial 2");
  CHECK(evaluator.openings() == std::vector<std::string>{"trial 1", "trial 2"});
  CHECK_THROWS_AS(evaluator.open_test(""), std::logic_error);
  CHECK(evaluator.openings().size() == 2);
}

TEST_CASE("[suite] the shape says what an architecture may know") {
  const TaskShape vector = separate_domains(2, 6).build().shape();
  CHECK(vector.kind == InputKind::vector);
  CHECK(vector.input_dim == 2);
  CHECK(vector.outputs == 3);
  CHECK(vector.domains == 2);
  CHECK(vector.vocabulary == 0);

  Parts parts;
  parts.description.metric = "bits_per_byte";
  parts.description.domains = {"only"};
  for (Items* items : {&parts.train_side, &parts.test}) {
    items->kind = InputKind::tokens;
    items->input_dim = 3;
    items->count = 4;
    items->bytes.assign(12, 'x');
    items->domain.assign(4, 0);
    items->group = items == &parts.test ? std::vector<int32_t>{9, 9, 9, 9} : std::vector<int32_t>{1, 2, 3, 4};
  }
  const Suite suite = parts.build();
  CHECK(suite.shape().kind == InputKind::tokens);
  CHECK(suite.shape().input_dim == 3);
  CHECK(suite.shape().vocabulary == 256);
  CHECK(suite.shape().outputs == 256);
  CHECK_FALSE(suite.description().higher_is_better);
}

TEST_CASE("[suite] splits and metrics have names and units") {
  CHECK(name(Split::train) == "train");
  CHECK(name(Split::calibration) == "calibration");
  CHECK(name(Split::test) == "test");
  CHECK(metric_unit("accuracy") == "fraction");
  CHECK(metric_unit("bits_per_byte") == "bits/byte");
  CHECK_THROWS_AS(metric_unit("f1"), std::logic_error);
}
