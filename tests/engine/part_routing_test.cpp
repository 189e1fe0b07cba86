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

// The mean of each part's items of the router split, and whose is nearest to each of `items`.
std::vector<int64_t> nearest_by_hand(const LoadedSuite& suite, const Json& partition,
                                     const std::vector<int64_t>& items) {
  const auto rows = [&](const std::vector<int64_t>& which) {
    return distance_features(suite.data().inputs.index_select(0, to_tensor(which, at::kCPU)), suite.shape(), 0);
  };
  const auto router = rows(suite.indices(Split::router, 0));
  const auto& parts = suite.parts(partition, 0, Split::router);
  std::vector<at::Tensor> centres;
  for (int32_t part = 0; part < suite.shape().domains; ++part) {
    std::vector<int64_t> own;
    for (size_t i = 0; i < parts.size(); ++i)
      if (parts[i] == part) own.push_back(static_cast<int64_t>(i));
    REQUIRE_FALSE(own.empty());
    centres.push_back(router.index_select(0, to_tensor(own, at::kCPU)).to(at::kDouble).mean(0));
  }
  const auto apart = at::cdist(rows(items).to(at::kDouble), at::stack(centres)).argmin(1).contiguous();
  return {apart.data_ptr<int64_t>(), apart.data_ptr<int64_t>() + apart.numel()};
}

TEST_CASE("[router] on clusters, an item goes to the member whose part's items are nearest") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json arm = routed_arm("clusters", "part");
  CHECK_FALSE(rejection(arm, suite.shape()).has_value());
  CHECK(rejection(routed_arm("clusters", "domain"), suite.shape()).has_value());
  CHECK(rejection(routed_arm("pooled", "part"), suite.shape()).value() ==
        "members that all have all data have no part of their own; take target: best_member");
  const auto model = noisy_model(suite, arm, 0);
  const auto members = noisy_members(make_recipe(suite, arm, 64, quick_training(), 0), 0);
  const std::vector<int64_t> items = suite.indices(Split::validation, 0);
  const View view = view_of(suite, items);
  const Outcomes said = forward_outcomes(*model, view);
  std::vector<Outcomes> alone;
  for (const auto& member : members) alone.push_back(forward_outcomes(NetworkModel(member), view));
  const std::vector<int64_t> nearest = nearest_by_hand(suite, arm.at("partition"), items);
  for (size_t item = 0; item < items.size(); ++item)
    CHECK(static_cast<double>(said.target_log_prob[item]) ==
          doctest::Approx(static_cast<double>(alone[static_cast<size_t>(nearest[item])].target_log_prob[item]))
              .epsilon(1e-5));
}

}  // namespace
}  // namespace loom::part_routing_test
