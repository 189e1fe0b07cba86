// SPDX-License-Identifier: Apache-2.0
#include "harness/budgets.h"

#include <doctest/doctest.h>

#include "harness/budget_signs.h"
#include "harness/table.h"
#include "tests/config_facts.h"

namespace loom::budgets_test {
namespace {

using testing::contains;
using testing::load;
using testing::refusal;
using Texts = std::vector<std::string>;

constexpr const char* kConfig = R"(suites: [digits4]
reference: {dense: {backbone: mlp}, samples: 1600}
columns: [free, serving]
arms: [dense]
)";

ComparedBlock block(const std::string& suite, const std::string& verdict, double difference) {
  ComparedBlock out;
  out.suite = suite;
  out.column = "serving";
  out.metric = "accuracy";
  Headline headline;
  headline.fabric = "specialists";
  headline.monolith = "dense";
  headline.verdict = verdict;
  headline.difference = difference;
  headline.interval = Interval{difference - 0.01, difference + 0.01};
  out.headline = headline;
  return out;
}

std::string sign(const Texts& verdicts) {
  const Texts labels = {"s@0.0625", "s@0.25", "s"};
  std::vector<ComparedBlock> blocks;
  for (size_t i = verdicts.size(); i-- > 0;) blocks.push_back(block(labels[i], verdicts[i], 0.1));
  const auto signs = budget_signs(blocks);
  REQUIRE(signs.size() == 1);
  CHECK(signs[0].budgets.front().share == 0.0625);
  CHECK(signs[0].budgets.back().share == 1);
  return signs[0].sign;
}

TEST_CASE("[budgets] smaller budgets are entries of their own, ascending, in one column") {
  const Experiment experiment = load(std::string(kConfig) + "budgets: [0.25, 0.0625]\n");
  REQUIRE(experiment.suites.size() == 3);
  CHECK(experiment.suites[0].label == "digits4");
  CHECK(experiment.suites[1].label == "digits4@0.0625");
  CHECK(experiment.suites[1].samples == 100);
  CHECK(experiment.suites[2].label == "digits4@0.25");
  CHECK(experiment.suites[2].samples == 400);
  CHECK(experiment.suites[0].columns == Texts{"free", "serving"});
  CHECK(experiment.suites[2].columns == Texts{"serving"});
  CHECK(experiment.suites[2].train == experiment.suites[0].train);
}

TEST_CASE("[budgets] an entry's own list replaces the top level's, and the lock holds what they became") {
  const Experiment experiment = load(
      "suites: [{suite: digits4, budgets: [0.5]}, bytes9]\nreference: {dense: {backbone: mlp}, samples: 10}\n"
      "columns: [memory]\narms: [dense]\nbudgets: [0.1]\n");
  Texts labels;
  for (const SuiteConfig& suite : experiment.suites) labels.push_back(suite.label);
  CHECK(labels == Texts{"digits4", "digits4@0.5", "bytes9", "bytes9@0.1"});
  CHECK(experiment.suites[1].columns == Texts{"memory"});
  CHECK_FALSE(experiment.resolved.contains("budgets"));
}

TEST_CASE("[budgets] a share outside 0 to 1, or twice, is refused") {
  CHECK(contains(refusal(std::string(kConfig) + "budgets: [4]\n"), "budgets"));
  CHECK(contains(refusal(std::string(kConfig) + "budgets: [0]\n"), "budgets"));
  CHECK(contains(refusal(std::string(kConfig) + "budgets: [0.5, 0.5]\n"), "listed twice"));
}

TEST_CASE("[budgets] labels read back, and others are left alone") {
  CHECK(read_budget_label("img4@0.25").suite == "img4");
  CHECK(read_budget_label("img4@0.25").share == 0.25);
  for (const char* other : {"img4", "img4@", "img4@1", "img4@2", "img4@x", "img4@0.5x", "me@home"})
    CHECK(read_budget_label(other).suite == other);
}

TEST_CASE("[budgets] the sign is stable, flips, or is undecided") {
  CHECK(sign({"fabric better", "fabric better", "fabric better"}) == "stable: fabric");
  CHECK(sign({"monolith better", "monolith better", "monolith better"}) == "stable: monolith");
  CHECK(sign({"tied", "tied", "tied"}) == "stable: tied");
  CHECK(sign({"monolith better", "undecided", "fabric better"}) == "flips between x0.0625 and x1");
  CHECK(sign({"monolith better", "fabric better", "fabric better"}) == "flips between x0.0625 and x0.25");
  CHECK(sign({"fabric better", "tied", "fabric better"}) == "undecided");
  CHECK(sign({"undecided", "undecided", "undecided"}) == "undecided");
}

TEST_CASE("[budgets] a planned budget without a verdict leaves the sign undecided, unless others flip it") {
  const auto without = [](size_t missing, const Texts& verdicts) {
    const Texts labels = {"s", "s@0.25", "s@0.0625"};
    std::vector<ComparedBlock> blocks;
    for (size_t i = 0; i < 3; ++i) blocks.push_back(block(labels[i], verdicts[i], 0.1));
    blocks[missing].headline.reset();
    const auto signs = budget_signs(blocks);
    REQUIRE(signs.size() == 1);
    CHECK(signs[0].budgets.size() == 2);
    return signs[0].sign;
  };
  const Texts fabric(3, "fabric better");
  CHECK(without(2, fabric) == "undecided (x0.0625 missing)");
  CHECK(without(1, fabric) == "undecided (x0.25 missing)");
  CHECK(without(0, fabric) == "undecided (x1 missing)");
  CHECK(without(1, {"monolith better", "", "fabric better"}) == "flips between x0.0625 and x1");
  std::vector<ComparedBlock> alone = {block("s", "tied", 0), block("s@0.25", "tied", 0), block("s@0.0625", "tied", 0)};
  alone[1].headline.reset(), alone[2].headline.reset();
  CHECK(budget_signs(alone)[0].sign == "undecided (x0.0625, x0.25 missing)");
  alone[0].headline.reset();
  CHECK(budget_signs(alone).empty());
  CHECK(budget_signs(std::vector{block("other", "tied", 0)}).empty());  // planned at one budget: no sign to speak of
}

TEST_CASE("[budgets] text and Markdown show the sign and leave the smaller tables out until asked") {
  Table table;
  table.name = "t";
  table.blocks = {block("s@0.25", "monolith better", -0.05), block("s", "fabric better", 0.02)};
  table.signs = budget_signs(table.blocks);
  for (const Format format : {Format::text, Format::md}) {
    const std::string brief = render(table, {.format = format});
    CHECK(contains(brief, "flips between x0.25 and x1"));
    CHECK(contains(brief, "-.050"));
    CHECK_FALSE(contains(brief, "s@0.25 ·"));
    CHECK(contains(render(table, {.format = format, .budgets = true}), "s@0.25 ·"));
  }
  table.signs.clear();
  CHECK_FALSE(contains(render(table, {}), "Over budgets"));
}

}  // namespace
}  // namespace loom::budgets_test
