// SPDX-License-Identifier: Apache-2.0
#include "harness/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace loom {
namespace parallel_detail {
namespace {

// Every index below one that failed was begun before it, and what is begun is ended: the lowest failure is always
// found.
class Work {
 public:
  Work(size_t count, const std::function<void(size_t)>& body) : count_(count), body_(body) {}

  void run() {
    while (!failed_) {
      const size_t index = next_++;
      if (index >= count_) return;
      try {
        body_(index);
      } catch (...) {
        keep(index, std::current_exception());
      }
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void keep(size_t index, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    if (error_ && lowest_ < index) return;
    lowest_ = index;
    error_ = std::move(error);
  }

  size_t count_;
  const std::function<void(size_t)>& body_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  size_t lowest_ = 0;
  std::exception_ptr error_;
};

}  // namespace
}  // namespace parallel_detail

void parallel_for(size_t count, const std::function<void(size_t)>& body) {
  parallel_detail::Work work(count, body);
  {
    std::vector<std::jthread> helpers;
    const size_t cores = std::min<size_t>(count, std::thread::hardware_concurrency());
    try {
      while (helpers.size() + 1 < cores) helpers.emplace_back([&work] { work.run(); });
    } catch (const std::system_error&) {
      // No thread more is allowed here: fewer do the same.
    }
    work.run();
  }
  work.rethrow();
}

}  // namespace loom
