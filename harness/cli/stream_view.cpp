// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/stream_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace stream_view_detail {
namespace {

using Cells = std::vector<std::vector<std::string>>;

enum class Look { score, difference, flops };
struct NamedTerm {
  const char *key, *title;
  StreamTerm StreamRow::*term;
  Look look;
};
constexpr NamedTerm kTerms[] = {{"acc", "ACC", &StreamRow::acc, Look::score},
                                {"bwt", "BWT", &StreamRow::bwt, Look::difference},
                                {"fwt", "FWT", &StreamRow::fwt, Look::difference},
                                {"forgetting", "forgetting", &StreamRow::forgetting, Look::difference},
                                {"recall", "recall", &StreamRow::recall, Look::score},
                                {"deletion_residual", "residual", &StreamRow::deletion_residual, Look::difference},
                                {"update_flops", "update FLOPs", &StreamRow::update_flops, Look::flops},
                                {"deletion_flops", "deletion FLOPs", &StreamRow::deletion_flops, Look::flops}};

constexpr const char* kLegend[] = {
    "ACC: mean score over the domains present at the end.  joint: one model of all the training compute on all data at "
    "once.",
    "BWT: score at the end - score right after the domain's last data; 0 = nothing lost, - = forgotten.",
    "FWT: score on a domain before its data - score of untrained weights.  forgetting: best score since - score at the "
    "end.",
    "recall: share of items sent to their domain's specialist at the end.  residual: score on a deleted domain - "
    "untrained.",
    "± half the interval; seeds vary.  FLOPs: mean of an event, training and router. BWT, FWT, residual: + = higher "
    "score or fewer bits."};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json document(const StreamRow& row) {
  Json out = {{"suite", row.suite}, {"column", row.column},        {"metric", row.metric},   {"arm", row.arm},
              {"role", row.role},   {"joint", row.events.empty()}, {"domains", row.domains}, {"events", row.events},
              {"seeds", row.seeds}, {"R", Json::array()}};
  for (const auto& scores : row.scores) {
    Json line = Json::array();
    for (const double score : scores) line.push_back(number(score));
    out["R"].push_back(line);
  }
  for (const NamedTerm& named : kTerms) {
    const StreamTerm& term = row.*named.term;
    out[named.key] = {{"by_seed", term.by_seed},
                      {"mean", number(term.mean)},
                      {"interval", term.interval ? Json{term.interval->low, term.interval->high} : Json(nullptr)}};
  }
  return out;
}

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv(std::span<const StreamRow> rows) {
  std::string out = "suite,column,metric,arm,role,joint,seeds";
  for (const NamedTerm& named : kTerms)
    for (const char* end : {"", "_low", "_high"}) out += std::string(",") + named.key + end;
  out += "\n";
  for (const StreamRow& row : rows) {
    for (const std::string& text : {row.suite, row.column, row.metric, row.arm, row.role}) out += csv_text(text) + ",";
    out += (row.events.empty() ? "true," : "false,") + std::to_string(row.seeds.size());
    for (const NamedTerm& named : kTerms) {
      const StreamTerm& term = row.*named.term;
      out += "," + (std::isfinite(term.mean) ? number_text(term.mean) : "");
      out += "," + (term.interval ? number_text(term.interval->low) : "");
      out += "," + (term.interval ? number_text(term.interval->high) : "");
    }
    out += "\n";
  }
  return out;
}

std::string cell(const StreamTerm& term, Look look) {
  if (look == Look::flops && std::isfinite(term.mean)) return table_parts::count_text(term.mean);
  return table_parts::with_half(term.mean, term.interval, look == Look::difference);
}

// Measures that no arm of the block has take no room.
Cells cells(std::span<const StreamRow> block) {
  Cells out = {{"arm"}};
  for (const StreamRow& row : block)
    out.push_back({printable(row.arm) + (row.events.empty()        ? " (joint)"
                                         : row.role == "reference" ? " (reference)"
                                                                   : "")});
  for (const NamedTerm& named : kTerms) {
    if (std::ranges::none_of(block, [&](const StreamRow& row) { return std::isfinite((row.*named.term).mean); }))
      continue;
    out[0].emplace_back(named.title);
    for (size_t i = 0; i < block.size(); ++i) out[i + 1].push_back(cell(block[i].*named.term, named.look));
  }
  return out;
}

std::string title(std::span<const StreamRow> block) {
  const StreamRow& first = block[0];
  std::string events;
  for (const std::string& event : first.events) events += (events.empty() ? "" : ", ") + event;
  const bool same = std::ranges::all_of(
      block, [&](const StreamRow& row) { return row.events.empty() || row.events == first.events; });
  return printable(first.suite) + " · " + first.column + " · " + first.metric + " · " +
         (same ? events : "streams differ, see --json") + " · " + std::to_string(first.seeds.size()) +
         (first.seeds.size() == 1 ? " seed" : " seeds");
}

std::string prose(std::span<const StreamRow> rows, bool markdown) {
  std::string out;
  for (size_t first = 0, last = 0; first < rows.size(); first = last) {
    while (last < rows.size() && rows[last].suite == rows[first].suite && rows[last].column == rows[first].column)
      ++last;
    const auto block = rows.subspan(first, last - first);
    out += (markdown ? "### " : "") + title(block) + "\n" + (markdown ? "\n" : "");
    out += markdown ? markdown_rows(cells(block)) : aligned(cells(block)) + "\n";
  }
  if (rows.empty()) return "No arm of a stream is recorded.\n";
  for (const char* line : kLegend) out += (markdown ? "- " : "") + std::string(line) + "\n";
  return out;
}

}  // namespace
}  // namespace stream_view_detail

std::string render(std::span<const StreamRow> rows, Format format) {
  using namespace stream_view_detail;
  if (format == Format::csv) return csv(rows);
  if (format != Format::json) return prose(rows, format == Format::md);
  Json out = Json::array();
  for (const StreamRow& row : rows) out.push_back(document(row));
  return out.dump(1) + "\n";
}

}  // namespace loom
