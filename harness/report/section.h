// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/report/markup.h"
#include "harness/report/study.h"

namespace loom::report {

// What assets/charts.js draws: `kind` names a function there, `data` is its argument.
struct Chart {
  std::string id, kind;
  Json data;
};

struct Section {
  std::string id, title;
  Markup body;
  std::vector<Chart> charts;
};

Section verdict(const Study& study);
Section leaderboard(const Study& study);
Section slopes(const Study& study);
Section pareto(const Study& study);
Section domains(const Study& study);
Section curves(const Study& study);
Section specialists(const Study& study);
Section latency(const Study& study);
Section ledger(const Study& study);
Section decomposition(const Study& study);
Section map(const Study& study);      // empty unless something was searched for
Section streams(const Study& study);  // empty unless an arm is one of events
Section nulls(const Study& study);
Section appendix(const Study& study);
Section failures(const Study& study);
Section configs(const Study& study);
Section downloads(const Study& study);

Markup page_header(const Study& study);

// Pieces that sections share. A cell of text that is a number is set right by the page's style.
struct Cells {
  std::vector<std::string> header;
  std::vector<std::vector<Markup>> rows = {};
  std::vector<std::string> classes = {};  // of the rows; empty: none
  std::string kind = "numbers";           // class of the table
};
Markup table(const std::string& caption, const Cells& cells);
Markup notes(const std::vector<std::string>& lines);
Markup disclosure(bool open, const Markup& summary, const Markup& inside);
// Adds the chart to the section and gives its place in the page; `said` is what a screen reader says of it.
Markup figure(Section& section, const std::string& kind, Json data, const std::string& said);
// One disclosure for each suite and column, the first open; smaller budgets last. Blocks whose piece is empty are left
// out.
Markup per_block(const Study& study, const std::function<Markup(const ComparedBlock&)>& piece);

std::string place(const ComparedBlock& block);               // "digits4 · serving"
std::string score_text(const ComparedRow& row, int digits);  // ".961 ±.007"
std::string family_class(const PlannedRow& row);             // monolith | fabric | reference | null

}  // namespace loom::report
