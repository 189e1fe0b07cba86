// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <numeric>

#include "harness/random.h"
#include "tasks/sources/mnist_views.h"

namespace loom::suites {
namespace permuted_mnist_detail {
namespace {

constexpr int64_t kPixels = 28 * 28, kTasks = 10;

// Task 0 leaves the pixels where they are.
std::vector<int64_t> order_of_pixels(int64_t task, uint64_t seed) {
  if (task > 0) return permutation(kPixels, Stream(seed, "permuted_mnist", static_cast<uint64_t>(task)));
  std::vector<int64_t> order(kPixels);
  std::iota(order.begin(), order.end(), int64_t{0});
  return order;
}

SuiteCard card(int64_t tasks) {
  std::vector<std::string> domains;
  for (int64_t task = 0; task < tasks; ++task) domains.push_back("task" + std::to_string(task));
  return sources::mnist_card(std::move(domains));
}

Suite load(const Json& options) {
  const std::string images = options.at("images"), size = options.at("size");
  const int64_t tasks = options.at("tasks");
  std::vector<std::vector<int64_t>> orders;
  for (int64_t task = 0; task < tasks; ++task) orders.push_back(order_of_pixels(task, options.at("seed")));
  const auto permuted = [&](sources::Pixels image, int64_t task) {
    std::vector<uint8_t> result;
    result.reserve(image.size());
    for (int64_t from : orders[static_cast<size_t>(task)]) result.push_back(image[static_cast<size_t>(from)]);
    return result;
  };
  auto [train_side, test] =
      sources::view_mnist({"permuted_mnist", tasks, sources::is_tiny(options), images == "same", permuted});
  return {sources::describe_mnist(card(tasks), "permuted_mnist",
                                  "MNIST under a fixed order of pixels for each task; " + images + " images; " + size),
          std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace permuted_mnist_detail

SuiteSource permuted_mnist() {
  using namespace permuted_mnist_detail;
  return {{.kind = "suite",
           .name = "permuted_mnist",
           .summary = "MNIST whose pixels change places, another fixed order in each domain; task0 leaves them",
           .paper = "Goodfellow 2013",
           .inputs = {"vector"},
           .fields = {{.name = "tasks", .fallback = kTasks, .min = 2, .max = 50, .doc = "domains, task0 as it was"},
                      sources::size_field(),
                      sources::images_field(),
                      {.name = "seed", .fallback = 0, .min = 0, .max = 1e9, .doc = "of the orders of pixels"}}},
          load,
          {},
          card(kTasks)};
}

}  // namespace loom::suites
