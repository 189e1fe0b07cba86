// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/table.h"

// What the forms of a table share. For the table's own sources.
namespace loom::table_parts {

// A block as rows of cells; cells[0] is the arm, cells.back() the flags.
struct Grid {
  struct Line {
    std::vector<std::string> cells;
    std::string group;    // arms | references | nulls
    bool strong = false;  // best, or not significantly worse: its score is bold
  };
  std::vector<std::string> header;
  size_t score = 1;  // its column; 0: it is not among the chosen ones
  std::vector<Line> lines;
  std::vector<std::string> left_out;  // "rejected  dense: reason"
};
// `metrics`: columns by name, in that order; empty: the usual ones. By domain: scores, then one column for each domain.
Grid grid(const ComparedBlock& block, bool by_domain, std::span<const std::string> metrics = {});

// A search for settings or widths stands behind a scored row: its FLOPs have a column.
bool searched(const ComparedBlock& block);
// The test holds out a domain beside the others: how well it is told apart has a column.
bool rejects(const ComparedBlock& block);

bool has(const ComparedRow& row, std::string_view flag);

std::string title(const ComparedBlock& block);          // suite, column and its meaning, metric, seeds, badges
std::string headline_text(const ComparedBlock& block);  // the contrast in plain words; why there is none
// "Over budgets": per suite and column the contrast at each budget, and whether its sign holds. Row 0 is the header.
std::vector<std::vector<std::string>> sign_rows(const Table& table);
std::vector<std::string> legend(const Table& table, bool by_domain);

// Numbers as people read them.
std::string decimal(double value, int decimals);  // .912, 1.204, -.003; "-" when not finite
std::string signed_decimal(double value, int decimals);
// "+.012 ±.004": a mean to the precision of half its interval; "-" when not finite. plus: positive ones carry a sign.
std::string with_half(double mean, const std::optional<Interval>& interval, bool plus);
std::string count_text(double value);      // 812, 12.3k, 4.56M
std::string seconds_text(double value);    // 41 µs, 1.20 ms, 3.4 s
std::string probability_text(double p);    // .031, <.001
int decimals(const ComparedBlock& block);  // one digit of the usual half interval, at least two

std::string text(const Table& table, const TableOptions& options);
std::string markdown(const Table& table, const TableOptions& options);
std::string latex(const Table& table, const TableOptions& options);
std::string csv(const Table& table, const TableOptions& options);
std::string json(const Table& table, const TableOptions& options);

}  // namespace loom::table_parts
