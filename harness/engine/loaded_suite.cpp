// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/loaded_suite.h"

#include <numeric>

#include "harness/partition.h"

namespace loom {

LoadedSuite::LoadedSuite(Suite suite, at::Device device)
    : device_(device), suite_(std::move(suite)), evaluator_(suite_), data_(make_dataset(suite_.train_side(), device)) {}

const std::vector<int64_t>& LoadedSuite::indices(Split split, uint64_t seed) const {
  const auto key = std::pair(static_cast<int>(split), seed);
  auto found = splits_.find(key);
  if (found == splits_.end()) found = splits_.emplace(key, suite_.indices(split, seed)).first;
  return found->second;
}

PooledOrder& LoadedSuite::order(uint64_t seed, Split split) const {
  const std::string purpose = split == Split::train ? "order" : "order/" + std::string(name(split));
  return orders_.try_emplace({static_cast<int>(split), seed}, indices(split, seed), seed, purpose).first->second;
}

const Items& LoadedSuite::open_test(const std::string& who) {
  const Items& items = evaluator_.open_test(who);
  if (!test_data_.inputs.defined()) {
    test_data_ = make_dataset(items, device_);
    test_indices_.resize(static_cast<size_t>(items.count));
    std::iota(test_indices_.begin(), test_indices_.end(), 0);
  }
  return items;
}

const std::vector<int32_t>& LoadedSuite::parts(const Json& partition, uint64_t seed, Split split) const {
  const std::string key = canonical(partition) + std::to_string(seed) + std::string(name(split));
  auto found = parts_.find(key);
  if (found == parts_.end())
    found = parts_
                .emplace(key, find_partition(partition.at("name").get<std::string>())
                                  .assign(partition, shape(), suite_.train_side(), indices(split, seed), seed))
                .first;
  return found->second;
}

LoadedSuite& load_suite(Suites& suites, const Json& component, at::Device device) {
  auto& slot = suites.loaded[canonical(component)];
  if (slot == nullptr) slot = std::make_unique<LoadedSuite>(suites.load(component), device);
  return *slot;
}

}  // namespace loom
