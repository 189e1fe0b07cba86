// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/data.h"

#include "harness/error.h"
#include "harness/random.h"

namespace loom {

at::Tensor to_tensor(std::span<const int64_t> indices, at::Device device) {
  return at::tensor(at::ArrayRef<int64_t>(indices.data(), indices.size()), at::kLong).to(device);
}

Dataset make_dataset(const Items& items, at::Device device) {
  Dataset data{.kind = items.kind, .inputs = {}, .targets = {}, .domains = {}};
  const auto long_tensor = [&](const std::vector<int32_t>& values) {
    return at::from_blob(const_cast<int32_t*>(values.data()), {std::ssize(values)}, at::kInt).to(at::kLong).to(device);
  };
  data.domains = long_tensor(items.domain);
  if (items.kind == InputKind::tokens) {
    data.inputs = items.ids.empty() ? at::from_blob(const_cast<uint8_t*>(items.bytes.data()),
                                                    {items.count, items.input_dim}, at::kByte)
                                          .to(at::kLong)
                                          .to(device)
                                    : long_tensor(items.ids).view({items.count, items.input_dim});
    data.targets = data.inputs;
    if (!items.scored.empty())
      data.scored = at::from_blob(const_cast<uint8_t*>(items.scored.data()), {items.count, items.input_dim}, at::kByte)
                        .to(at::kBool)
                        .to(device);
  } else if (items.kind == InputKind::bags) {
    data.inputs = long_tensor(items.ids).view({items.count, items.input_dim});
    data.targets = long_tensor(items.label);
  } else {
    data.inputs = at::from_blob(const_cast<float*>(items.values.data()), {items.count, items.input_dim}, at::kFloat)
                      .clone()
                      .to(device);
    data.targets = long_tensor(items.label);
  }
  return data;
}

PooledOrder::PooledOrder(std::vector<int64_t> train, uint64_t seed, std::string purpose)
    : train_(std::move(train)), seed_(seed), purpose_(std::move(purpose)) {
  check(!train_.empty(), "a pooled order needs items");
}

const std::vector<int64_t>& PooledOrder::epoch(int64_t index) {
  while (std::ssize(epochs_) <= index) epochs_.push_back(permutation(size(), Stream(seed_, purpose_, epochs_.size())));
  return epochs_[static_cast<size_t>(index)];
}

void PooledOrder::reach(int64_t position) { epoch(position / size()); }

std::vector<int64_t> PooledOrder::take(int64_t begin, int64_t count, std::span<const int32_t> part_of, int32_t part) {
  check(std::ssize(part_of) == size(), "one part per train item");
  check(std::ranges::find(part_of, part) != part_of.end(), "a member's part holds no train item");
  // Which item is of the part is as good as random, so a branch would be mispredicted: all are written, few are kept.
  std::vector<int64_t> taken(static_cast<size_t>(count + size()));
  int64_t kept = 0;
  for (int64_t index = begin / size(), offset = begin % size(); kept < count; ++index, offset = 0)
    for (const int64_t item : std::span(epoch(index)).subspan(static_cast<size_t>(offset))) {
      taken[static_cast<size_t>(kept)] = train_[static_cast<size_t>(item)];
      kept += part_of[static_cast<size_t>(item)] == part ? 1 : 0;
    }
  taken.resize(static_cast<size_t>(count));
  return taken;
}

}  // namespace loom
