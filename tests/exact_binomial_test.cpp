// SPDX-License-Identifier: Apache-2.0
#include "harness/exact_binomial.h"

#include <doctest/doctest.h>

#include <cmath>

namespace loom::exact_binomial_test {
namespace {

// P(at least `right` of `count`) when each is right with probability p, summed.
double at_least(int right, int count, double p) {
  double sum = 0;
  for (int k = right; k <= count; ++k)
    sum += std::exp(std::lgamma(count + 1) - std::lgamma(k + 1) - std::lgamma(count - k + 1) + k * std::log(p) +
                    (count - k) * std::log1p(-p));
  return sum;
}

// The p at which it is so probable, by bisection.
double share_where(int right, int count, double probability) {
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (at_least(right, count, middle) < probability ? low : high) = middle;
  }
  return low;
}

TEST_CASE("[exact binomial] ends are where the binomial sums leave one in forty on each side") {
  for (const int count : {10, 40, 175})
    for (int right = 1; right < count; right += 1 + count / 9) {
      const Interval interval = exact_binomial(right, count);
      CHECK(interval.low == doctest::Approx(share_where(right, count, 0.025)).epsilon(1e-9));
      CHECK(interval.high == doctest::Approx(share_where(right + 1, count, 0.975)).epsilon(1e-9));
    }
}

TEST_CASE("[exact binomial] none and all have closed forms, and turn into each other") {
  CHECK(exact_binomial(0, 40).low == 0);
  CHECK(exact_binomial(0, 40).high == doctest::Approx(1 - std::pow(0.025, 1.0 / 40)));
  CHECK(exact_binomial(40, 40).high == 1);
  CHECK(exact_binomial(40, 40).low == doctest::Approx(std::pow(0.025, 1.0 / 40)));
  CHECK(exact_binomial(7, 10).low == doctest::Approx(0.34755).epsilon(1e-4));  // the textbooks' 7 of 10
  CHECK(exact_binomial(7, 10).high == doctest::Approx(0.93326).epsilon(1e-4));
  CHECK(exact_binomial(7, 10, 0.9).low > exact_binomial(7, 10).low);
}

TEST_CASE("[exact binomial] a mean over seeds lies between its neighbours") {
  for (const double right : {0.5, 6.5, 9.5}) {
    const Interval interval = exact_binomial(right, 10);
    CHECK(interval.low > exact_binomial(std::floor(right), 10).low);
    CHECK(interval.low < exact_binomial(std::ceil(right), 10).low);
    CHECK(interval.high > exact_binomial(std::floor(right), 10).high);
    CHECK(interval.high < exact_binomial(std::ceil(right), 10).high);
  }
}

}  // namespace
}  // namespace loom::exact_binomial_test
