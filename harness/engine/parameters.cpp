// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/parameters.h"

#include <algorithm>

#include "harness/error.h"

namespace loom {
namespace parameters_detail {

std::vector<int64_t> with_stack(int64_t stack, const std::vector<int64_t>& shape) {
  std::vector<int64_t> full = {stack};
  full.insert(full.end(), shape.begin(), shape.end());
  return full;
}

int64_t product(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

void draw(std::span<float> values, const Init& init, const Stream& stream) {
  switch (init.kind) {
    case InitKind::zero:
      std::ranges::fill(values, 0.0F);
      return;
    case InitKind::one:
      std::ranges::fill(values, 1.0F);
      return;
    case InitKind::uniform:
      fill_uniform(values, init.scale, stream);
      return;
    case InitKind::normal:
      fill_normal(values, init.scale, stream);
      return;
  }
}

}  // namespace parameters_detail

using namespace parameters_detail;

size_t Parameters::add(std::string name, std::vector<int64_t> shape, Init init, int64_t experts) {
  check(experts == 0 || shape.at(0) == experts, "the expert axis comes first");
  auto value = at::zeros(with_stack(stack_, shape), at::TensorOptions().dtype(at::kFloat).device(device_));
  entries_.push_back({std::move(name), std::move(shape), init, experts, std::move(value)});
  return entries_.size() - 1;
}

std::vector<at::Tensor> Parameters::values() const {
  std::vector<at::Tensor> result;
  for (const Entry& entry : entries_) result.push_back(entry.value);
  return result;
}

int64_t Parameters::count_per_member() const {
  int64_t count = 0;
  for (const Entry& entry : entries_) count += product(entry.shape);
  return count;
}

void Parameters::initialise(std::span<const uint64_t> seeds, std::span<const uint64_t> init_index) {
  check(std::ssize(seeds) == stack_ && std::ssize(init_index) == stack_, "one seed and one init index per member");
  seeds_.assign(seeds.begin(), seeds.end());
  init_index_.assign(init_index.begin(), init_index.end());
  at::NoGradGuard no_grad;
  for (Entry& entry : entries_) {
    const int64_t count = product(entry.shape), parts = std::max<int64_t>(entry.experts, 1), slice = count / parts;
    std::vector<float> values(static_cast<size_t>(count));
    for (int64_t member = 0; member < stack_; ++member) {
      for (int64_t part = 0; part < parts; ++part)  // expert 0 draws what a dense layer of that name would draw
        draw(std::span(values).subspan(part * slice, slice), entry.init,
             Stream(seeds[member], "init/" + entry.name, init_index[member], part));
      entry.value.select(0, member).copy_(at::from_blob(values.data(), entry.shape, at::kFloat));
    }
  }
}

Stream Parameters::stream(int64_t member, std::string_view purpose, uint64_t subindex) const {
  if (seeds_.empty()) return {0, purpose, 0, subindex};  // weights were never drawn: only costs are wanted
  const auto index = static_cast<size_t>(member);
  return {seeds_.at(index), purpose, init_index_.at(index), subindex};
}

Arrays Parameters::save(int64_t member) const {
  Arrays arrays;
  for (const Entry& entry : entries_) {
    const auto slice = entry.value.detach().select(0, member).to(at::kCPU).contiguous();
    arrays[entry.name] = make_f32(entry.shape, slice.data_ptr<float>());
  }
  return arrays;
}

void Parameters::load(int64_t member, const Arrays& arrays, std::string_view what) {
  at::NoGradGuard no_grad;
  if (arrays.size() != entries_.size())
    throw InputError(std::string(what) + ": holds " + std::to_string(arrays.size()) + " tensors, the network has " +
                     std::to_string(entries_.size()));
  for (Entry& entry : entries_) {
    const auto found = arrays.find(entry.name);
    if (found == arrays.end()) throw InputError(std::string(what) + ": no tensor '" + entry.name + "'");
    if (found->second.shape != entry.shape || found->second.type != DType::f32)
      throw InputError(std::string(what) + ": tensor '" + entry.name + "' has another shape or type than the network");
    std::vector<float> values = as_f32(found->second);
    entry.value.select(0, member).copy_(at::from_blob(values.data(), entry.shape, at::kFloat));
  }
}

}  // namespace loom
