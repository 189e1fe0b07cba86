// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "harness/json.h"
#include "harness/metrics.h"
#include "harness/statistics.h"

namespace loom {

// The per-(domain, group) sums of a trial, small enough to stand in its record: {"encoding": "bits", "data": base64}
// where every sum is 0 or 1, else little-endian f32. Which cell is which is the same for all trials of a suite: the
// layout.
Json encode_cells(const std::vector<Scores::Cell>& cells);
void decode_cells(const Json& encoded, std::span<double> sums);  // InputError where the sums are not as many
Json cell_layout(const std::vector<Scores::Cell>& cells);        // {"domain": [], "group": [], "count": []}
CellTable empty_table(const Json& layout, int64_t domains);      // cells without seeds
void add_seed(CellTable& table, const Json& encoded);

// Scores of a trial's replicates to the last bit: {"encoding": "f64", "data": base64}.
Json encode_replicates(std::span<const double> scores);
std::vector<double> decode_replicates(const Json& encoded);
CellTable replicate_table(int64_t domains);  // one cell, of one replicate's macro score, without seeds

}  // namespace loom
