// SPDX-License-Identifier: Apache-2.0
#include "harness/calibration.h"

#include <doctest/doctest.h>

#include <set>

TEST_CASE("[calibration] the statistics keep their bounds on planted truths") {
  // At 1,000 draws an instrument without fault leaves the bounds of false positives for 3 % of seeds; at 4,000 for
  // none.
  const auto checks = loom::calibrate_statistics(4000, 1);
  std::set<std::string> names;
  for (const auto& check : checks) {
    CAPTURE(check.name);
    CAPTURE(check.value);
    CHECK(check.ok);
    CHECK_FALSE(check.what.empty());
    names.insert(check.name);
  }
  CHECK(names.size() == checks.size());
}

TEST_CASE("[calibration] a check is ok just where its value lies in its bounds, and is repeatable") {
  const auto once = loom::calibrate_statistics(20, 5), again = loom::calibrate_statistics(20, 5);
  bool any_failed = false;
  for (size_t i = 0; i < once.size(); ++i) {
    CHECK(once[i].value == again[i].value);
    CHECK(once[i].ok == (once[i].low <= once[i].value && once[i].value <= once[i].high));
    any_failed = any_failed || !once[i].ok;
  }
  // Of 20 draws no share lies between .05 and .065 or below .05 but above 0: bounds that hold by chance would show
  // here.
  CHECK(any_failed);
  CHECK_THROWS(loom::calibrate_statistics(0, 1));
}
