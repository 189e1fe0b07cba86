// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <map>

#include "tests/image_files.h"

namespace loom::suites {
SuiteSource img4();
SuiteSource split_img4();
}  // namespace loom::suites

using namespace loom;
using namespace loom::image_files;

namespace loom::split_img4_test {
namespace {

enum Set : uint32_t { kMnist = 1, kFashion = 3, kAnimal = 5, kGlyphs = 6 };

void put_all(const Prepared& data) {
  data.put_halves("mnist", kMnist, 80, 40);
  data.put_halves("fashion", kFashion, 70, 30);
  data.put_set("animal", kAnimal, 100, 10);
  data.put_set("glyphs", kGlyphs, 20 * 15, 20);
}

Suite load_full() { return load_with_defaults(suites::split_img4(), {{"size", "full"}}); }

TEST_CASE("[split_img4] a domain is two classes of one data set, and the label is one of forty") {
  const Prepared data;
  put_all(data);
  const Suite suite = load_full();
  CHECK(suite.shape().outputs == 40);
  CHECK(suite.shape().input_dim == 784);  // nothing tells the domain
  CHECK(suite.shape().domains == 20);
  const auto& names = suite.description().domains;
  CHECK(names.front() == "mnist01");
  CHECK(names[9] == "fashion89");
  CHECK(names.back() == "glyphsIJ");
  const Items &train = suite.train_side(), test = test_of(suite);
  CHECK(items_by_domain(train, 20)[4] == 16);   // 8 and 9 of 80 digits
  CHECK(items_by_domain(test, 20)[7] == 6);     // 4 and 5 of 30
  CHECK(items_by_domain(train, 20)[19] == 24);  // I and J of 12 fonts
  for (const Items* items : {&train, &test})
    for (int64_t i = 0; i < items->count; ++i) {
      const auto at = static_cast<size_t>(i);
      const auto set = static_cast<size_t>(items->domain[at] / 5);  // five domains of each
      const uint32_t half = items == &test ? 1 : 0;
      const uint32_t made_up = std::array<uint32_t, 4>{kMnist + half, kFashion + half, kAnimal, kGlyphs}[set];
      const int64_t place = place_of(bytes_of(*items, i), made_up, 300);
      REQUIRE(place >= 0);
      const int64_t kind = place % (made_up == kGlyphs ? 20 : 10);
      CHECK(items->domain[at] == static_cast<int64_t>(set) * 5 + kind / 2);
      CHECK(items->label[at] == static_cast<int64_t>(set) * 10 + kind);
    }
}

TEST_CASE("[split_img4] images, labels, groups and sides are those of img4, and only the domains are finer") {
  const Prepared data;
  put_all(data);
  const Suite split = load_full();
  const Suite whole = load_with_defaults(suites::img4(), {{"size", "full"}, {"labels", "disjoint"}});
  const Items test = test_of(split), test_of_whole = test_of(whole);
  CHECK(split.train_side().values == whole.train_side().values);
  CHECK(split.train_side().label == whole.train_side().label);
  CHECK(split.train_side().group == whole.train_side().group);
  CHECK(test.values == test_of_whole.values);
  CHECK(test.group == test_of_whole.group);
  CHECK(split.train_digest() != whole.train_digest());
  std::map<int32_t, std::set<int32_t>> inside;
  for (size_t i = 0; i < test.domain.size(); ++i) inside[test_of_whole.domain[i]].insert(test.domain[i]);
  for (const auto& [domain, finer] : inside) {
    CHECK(finer.size() == 5);
    CHECK(*finer.begin() == 5 * domain);
    CHECK(*finer.rbegin() == 5 * domain + 4);
  }
}

TEST_CASE("[split_img4] data that are not here are the machine's fault") {
  const Prepared data;
  CHECK_THROWS_AS(load_full(), EnvironmentError);
}

TEST_CASE("[split_img4] tiny of the real data: two classes of each domain, of about equal number") {
  const SuiteSource source = suites::split_img4();
  if (!all_here(source)) return;
  const Suite tiny = load_with_defaults(source);
  const Items test = test_of(tiny);
  CHECK(tiny.train_side().count == 4 * 3720);
  CHECK(test.count == 3 * 1000 + 930);
  const auto train_items = items_by_domain(tiny.train_side(), 20), test_items = items_by_domain(test, 20);
  for (size_t domain = 0; domain < 20; ++domain) {
    CAPTURE(domain);
    CHECK(std::abs(train_items[domain] - 744) < 5 * std::sqrt(744 * 0.8));  // a binomial's deviation
    CHECK(std::abs(test_items[domain] - 200) < 5 * std::sqrt(200 * 0.8));
  }
  for (const Items* items : {&tiny.train_side(), &test}) {
    std::set<int32_t> classes(items->label.begin(), items->label.end());
    CHECK(classes.size() == 40);
  }
}

}  // namespace
}  // namespace loom::split_img4_test
