// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/json.h"
#include "harness/reproduction.h"

namespace loom {

// {"level", "rows": [...], "signs": [...], "uncompared": [...]}; numbers unrounded, null where there is none.
Json reproduction_json(const Reproduction& found);

// One line for each row, then what was not compared, lost signs, and a closing line. Ends with a line feed.
std::string reproduction_text(const Reproduction& found);

// "digits4 serving dense (beyond 2 standard errors; ...)"
std::string describe_failure(const ReproducedRow& row);

}  // namespace loom
