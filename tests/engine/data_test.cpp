// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <numeric>
#include <ranges>
#include <set>

#include "harness/engine/memory.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::data_test {
namespace {

std::vector<int64_t> numbers(int64_t count, int64_t first) {
  std::vector<int64_t> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), first);
  return values;
}

std::vector<int32_t> assign(const Json& partition, const LoadedSuite& suite, uint64_t seed) {
  return suite.parts(partition, seed, Split::train);
}

}  // namespace
}  // namespace loom::data_test

using namespace loom::data_test;

TEST_CASE("[order] the items of a part come in the pooled order, whatever the other parts are") {
  const auto train = numbers(23, 100);
  std::vector<int32_t> part_of;
  for (int64_t i = 0; i < 23; ++i) part_of.push_back(static_cast<int32_t>(i * i % 3));
  PooledOrder order(train, 4, "order");
  for (const int64_t begin : {0, 5, 40}) {
    const auto pooled = order.take(begin, 120, std::vector<int32_t>(23, 0), 0);
    for (int32_t part = 0; part < 2; ++part) {
      std::vector<int64_t> filtered;
      for (const int64_t item : pooled)
        if (part_of[static_cast<size_t>(item - 100)] == part) filtered.push_back(item);
      CHECK(PooledOrder(train, 4, "order").take(begin, std::ssize(filtered), part_of, part) == filtered);
    }
  }
}

TEST_CASE("[order] every epoch is a fresh permutation, of its seed and purpose alone") {
  const auto train = numbers(17, 0);
  const std::vector<int32_t> all(17, 0);
  PooledOrder order(train, 4, "order");
  const auto taken = order.take(0, 51, all, 0);
  std::set<std::vector<int64_t>> epochs;
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t> items(taken.begin() + epoch * 17, taken.begin() + (epoch + 1) * 17);
    epochs.insert(items);
    std::ranges::sort(items);
    CHECK(items == train);
  }
  CHECK(epochs.size() == 3);
  CHECK(PooledOrder(train, 4, "order").take(20, 10, all, 0) ==
        std::vector<int64_t>(taken.begin() + 20, taken.begin() + 30));
  CHECK(PooledOrder(train, 5, "order").take(0, 51, all, 0) != taken);
  CHECK(PooledOrder(train, 4, "router/order").take(0, 51, all, 0) != taken);
}

TEST_CASE("[order] a part without items is refused, not searched for ever") {
  CHECK_THROWS_AS(PooledOrder(numbers(4, 0), 0, "order").take(0, 1, std::vector<int32_t>(4, 0), 1), std::logic_error);
  CHECK_THROWS_AS(PooledOrder({}, 0, "order"), std::logic_error);
}

TEST_CASE("[partition] random parts are equal in size, keep groups together and follow the seed") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Items& items = suite.suite().train_side();
  for (const Json& count : {Json(nullptr), Json(2), Json(5)}) {
    const Json partition = {{"name", "random"}, {"parts", count}};
    const int64_t parts = count.is_null() ? 3 : count.get<int64_t>();
    const auto of_item = assign(partition, suite, 1);
    const auto& indices = suite.indices(Split::train, 1);
    REQUIRE(of_item.size() == indices.size());
    std::map<int32_t, std::set<int32_t>> parts_of_group;
    std::map<int32_t, int64_t> groups_in_part, domains_mixed;
    std::map<int32_t, std::set<int32_t>> domains_of_part;
    for (size_t i = 0; i < indices.size(); ++i) {
      const auto item = static_cast<size_t>(indices[i]);
      if (parts_of_group[items.group[item]].insert(of_item[i]).second) ++groups_in_part[of_item[i]];
      domains_of_part[of_item[i]].insert(items.domain[item]);
    }
    for (const auto& [group, own] : parts_of_group) CHECK(own.size() == 1);
    CHECK(std::ssize(groups_in_part) == parts);
    const auto [least, most] = std::ranges::minmax(groups_in_part | std::views::values);
    CHECK(most - least <= 1);
    for (const auto& [part, domains] : domains_of_part) CHECK(domains.size() == 3);  // it means nothing
    CHECK(LoadedSuite(make_suite(Stub::vector), at::kCPU).parts(partition, 1, Split::train) == of_item);
    CHECK(assign(partition, suite, 2) != of_item);
  }
}

TEST_CASE("[partition] domain parts are the domains, pooled parts hold everything") {
  const LoadedSuite& suite = loaded(Stub::tokens);
  const auto of_item = assign({{"name", "domain"}}, suite, 0);
  const auto& indices = suite.indices(Split::train, 0);
  for (size_t i = 0; i < indices.size(); ++i)
    CHECK(of_item[i] == suite.suite().train_side().domain[static_cast<size_t>(indices[i])]);
  for (const int32_t part : assign({{"name", "pooled"}, {"parts", 4}}, suite, 0)) CHECK(part == 0);
}

TEST_CASE("[dataset] tensors hold what the items hold") {
  const LoadedSuite& labels = loaded(Stub::vector);
  const Items& items = labels.suite().train_side();
  CHECK(labels.data().inputs[5][3].item<float>() == items.values[5 * 8 + 3]);
  CHECK(labels.data().targets[7].item<int64_t>() == items.label[7]);
  const LoadedSuite& bytes = loaded(Stub::tokens);
  CHECK(bytes.data().inputs[5][31].item<int64_t>() == bytes.suite().train_side().bytes[5 * 32 + 31]);
  CHECK(bytes.data().domains[4].item<int64_t>() == bytes.suite().train_side().domain[4]);
  CHECK_FALSE(bytes.data().scored.defined());
  const LoadedSuite& bags = loaded(Stub::bags);
  const Items& held = bags.suite().train_side();
  CHECK(bags.data().inputs.sizes().vec() == std::vector<int64_t>{held.count, 9});
  for (int64_t i = 0; i < 9; ++i) CHECK(bags.data().inputs[5][i].item<int64_t>() == held.ids[5 * 9 + i]);
  CHECK(bags.data().inputs.lt(0).any().item<bool>());
  CHECK(bags.data().targets[7].item<int64_t>() == held.label[7]);
  const LoadedSuite& scored = loaded(Stub::scored);
  for (int64_t i = 0; i < 32; ++i)
    CHECK(scored.data().scored[5][i].item<bool>() == (scored.suite().train_side().scored[5 * 32 + i] == 1));
}

TEST_CASE("[memory] the counter sees every allocation, and the peak outlives it") {
  const int64_t before = memory_live_bytes();
  reset_memory_peak();
  CHECK(memory_peak_bytes() == before);
  {
    const auto kept = at::zeros({1000}, at::kFloat);
    CHECK(memory_live_bytes() == before + 4000);
    { const auto passing = at::zeros({500}, at::kDouble); }
    CHECK(memory_live_bytes() == before + 4000);
    CHECK(memory_peak_bytes() == before + 8000);
  }
  CHECK(memory_live_bytes() == before);
  CHECK(memory_peak_bytes() == before + 8000);
  c10::Allocator* allocator = c10::GetAllocator(at::kCPU);  // convolutions ask for memory without a tensor
  void* raw = allocator->raw_allocate(123);
  CHECK(reinterpret_cast<uintptr_t>(raw) % 64 == 0);
  CHECK(memory_live_bytes() == before + 123);
  allocator->raw_deallocate(raw);
  CHECK(memory_live_bytes() == before);
  reset_memory_peak();
  CHECK(memory_peak_bytes() == before);
}
