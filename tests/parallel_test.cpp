// SPDX-License-Identifier: Apache-2.0
#include "harness/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace loom::parallel_test {
namespace {

TEST_CASE("[parallel] every index is visited once, whatever their number") {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{1000}}) {
    std::vector<std::atomic<int>> visits(count);
    parallel_for(count, [&](size_t i) { ++visits[i]; });
    for (const auto& visited : visits) CHECK(visited == 1);
  }
}

TEST_CASE("[parallel] the error of the lowest index is the one that is told") {
  // The lower of two failures takes longer, so that it is not the first to arrive.
  for (int round = 0; round < 20; ++round) {
    std::string told;
    try {
      parallel_for(100, [](size_t i) {
        if (i == 6) std::this_thread::sleep_for(std::chrono::milliseconds(2));
        if (i >= 6) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      told = error.what();
    }
    CHECK(told == "6");
  }
}

TEST_CASE("[parallel] what precedes the error has run") {
  std::vector<std::atomic<int>> visits(50);
  CHECK_THROWS(parallel_for(50, [&](size_t i) {
    if (i == 40) throw std::runtime_error("forty");
    ++visits[i];
  }));
  for (size_t i = 0; i < 40; ++i) CHECK(visits[i] == 1);
}

}  // namespace
}  // namespace loom::parallel_test
