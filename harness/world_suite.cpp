// SPDX-License-Identifier: Apache-2.0
#include "harness/world_suite.h"

#include "harness/grid.h"

namespace loom {
namespace world_suite_detail {
namespace {

constexpr size_t kWindow = 128;

// Items are their own groups; the first of each domain goes to the test.
class Sides {
 public:
  Sides(InputKind kind, int64_t input_dim) {
    for (Items* side : {&train_, &test_}) {
      side->kind = kind;
      side->input_dim = input_dim;
    }
  }

  Items& next(size_t domain) {
    Items& side = test_.domain.empty() || test_.domain.back() < static_cast<int32_t>(domain) ? test_ : train_;
    ++side.count;
    side.domain.push_back(static_cast<int32_t>(domain));
    side.group.push_back(groups_++);
    return side;
  }

  Suite suite(const std::string& name, const std::string& metric, size_t domains) {
    Suite::Description facts;
    facts.name = name;
    facts.metric = metric;
    facts.licence = "generated";
    facts.source = "planted";
    facts.summary = "one drawn world";
    facts.higher_is_better = metric != "bits_per_byte";
    for (size_t d = 0; d < domains; ++d) facts.domains.push_back("domain" + std::to_string(d));
    return {std::move(facts), std::move(train_), std::move(test_)};
  }

 private:
  Items train_, test_;
  int32_t groups_ = 0;
};

Suite suite_of(const RegressionWorld& world) {
  Sides sides(InputKind::vector, world.dimension);
  const auto width = static_cast<size_t>(world.dimension);
  for (size_t d = 0; d < world.domains.size(); ++d) {
    const auto& [inputs, targets, weights] = world.domains[d];
    for (size_t row = 0; row < targets.size(); ++row) {
      Items& side = sides.next(d);
      for (size_t i = row * width; i < (row + 1) * width; ++i) side.values.push_back(static_cast<float>(inputs[i]));
      side.label.push_back(grid_bin(targets[row]));
      side.target.push_back(static_cast<float>(targets[row]));
    }
  }
  return sides.suite("regression", "accuracy_or_r2", world.domains.size());
}

Suite suite_of(const SequenceWorld& world) {
  Sides sides(InputKind::tokens, kWindow);
  for (size_t d = 0; d < world.domains.size(); ++d) {
    const std::vector<uint8_t>& text = world.domains[d].training;
    for (size_t begin = 0; begin + kWindow <= text.size(); begin += kWindow) {
      Items& side = sides.next(d);
      side.bytes.insert(side.bytes.end(), text.begin() + static_cast<int64_t>(begin),
                        text.begin() + static_cast<int64_t>(begin + kWindow));
    }
  }
  return sides.suite("sequences", "bits_per_byte", world.domains.size());
}

}  // namespace
}  // namespace world_suite_detail

Suite world_suite(const World& world) {
  return std::visit([](const auto& drawn) { return world_suite_detail::suite_of(drawn); }, world);
}

}  // namespace loom
