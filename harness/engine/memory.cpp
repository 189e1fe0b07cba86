// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace loom {
namespace memory_detail {

int64_t live_bytes = 0;  // one thread per job, so plain counters do
int64_t peak_bytes = 0;

struct Block {
  void* data;
  int64_t bytes;
};

void release(void* context) {
  auto* block = static_cast<Block*>(context);
  live_bytes -= block->bytes;
  std::free(block->data);
  delete block;
}

class CountingAllocator final : public c10::Allocator {
 public:
  at::DataPtr allocate(size_t bytes) override {
    const at::Device cpu(at::DeviceType::CPU);
    if (bytes == 0) return {nullptr, cpu};
    const size_t rounded = (bytes + 63) / 64 * 64;  // MKL wants 64-byte alignment for equal results
    void* data = std::aligned_alloc(64, rounded);
    if (data == nullptr) throw std::bad_alloc();
    live_bytes += static_cast<int64_t>(bytes);
    peak_bytes = std::max(peak_bytes, live_bytes);
    return {data, new Block{data, static_cast<int64_t>(bytes)}, &release, cpu};
  }
  void copy_data(void* target, const void* source, size_t bytes) const override {
    default_copy_data(target, source, bytes);
  }
};

CountingAllocator allocator;

}  // namespace memory_detail

void install_memory_counter() { c10::SetCPUAllocator(&memory_detail::allocator, /*priority=*/100); }
void reset_memory_peak() { memory_detail::peak_bytes = memory_detail::live_bytes; }
int64_t memory_peak_bytes() { return memory_detail::peak_bytes; }
int64_t memory_live_bytes() { return memory_detail::live_bytes; }

}  // namespace loom
