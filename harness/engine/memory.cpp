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

// The size stands before the data, so that the data pointer is all that release() needs: convolutions ask for memory
// through the raw interface, which hands back no more. 64 bytes are what MKL wants aligned for equal results.
constexpr size_t kAlignment = 64;

void release(void* data) {
  if (data == nullptr) return;
  char* block = static_cast<char*>(data) - kAlignment;
  live_bytes -= *reinterpret_cast<int64_t*>(block);
  std::free(block);
}

class CountingAllocator final : public c10::Allocator {
 public:
  at::DataPtr allocate(size_t bytes) override {
    const at::Device cpu(at::DeviceType::CPU);
    if (bytes == 0) return {nullptr, nullptr, &release, cpu};
    const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    auto* block = static_cast<char*>(std::aligned_alloc(kAlignment, rounded + kAlignment));
    if (block == nullptr) throw std::bad_alloc();
    *reinterpret_cast<int64_t*>(block) = static_cast<int64_t>(bytes);
    live_bytes += static_cast<int64_t>(bytes);
    peak_bytes = std::max(peak_bytes, live_bytes);
    char* data = block + kAlignment;
    return {data, data, &release, cpu};
  }
  at::DeleterFnPtr raw_deleter() const override { return &release; }
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
