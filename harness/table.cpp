// SPDX-License-Identifier: Apache-2.0
#include "harness/table.h"

#include "harness/error.h"
#include "harness/table_parts.h"

namespace loom {

Table make_table(const ResultStore& store) {
  Table table;
  table.name = store.folder.filename().string();
  table.blocks = compare(store);
  table.signs = budget_signs(table.blocks);
  table.timed = store.latency.has_value();
  table.plan = store.plan_key;
  table.code = store.code;
  for (const auto& [label, suite] : store.suites) table.test_items[label] = suite.test_items;
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
