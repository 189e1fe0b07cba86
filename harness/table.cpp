// SPDX-License-Identifier: Apache-2.0
#include "harness/table.h"

#include "harness/error.h"
#include "harness/table_parts.h"

namespace loom {
namespace table_detail {
namespace {

// Of the first scored trial: all of a suite have the same layout.
std::vector<double> domain_items(const ResultStore& store, const std::string& label) {
  const SuiteFacts& suite = store.suites.at(label);
  std::vector<double> out;
  if (suite.metric != "accuracy" && suite.metric != "exact_match") return out;
  for (const PlannedRow& row : store.rows)
    for (const std::string& id : row.trials) {
      const auto trial = store.trials.find(id);
      if (row.suite != label || trial == store.trials.end()) continue;
      const auto layout = store.layouts.find(trial->second.layout);
      if (layout == store.layouts.end()) continue;
      out.assign(suite.domains.size(), 0);
      for (size_t cell = 0; cell < layout->second.count.size(); ++cell)
        out.at(static_cast<size_t>(layout->second.domain[cell])) += layout->second.count[cell];
      return out;
    }
  return out;
}

}  // namespace
}  // namespace table_detail

Table make_table(const ResultStore& store) {
  Table table;
  table.name = store.folder.filename().string();
  table.blocks = compare(store);
  table.signs = budget_signs(table.blocks);
  table.timed = store.latency.has_value();
  table.plan = store.plan_key;
  table.code = store.code;
  for (const auto& [label, suite] : store.suites) {
    table.test_items[label] = suite.test_items;
    if (auto items = table_detail::domain_items(store, label); !items.empty())
      table.domain_items[label] = std::move(items);
  }
  if (table.timed) table.aa_ratio = store.latency->aa_ratio;
  return table;
}

std::string render(const Table& table, const TableOptions& options) {
  switch (options.format) {
    case Format::text:
      return table_parts::text(table, options);
    case Format::md:
      return table_parts::markdown(table, options);
    case Format::latex:
      return table_parts::latex(table, options);
    case Format::csv:
      return table_parts::csv(table, options);
    case Format::json:
      return table_parts::json(table, options);
  }
  fail("a table format without a writer");
}

}  // namespace loom
