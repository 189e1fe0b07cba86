// SPDX-License-Identifier: Apache-2.0
#include "harness/verdict_calibration.h"

#include <doctest/doctest.h>

#include <cmath>

namespace loom::verdict_calibration_test {
namespace {

// Published for p = 16, n = 64, D = 8, sigma = 1 and a router without error.
TEST_CASE("[verdict calibration] the closed form gives the crossover .6592") {
  CHECK(linear_crossover() == doctest::Approx(0.6592).epsilon(1e-4));
}

// The simulated difference is 0 there and .1 x (1 - 1/8) (1 + 17/512) = .0904 on either side; the spread of one
// difference is about .05, so that 2,000 of them give the mean to .004 at 3 standard errors.
TEST_CASE("[verdict calibration] the simulated world has the closed form's risks") {
  const auto shares = verdict_shares(200, 1);
  REQUIRE(shares.size() == 3);
  CHECK(std::abs(shares[0].effect - 0.0904) < 0.004);
  CHECK(std::abs(shares[1].effect) < 0.004);
  CHECK(std::abs(shares[2].effect + 0.0904) < 0.004);
  for (const VerdictShares& one : shares)
    CHECK(one.supported + one.reversed + one.refuted + one.tied + one.undecided == doctest::Approx(1));
}

TEST_CASE("[verdict calibration] the right word on either side, at most 5 % wrong at the crossover") {
  for (const CalibrationCheck& check : calibrate_verdicts(200, 0)) {
    CAPTURE(check.name);
    CAPTURE(check.value);
    CHECK(check.ok);
  }
}

TEST_CASE("[verdict calibration] equal arguments give equal shares, another seed others") {
  const auto once = verdict_shares(20, 3), again = verdict_shares(20, 3), other = verdict_shares(20, 4);
  CHECK(once[0].effect == again[0].effect);
  CHECK(once[0].effect != other[0].effect);
}

}  // namespace
}  // namespace loom::verdict_calibration_test
