// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/evaluator.h"
#include "harness/random.h"
#include "tasks/all.h"
#include "tasks/sources/held_out.h"
#include "tasks/sources/inner_suite.h"

namespace loom::suites {
namespace thinned_detail {
namespace {

// Whole groups, drawn in each domain: an item's near copies stay or go with it.
std::vector<int64_t> kept(const Items& items, double share, uint64_t seed) {
  std::map<int32_t, std::map<int32_t, std::vector<int64_t>>> groups;  // by domain, by group
  for (int64_t i = 0; i < items.count; ++i)
    groups[items.domain[static_cast<size_t>(i)]][items.group[static_cast<size_t>(i)]].push_back(i);
  std::vector<int64_t> keep;
  for (const auto& [domain, own] : groups) {
    std::vector<const std::vector<int64_t>*> all;
    for (const auto& [group, rows] : own) all.push_back(&rows);
    const auto order = permutation(std::ssize(all), Stream(seed, "thinned", static_cast<uint64_t>(domain)));
    const auto count = std::max<int64_t>(1, std::llround(share * static_cast<double>(all.size())));
    for (int64_t i = 0; i < count; ++i) {
      const auto& rows = *all[static_cast<size_t>(order[static_cast<size_t>(i)])];
      keep.insert(keep.end(), rows.begin(), rows.end());
    }
  }
  std::ranges::sort(keep);
  return keep;
}

Suite load(const Json& options) {
  const Suite inner = sources::load_inner(options.at("of"), "thinned");
  const double share = options.at("keep");
  Suite::Description description = inner.description();
  description.summary += "; " + options.at("keep").dump() + " of its groups to learn from";
  const Items& train = inner.train_side();
  return Suite(std::move(description), sources::selected(train, kept(train, share, options.at("seed"))),
               Evaluator(inner).open_test("a suite with less to learn from"));
}

}  // namespace
}  // namespace thinned_detail

SuiteSource thinned() {
  using enum FieldType;
  return {.facts = {.kind = "suite",
                    .name = "thinned",
                    .summary = "any suite with a share of its train side and the same test",
                    .fields =
                        {{.name = "of",
                          .type = component,
                          .required = true,
                          .component = "suite",
                          .doc = "the suite that keeps less to learn from"},
                         {.name = "keep",
                          .type = real,
                          .fallback = 0.25,
                          .min = 0.001,
                          .max = 1,
                          .doc = "share of each domain's groups"},
                         {.name = "seed", .type = integer, .fallback = 0, .min = 0, .max = 1e9, .doc = "of the draw"}}},
          .load = thinned_detail::load};
}

}  // namespace loom::suites
