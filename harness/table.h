// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/budget_signs.h"
#include "harness/comparison.h"

namespace loom {

enum class Format { text, md, csv, json, latex };

struct Table {
  std::string name;  // of the results
  std::vector<ComparedBlock> blocks;
  std::vector<BudgetSigns> signs;  // of suites that ran at several budgets
  bool timed = false;              // a latency session is joined
  std::optional<double> aa_ratio;  // of its A/A pair: 1 on a quiet machine
  std::string plan, code;          // digests: of what was to be run, of the sources that ran it; empty: not stored
  std::map<std::string, int64_t> test_items;  // by suite; 0: exact scores
  // By suite whose scores are shares of items: how many each domain's test has. Else none.
  std::map<std::string, std::vector<double>> domain_items;
};

struct TableOptions {
  Format format = Format::text;
  bool by_domain = false;                 // scores per domain instead of costs
  bool budgets = false;                   // text and md: the smaller budgets' own tables too, not only their signs
  bool colour = false;                    // bold by ANSI sequences, text only
  size_t width = 150;                     // of a line of text
  std::vector<std::string> metrics = {};  // text, md, latex: columns by name instead of the usual ones
};

Table make_table(const ResultStore& store);

// Ends with a line feed. csv and json are unrounded; json is an array whose objects have the keys of json_keys(), and
// rejection_auroc where any suite's test holds out a domain beside others; or by domain one object per arm and domain.
std::string render(const Table& table, const TableOptions& options);

std::span<const std::string_view> json_keys();
std::vector<std::string> metric_names();  // what TableOptions::metrics may hold

// How the numbers came about, with the experiment's own: seeds, budget, tolerance, test sizes, tests.
std::string protocol(const ResultStore& store);

}  // namespace loom
