// SPDX-License-Identifier: Apache-2.0
#include "harness/closing_summary.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/result_fixture.h"

namespace loom::closing_summary_test {
namespace {

using namespace loom::testing;

ComparedRow row_of(const std::string& arm, double score, double params, double infer) {
  ComparedRow row;
  row.plan.arm = arm;
  row.status = "ok";
  row.score = score;
  row.plan.costs = PlannedCosts{.infer_flops = infer, .params_total = params};
  return row;
}

Table table_of(const std::string& verdict, double difference) {
  ComparedBlock block;
  block.suite = "two";
  block.column = "serving";
  block.metric = "accuracy";
  block.domains = {"left", "right"};
  block.rows = {row_of("moe", 0.5 + difference, 300, 100), row_of("dense", 0.5, 100, 100)};
  block.headline.emplace();
  block.headline->fabric = "moe";
  block.headline->monolith = "dense";
  block.headline->verdict = verdict;
  block.headline->difference = difference;
  Table table;
  table.blocks = {block};
  return table;
}

TEST_CASE("[closing summary] who won, by how much, at what cost") {
  CHECK(closing_summary(table_of("fabric better", 0.25), "demo") ==
        "  two serving: fabric better, 'moe' .750 beats 'dense' .500, with 3.00 x the parameters\n"
        "next: loom table demo --by domain; loom report demo\n");
  CHECK(closing_summary(table_of("monolith better", -0.25), "demo")
            .find("'dense' .500 beats 'moe' .250, with .33 x the parameters\n") != std::string::npos);
}

TEST_CASE("[closing summary] what is next depends on what is missing") {
  Table table = table_of("undecided", 0.01);
  CHECK(closing_summary(table, "demo").find("more seeds decide what is undecided") != std::string::npos);
  CHECK(closing_summary(table, "demo").find(" beside ") != std::string::npos);
  table.blocks[0].badges = {"exploratory"};
  CHECK(closing_summary(table, "demo").find("seeds=6 or more") != std::string::npos);
  table.blocks[0].badges = {"exploratory", "quick"};
  CHECK(closing_summary(table, "demo").find("without --quick") != std::string::npos);
}

TEST_CASE("[closing summary] of many blocks the first are said, and how many there are") {
  Table table = table_of("tied", 0);
  table.blocks.resize(30, table.blocks[0]);
  const std::string text = closing_summary(table, "demo");
  CHECK(std::count(text.begin(), text.end(), '\n') == 14);
  CHECK(text.find("  and 18 more in the table\n") != std::string::npos);
}

TEST_CASE("[closing summary] nothing is said without a contrast; names reach a terminal without control characters") {
  Table table = table_of("tied", 0);
  table.blocks[0].headline->fabric = table.blocks[0].rows[0].plan.arm = "m\033[31m";
  CHECK(closing_summary(table, "demo").find('\033') == std::string::npos);
  table.blocks[0].headline.reset();
  CHECK(closing_summary(table, "demo").empty());
}

}  // namespace
}  // namespace loom::closing_summary_test
