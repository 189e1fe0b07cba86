// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// One measure of an arm over its seeds.
struct StreamTerm {
  std::vector<double> by_seed;  // of StreamRow::seeds; empty where the stream has nothing of the kind
  double mean = kUnknown;
  std::optional<Interval> interval;  // bootstrap-t over seeds; none: one seed
};

// What a stream of events left of one arm; see harness/event_stream.h for the measures.
struct StreamRow {
  std::string suite, column, metric, arm, role;
  std::vector<std::string> domains, events;  // no events: trained on all domains at once, the joint reference
  std::vector<size_t> seeds;                 // scored
  StreamTerm acc, bwt, fwt, forgetting, update_flops, deletion_residual, deletion_flops;
  StreamTerm recall;                        // of the last stage: share of items that went to their domain's specialist
  std::vector<std::vector<double>> scores;  // R [events][domains], means over seeds
};

// Scored rows whose records hold a stream, in the plan's order, and behind each suite and column's its rows `dense`,
// the joint references: acc over the domains that its first stream ends with. InputError names a record that is
// inconsistent.
std::vector<StreamRow> stream_rows(const ResultStore& store);

}  // namespace loom
