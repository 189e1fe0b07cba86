// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/claims.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace claims_text_detail {
namespace {

constexpr size_t kWidth = 100;
using Row = std::vector<std::string>;

std::string word(const CellVerdict& verdict) { return verdict.strong ? "STRONG" : verdict_word(verdict.verdict); }

std::string word(const ClaimVerdict& verdict) {
  return verdict.robust ? "SUPPORTED, robust" : verdict_word(verdict.verdict);
}

// A long label keeps its last word, which tells the probes of a search apart.
std::string short_suite(const std::string& suite) {
  constexpr size_t kLength = 24;
  const size_t blank = suite.rfind(' ');
  const std::string tail = blank == suite.npos ? "" : suite.substr(blank);
  if (character_count(suite) <= kLength || character_count(tail) + 4 > kLength) return shortened(suite, kLength);
  return shortened(suite.substr(0, blank), kLength - character_count(tail)) + tail;
}

// Two digits of the half interval.
int decimals(const ClaimCell& cell) {
  const double half = cell.interval ? (cell.interval->high - cell.interval->low) / 2 : 0;
  return half > 0 ? static_cast<int>(std::clamp(1 - std::floor(std::log10(half)), 0.0, 6.0)) : 4;
}

std::string needed_text(const ClaimCell& cell) {
  if (cell.verdict.verdict != Verdict::undecided) return "";
  if (cell.more_groups) return ", more groups";
  if (cell.needed) return ", n " + std::to_string(*cell.needed);
  return cell.pairs == 0 ? ", no score yet" : "";
}

Row cell_row(const ClaimCell& cell) {
  using namespace table_parts;
  const int digits = decimals(cell);
  std::string interval = "-";
  if (cell.interval)
    interval =
        "[" + signed_decimal(cell.interval->low, digits) + ", " + signed_decimal(cell.interval->high, digits) + "]";
  const bool scored = cell.pairs > 0;
  return {short_suite(printable(cell.suite)),
          cell.column,
          std::to_string(cell.pairs),
          scored ? signed_decimal(cell.theta, digits) : "-",
          interval,
          scored ? probability_text(cell.p) : "-",
          scored ? probability_text(cell.p_adjusted) : "-",
          word(cell.verdict) + needed_text(cell)};
}

// Columns as wide as their widest cell; the last one is not padded.
std::string aligned_rows(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows[0].size(), 0);
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], character_count(row[i]));
  std::string out;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (size_t i = 0; i + 1 < row.size(); ++i)
      line += row[i] + std::string(widths[i] - character_count(row[i]) + 2, ' ');
    out += shortened(line + row.back(), kWidth) + "\n";
  }
  return out;
}

// "best fabric over best monolith", and which arms they are where that differs from cell to cell.
std::string arms_text(const JudgedClaim& judged) {
  std::string out =
      shortened("  " + printable(side_text(judged.claim.better)) + " over " + printable(side_text(judged.claim.than)),
                kWidth) +
      "\n";
  if (judged.claim.better.family.empty() && judged.claim.than.family.empty()) return out;
  for (const ClaimCell& cell : judged.cells) {
    const auto named = [](const std::string& arm) { return arm.empty() ? std::string("none") : printable(arm); };
    out += shortened("    " + cell.column + ", " + printable(cell.suite) + ": " + named(cell.better) + " over " +
                         named(cell.than),
                     kWidth) +
           "\n";
  }
  return out;
}

std::string cells_with(const JudgedClaim& judged, Verdict verdict) {
  std::string out;
  for (const ClaimCell& cell : judged.cells)
    if (cell.verdict.verdict == verdict) out += (out.empty() ? "" : "; ") + printable(cell.suite) + " " + cell.column;
  return out;
}

// Broken at blanks; later lines are indented further.
std::string wrapped(const std::string& text) {
  std::string out, line = " ";
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string next = text.substr(begin, end - begin);
    if (character_count(line) + 1 + character_count(next) > kWidth) {
      out += line + "\n";
      line = "   ";
    }
    line += " " + next;
    begin = end + 1;
  }
  return out + line + "\n";
}

std::string boundary_text(const ClaimBoundary& boundary) {
  using table_parts::decimal;
  std::string out = "  boundary of " + printable(boundary.suite) + ": " + printable(boundary.over) + " " +
                    decimal(boundary.found, 4) + " [" + decimal(boundary.low, 4) + ", " + decimal(boundary.high, 4) +
                    "]";
  if (boundary.truth) out += ", true " + decimal(*boundary.truth, 4);
  return out + ", " + std::to_string(boundary.probes) + " probes\n";
}

std::string head(const JudgedClaim& judged) {
  const std::string status = judged.registered ? "registered" : "exploratory";
  std::string why;
  if (judged.records && *judged.records > 0) why = " (stated after " + std::to_string(*judged.records) + " records)";
  if (!judged.records) why = " (not registered by a run)";
  const std::string withdrawn = judged.withdrawn ? ", withdrawn" : "";
  return shortened(judged.claim.id + ": " + word(judged.verdict), 60) + "\n" +
         shortened("  " + printable(judged.claim.question), kWidth) + "\n  " + judged.hash + " " + status + why +
         withdrawn + (judged.holm() ? "; Holm in " + judged.claim.family : "; Benjamini-Hochberg") + "; n " +
         std::to_string(judged.claim.seeds) + " promised\n" +
         (judged.deviation.empty() ? "" : wrapped(printable(judged.deviation)));
}

// "Wortsman et al. 2022: REPRODUCED; the published +0.027 lies in the interval"
std::string source_text(const JudgedClaim& judged) {
  if (judged.claim.source.empty()) return "";
  std::string out = printable(judged.claim.source) + ": " + reproduction_word(judged);
  if (const auto holds = figure_holds(judged))
    out += "; the published " + table_parts::signed_decimal(*judged.claim.published, 4) + " lies " +
           (*holds ? "in" : "outside") + (judged.cells.size() == 1 ? " the interval" : " the intervals");
  return out;
}

std::string text(const JudgedClaim& judged) {
  std::string out = head(judged) + arms_text(judged);
  if (const std::string source = source_text(judged); !source.empty()) out += wrapped(source);
  if (judged.cells.empty()) return out + "  the plan has no such suite and column\n";
  std::vector<Row> rows = {
      {"suite", "column", "n", "effect", "interval", "p", judged.holm() ? "p Holm" : "q BH", "verdict"}};
  for (const ClaimCell& cell : judged.cells) rows.push_back(cell_row(cell));
  out += aligned_rows(rows);
  if (judged.verdict.verdict == Verdict::conditional)
    out += wrapped("supported in " + cells_with(judged, Verdict::supported)) +
           wrapped("reversed in " + cells_with(judged, Verdict::reversed));
  for (const ClaimBoundary& boundary : judged.boundaries) out += boundary_text(boundary);
  if (std::ranges::any_of(judged.cells, &ClaimCell::more_groups))
    out += wrapped("more groups: more test groups, not seeds, would decide there");
  return out;
}

Json known(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json known(const std::optional<int>& value) { return value ? Json(*value) : Json(); }

Json cell_json(const ClaimCell& cell, bool by_holm) {
  return {{"suite", cell.suite},
          {"column", cell.column},
          {"better", cell.better.empty() ? Json() : Json(cell.better)},
          {"than", cell.than.empty() ? Json() : Json(cell.than)},
          {"n", cell.pairs},
          {"theta", known(cell.theta)},
          {"low", cell.interval ? Json(cell.interval->low) : Json()},
          {"high", cell.interval ? Json(cell.interval->high) : Json()},
          {"p", cell.p},
          {"p_holm", by_holm ? Json(cell.p_adjusted) : Json()},
          {"q", by_holm ? Json() : Json(cell.p_adjusted)},
          {"margin", cell.margin},
          {"verdict", verdict_word(cell.verdict.verdict)},
          {"strong", cell.verdict.strong},
          {"needed_n", known(cell.needed)},
          {"needed_n_tie", known(cell.needed_tie)},
          {"more_groups", cell.more_groups}};
}

Json boundary_json(const ClaimBoundary& boundary) {
  return {{"suite", boundary.suite},        {"over", boundary.over},
          {"found", known(boundary.found)}, {"low", known(boundary.low)},
          {"high", known(boundary.high)},   {"true", boundary.truth ? Json(*boundary.truth) : Json()},
          {"probes", boundary.probes}};
}

Json json(const JudgedClaim& judged) {
  Json cells = Json::array(), boundaries = Json::array();
  for (const ClaimCell& cell : judged.cells) cells.push_back(cell_json(cell, judged.holm()));
  for (const ClaimBoundary& boundary : judged.boundaries) boundaries.push_back(boundary_json(boundary));
  return {{"id", judged.claim.id},
          {"hash", judged.hash},
          {"status", judged.registered ? "registered" : "exploratory"},
          {"records_at_registration", judged.records ? Json(*judged.records) : Json()},
          {"deviation", judged.deviation.empty() ? Json() : Json(judged.deviation)},
          {"withdrawn", judged.withdrawn},
          {"claim", to_json(judged.claim)},
          {"correction", judged.holm() ? "holm" : "bh"},
          {"verdict", verdict_word(judged.verdict.verdict)},
          {"reproduction", judged.claim.source.empty() ? Json() : Json(reproduction_word(judged))},
          {"robust", judged.verdict.robust},
          {"cells", cells},
          {"boundary", boundaries.empty() ? Json() : boundaries[0]},
          {"boundaries", boundaries}};
}

}  // namespace
}  // namespace claims_text_detail

std::string claims_lines(std::span<const JudgedClaim> claims) {
  using namespace claims_text_detail;
  std::string out;
  for (const JudgedClaim& judged : claims) {
    const std::string source = source_text(judged);
    out += wrapped(judged.claim.id + ": " + word(judged.verdict) + (source.empty() ? "" : "; " + source));
  }
  return out;
}

std::string claims_text(std::span<const JudgedClaim> claims) {
  std::string out;
  for (const JudgedClaim& judged : claims) out += (out.empty() ? "" : "\n") + claims_text_detail::text(judged);
  if (claims.empty()) return out;
  return out +
         "\nEffect: better minus than, positive where the claim is right. Intervals hold for all cells of a\n"
         "claim at once. STRONG: supported, and surely by the margin. UNDECIDED, n: the pairs it takes.\n"
         "The rule is in PROTOCOL.md.\n";
}

Json claims_json(std::span<const JudgedClaim> claims) {
  Json out = Json::array();
  for (const JudgedClaim& judged : claims) out.push_back(claims_text_detail::json(judged));
  return out;
}

}  // namespace loom
