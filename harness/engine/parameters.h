// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/torch.h"
#include "harness/random.h"
#include "harness/safetensors.h"

namespace loom {

enum class InitKind { zero, one, uniform, normal };
struct Init {
  InitKind kind = InitKind::zero;
  double scale = 0;  // bound of uniform, standard deviation of normal
};

// Named parameters of a stack of K like networks: every tensor has K as its first dimension.
class Parameters {
 public:
  explicit Parameters(int64_t stack, at::Device device) : stack_(stack), device_(device) {}
  // `shape` is without K. experts > 0: shape[0] is the expert axis and each expert draws from its own stream.
  size_t add(std::string name, std::vector<int64_t> shape, Init init, int64_t experts = 0);
  const at::Tensor& operator[](size_t index) const { return entries_[index].value; }
  size_t size() const { return entries_.size(); }
  std::vector<at::Tensor> values() const;
  const std::string& name(size_t index) const { return entries_[index].name; }
  // Member k of the stack starts from the streams of init_index[k] of its seed.
  void initialise(std::span<const uint64_t> seeds, std::span<const uint64_t> init_index);
  // A stream of that member's own, whatever is stacked with it: keyed by its seed and init index.
  Stream stream(int64_t member, std::string_view purpose, uint64_t subindex) const;
  Arrays save(int64_t member) const;  // without K
  void load(int64_t member, const Arrays& arrays,
            std::string_view what);  // names, shapes, dtypes checked; copies in place
  int64_t stack() const { return stack_; }
  at::Device device() const { return device_; }
  int64_t count_per_member() const;

 private:
  struct Entry {
    std::string name;
    std::vector<int64_t> shape;
    Init init;
    int64_t experts;
    at::Tensor value;
  };
  int64_t stack_;
  at::Device device_;
  std::vector<Entry> entries_;
  std::vector<uint64_t> seeds_, init_index_;  // as initialise was told
};

}  // namespace loom
