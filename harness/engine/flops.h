// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "harness/engine/torch.h"

namespace loom {

// Counts floating-point operations (multiply-add = 2) at LibTorch's dispatcher, forward and backward. Only leaf
// operations count (mm, addmm, bmm, baddbmm, convolution, attention), never the wrappers that call them. An operation
// that multiplies matrices and has no rule here is an error, not zero. Counting slows the code: never time under it.
class FlopCounter {
 public:
  FlopCounter();
  ~FlopCounter();
  FlopCounter(const FlopCounter&) = delete;
  FlopCounter& operator=(const FlopCounter&) = delete;
  static bool active();  // whether this thread is counting
  // For products that call no operation of the library: left [rows, in] times right [in, out]. Nothing where none
  // counts.
  static void add_product(int64_t rows, int64_t in, int64_t out);
  int64_t total() const;  // throws (check) when an unknown matrix operation was seen

  struct State;

 private:
  std::shared_ptr<State> state_;
  uint64_t handle_ = 0;
};

int64_t count_flops(const std::function<void()>& work);

}  // namespace loom
