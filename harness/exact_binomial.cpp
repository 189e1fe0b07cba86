// SPDX-License-Identifier: Apache-2.0
#include "harness/exact_binomial.h"

#include <boost/math/distributions/beta.hpp>

#include "harness/error.h"

namespace loom {

Interval exact_binomial(double right, double count, double confidence) {
  check(count > 0 && right >= 0 && right <= count && confidence > 0 && confidence < 1, "an interval of no share");
  const double outside = (1 - confidence) / 2, wrong = count - right;
  const auto quantile = [](double a, double b, double p) {
    return boost::math::quantile(boost::math::beta_distribution<double>(a, b), p);
  };
  return {right > 0 ? quantile(right, wrong + 1, outside) : 0, wrong > 0 ? quantile(right + 1, wrong, 1 - outside) : 1};
}

}  // namespace loom
