// SPDX-License-Identifier: Apache-2.0
#include "harness/stacks.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace loom {
namespace stacks_detail {

constexpr double kStackFlops = 8e7;  // below this per step a training step is bound by overhead, and stacking pays
constexpr size_t kLargestStack = 8;

}  // namespace stacks_detail

std::string stack_key(const Json& run) {
  Json key;
  for (const char* part : {"network", "steps", "suite", "train", "validation_items"}) key[part] = run.at(part);
  for (const char* part : {"schedule", "trains", "teacher", "below"}) key[part] = run.value(part, Json());
  return key.dump();
}

size_t stack_limit(const Json& run) {
  using namespace stacks_detail;
  if (run.contains("teacher") || run.contains("below")) return 1;
  return std::clamp<size_t>(static_cast<size_t>(kStackFlops / std::max(run.at("step_flops").get<double>(), 1.0)), 1,
                            kLargestStack);
}

double stack_seconds(const Json& run, size_t stack) {
  const double overhead_s = run.at("network").at("layer").at("name") == "dense" ? 3e-4 : 1.5e-3;
  return run.at("steps").get<double>() *
         (overhead_s + static_cast<double>(stack) * run.at("step_flops").get<double>() / 3e10);
}

}  // namespace loom
