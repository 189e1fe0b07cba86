// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/suite.h"

namespace loom {

// The only way to a suite's test items. Every opening is logged, so a record can show who looked, and how often.
class Evaluator {
 public:
  explicit Evaluator(const Suite& suite) : suite_(suite) {}
  explicit Evaluator(const Suite&& suite) = delete;  // the suite must outlive its evaluator
  const Items& open_test(std::string_view who);      // who: what opens it, e.g. the trial's id; never empty
  const std::vector<std::string>& openings() const { return openings_; }

 private:
  const Suite& suite_;
  std::vector<std::string> openings_;
};

}  // namespace loom
