// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/report/section.h"
#include "harness/stream_table.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace stream_detail {
namespace {

struct Column {
  const char* title;
  StreamTerm StreamRow::*term;
  bool flops;
};
constexpr Column kColumns[] = {{"score at the end", &StreamRow::acc, false},
                               {"backward transfer", &StreamRow::bwt, false},
                               {"forward transfer", &StreamRow::fwt, false},
                               {"forgetting", &StreamRow::forgetting, false},
                               {"recall", &StreamRow::recall, false},
                               {"residual", &StreamRow::deletion_residual, false},
                               {"FLOPs of an update", &StreamRow::update_flops, true},
                               {"FLOPs of a deletion", &StreamRow::deletion_flops, true}};

std::string term_text(const StreamTerm& term, bool flops) {
  if (term.by_seed.empty() || !std::isfinite(term.mean)) return "-";
  if (flops) return table_parts::count_text(term.mean);
  return table_parts::decimal(term.mean, 3) +
         (term.interval ? " ±" + table_parts::decimal((term.interval->high - term.interval->low) / 2, 3) : "");
}

Markup stages(const StreamRow& row) {
  Cells cells = {.header = {"after"}};
  cells.header.insert(cells.header.end(), row.domains.begin(), row.domains.end());
  for (size_t event = 0; event < std::min(row.scores.size(), row.events.size()); ++event) {
    std::vector<Markup>& out = cells.rows.emplace_back();
    out.push_back(html("{}. {}", event + 1, row.events[event]));
    for (const double score : row.scores[event]) out.push_back(html("{}", table_parts::decimal(score, 3)));
  }
  return cells.rows.empty() ? Markup()
                            : table(row.arm + ": score on each domain after each event, means over seeds", cells);
}

}  // namespace
}  // namespace stream_detail

Section streams(const Study& study) {
  using namespace stream_detail;
  Section out = {.id = "streams", .title = "Streams of events", .body = {}, .charts = {}};
  const std::vector<StreamRow> rows = stream_rows(study.store);
  if (rows.empty()) return out;
  out.body += per_block(study, [&](const ComparedBlock& block) {
    Cells cells = {.header = {"arm"}};
    for (const Column& column : kColumns) cells.header.emplace_back(column.title);
    Markup after;
    for (const StreamRow& row : rows) {
      if (row.suite != block.suite || row.column != block.column) continue;
      cells.rows.push_back({html("{}", row.arm + (row.events.empty() ? " (joint)" : ""))});
      for (const Column& column : kColumns)
        cells.rows.back().push_back(html("{}", term_text(row.*column.term, column.flops)));
      after += stages(row);
    }
    if (cells.rows.empty()) return Markup();
    Markup inside = table("means over seeds ± half the interval, of seeds", cells);
    inside += disclosure(false, html("Scores after each event"), after);
    return inside;
  });
  out.body +=
      notes({"score at the end: mean over the domains present. joint: one model of all the training compute on all "
             "data at once. backward transfer: score at the end minus score right after the domain's last data.",
             "forward transfer: score on a domain before its data minus that of untrained weights. recall: share of "
             "items sent to their own specialist. residual: score on a deleted domain minus untrained."});
  return out;
}

}  // namespace loom::report
