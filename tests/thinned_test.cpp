// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "tasks/all.h"

namespace loom::thinned_test {
namespace {

Suite suite(const Json& options) {
  for (const SuiteSource& source : all_suites())
    if (source.facts.name == options.at("name")) return source.load(options);
  fail("no such suite");
}

Json quarter(double keep, int seed = 0) {
  return {{"name", "thinned"}, {"of", {{"name", "digits4"}}}, {"keep", keep}, {"seed", seed}};
}

using Groups = std::map<int32_t, std::set<int32_t>>;
Groups groups_of(const Items& items) {
  Groups groups;
  for (int64_t i = 0; i < items.count; ++i)
    groups[items.domain[static_cast<size_t>(i)]].insert(items.group[static_cast<size_t>(i)]);
  return groups;
}

TEST_CASE("[thinned] a share of each domain's groups, whole, and the same test") {
  const Suite whole = suite({{"name", "digits4"}}), part = suite(quarter(0.25));
  const Groups all = groups_of(whole.train_side()), kept = groups_of(part.train_side());
  REQUIRE(kept.size() == all.size());
  int64_t items = 0;
  for (const auto& [domain, groups] : kept) {
    CHECK(static_cast<double>(groups.size()) ==
          doctest::Approx(0.25 * static_cast<double>(all.at(domain).size())).epsilon(0.01));
    for (int64_t i = 0; i < whole.train_side().count; ++i)
      items += whole.train_side().domain[static_cast<size_t>(i)] == domain &&
                       groups.contains(whole.train_side().group[static_cast<size_t>(i)])
                   ? 1
                   : 0;
  }
  CHECK(items == part.train_side().count);  // none of a kept group is missing
  const Items before = Evaluator(whole).open_test("whole"), after = Evaluator(part).open_test("part");
  CHECK(before.values == after.values);
  CHECK(before.label == after.label);
  CHECK(before.group == after.group);
}

TEST_CASE("[thinned] the draw is the seed's, and all is all") {
  const Suite whole = suite({{"name", "digits4"}}), one = suite(quarter(0.25)), again = suite(quarter(0.25));
  CHECK(one.digest() == again.digest());
  CHECK(one.digest() != suite(quarter(0.25, 1)).digest());
  CHECK(suite(quarter(1)).train_digest() == whole.train_digest());
}

TEST_CASE("[thinned] refuses itself and planted suites") {
  CHECK_THROWS_WITH_AS(suite({{"name", "thinned"}, {"of", quarter(0.5)}, {"keep", 0.5}, {"seed", 0}}),
                       "suite thinned: 'of' is thinned itself; one at a time", InputError);
  CHECK_THROWS_AS(suite({{"name", "thinned"}, {"of", {{"name", "linear"}}}, {"keep", 0.5}, {"seed", 0}}), InputError);
}

}  // namespace
}  // namespace loom::thinned_test
