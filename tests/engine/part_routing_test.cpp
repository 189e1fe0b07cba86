// SPDX-License-Identifier: Apache-2.0
#include "harness/partition.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::part_routing_test {
namespace {

Json routed_arm(const std::string& partition, const std::string& target) {
  return {{"name", "specialists"},
          {"partition", {{"name", partition}, {"parts", nullptr}}},
          {"birth", {{"name", "cold"}}},
          {"combiner", {{"name", "nearest_centroid"}, {"temperature", 0}, {"top", 0}, {"target", target}}},
          {"backbone", backbone(Stub::vector)}};
}

TEST_CASE("[router] on domains, target part is target domain") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const View view = view_of(suite, suite.indices(Split::validation, 0));
  const auto by_part = noisy_model(suite, routed_arm("domain", "part"), 0);
  const auto by_domain = noisy_model(suite, routed_arm("domain", "domain"), 0);
  CHECK(forward_outcomes(*by_part, view).log_probs == forward_outcomes(*by_domain, view).log_probs);
}

TEST_CASE("[router] on clusters, an item goes to the member whose cluster is nearest, mostly its own") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json arm = routed_arm("clusters", "part");
  CHECK_FALSE(rejection(arm, suite.shape()).has_value());
  CHECK(rejection(routed_arm("clusters", "domain"), suite.shape()).has_value());
  CHECK(rejection(routed_arm("pooled", "part"), suite.shape()).value() ==
        "members that all have all data have no part of their own; take target: best_member");
  const auto model = noisy_model(suite, arm, 0);
  const auto members = noisy_members(make_recipe(suite, arm, 64, quick_training(), 0), 0);
  const std::vector<int64_t> items = suite.indices(Split::validation, 0);
  const auto& parts = suite.parts(arm.at("partition"), 0, Split::validation);
  const View view = view_of(suite, items);
  const Outcomes said = forward_outcomes(*model, view);
  std::vector<Outcomes> alone;
  for (const auto& member : members) alone.push_back(forward_outcomes(NetworkModel(member), view));
  int64_t own = 0;
  for (size_t item = 0; item < items.size(); ++item)
    own += said.target_log_prob[item] == alone[static_cast<size_t>(parts[item])].target_log_prob[item] ? 1 : 0;
  CHECK(2 * own > std::ssize(items));
}

}  // namespace
}  // namespace loom::part_routing_test
