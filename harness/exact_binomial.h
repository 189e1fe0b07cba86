// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/statistics.h"

namespace loom {

// Clopper and Pearson 1934: the interval of a share when `right` of `count` independent items are, exact for any count,
// so never short where tests are small. It says how sure the items alone let one be of one model; what seeds add is
// the crossed interval's. `right` may be a mean over seeds, between whole numbers. 0 <= right <= count, count > 0.
Interval exact_binomial(double right, double count, double confidence = 0.95);

}  // namespace loom
