// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <set>

#include "harness/metrics.h"
#include "harness/table.h"
#include "harness/text_numbers.h"

namespace loom {
namespace protocol_detail {
namespace {

constexpr std::string_view kRules =
    R"(Question. For this data and this budget, is one monolith better, or a fabric of specialists?
Budget. Training FLOPs C, counted over all stages (seed model, members, router, validation passes), are equal in every
  column; the reference arm's size and samples fix C. Rows of role arm meet every matched budget within 2 % or are
  rejected with the reason. `free`: each arm takes the best of its declared widths by validation, on a seed that is
  never reported; `tune` chooses settings likewise, from the same points for every arm. `serving`: inference FLOPs per
  item equal to the reference's. `memory`: parameters equal to its.
Data. The test is fixed and sealed; choices are made on validation; every opening of the test is recorded. A seed
  redraws initial weights, order and the train-side split, by groups.
Scores. The metric per domain, then its mean over domains, then over seeds. A seed without a score (diverged, failed,
  timed out, out of memory) is counted and left out. Intervals take seeds and test groups as crossed samples (Owen
  2007; variances by Cameron, Gelbach and Miller 2011, degrees of freedom by Satterthwaite 1946).
Ranking. Within suite, column and information level none: max-T joint sign flips over seeds against the best arm
  (Westfall and Young 1993); bold is the best and all with adjusted p > .05. The comparator is the best of the same
  data, so that what holds is multiple comparison with the best (Hsu 1981): the truly best arm is bold with
  probability .95 at least. Another arm as good may be called worse more often than .05. Tied: the paired 90 %
  interval lies within the smallest effect of interest (two one-sided tests, Schuirmann 1987).
Contrast. The fabric best on validation minus the monolith best on validation: paired interval, sign-flip p, smallest
  effect detectable with power .8. Better needs p <= .05 and an interval without zero; a surely small difference is a
  tie. By the same two tests the fabric must beat the best null of its column. References are shown and never ranked.
)";

// C, from any row: its FLOPs over its ratio to the reference.
double budget(const ResultStore& store, const std::string& suite) {
  for (const PlannedRow& row : store.rows) {
    if (row.suite == suite && row.costs && row.costs->ratio_train_flops > 0) {
      return row.costs->train_flops / row.costs->ratio_train_flops;
    }
  }
  return kUnknown;
}

std::string rule_of_margin(const SuiteFacts& suite) {
  if (suite.margin) return number_text(*suite.margin);
  if (is_fraction(suite.metric)) return ".01";
  return suite.metric.starts_with("excess_") ? "5 % of the reference's score" : "1 % of the reference's score";
}

std::string suite_line(const ResultStore& store, const std::string& label, const SuiteFacts& suite) {
  std::set<std::string> columns;
  for (const PlannedRow& row : store.rows)
    if (row.suite == label) columns.insert(row.column);
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + column;
  const double flops = budget(store, label);
  return "  " + label + ": " + std::to_string(suite.seeds) +
         " seeds; C = " + (std::isfinite(flops) ? number_text(std::round(flops)) + " FLOPs" : "not solved yet") +
         "; columns " + list + "; " +
         (suite.test_items > 0 ? "test of " + std::to_string(suite.test_items) + " items" : "exact scores") + " in " +
         std::to_string(suite.domains.size()) + " domains; " + suite.metric + ", smallest effect of interest " +
         rule_of_margin(suite) + "; digest " + suite.digest.substr(0, 12) + "\n";
}

}  // namespace
}  // namespace protocol_detail

std::string protocol(const ResultStore& store) {
  std::string out = "PROTOCOL\n" + std::string(protocol_detail::kRules) + "Numbers of this experiment. Intervals at " +
                    number_text(store.confidence * 100) + " %, tolerance 2 %.\n";
  for (const auto& [label, suite] : store.suites) out += protocol_detail::suite_line(store, label, suite);
  return out;
}

}  // namespace loom
