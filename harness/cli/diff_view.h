// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/result_store.h"
#include "harness/table.h"

namespace loom {

// `b` beside `a`: rows whose scores changed, rows that only one side has, and what differs in the configs. Rows are
// matched by suite, column and arm, scores are means over the seeds scored on both sides. text, md and json.
std::string diff_text(const ResultStore& a, const ResultStore& b, Format format);

}  // namespace loom
