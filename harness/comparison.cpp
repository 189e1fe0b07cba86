// SPDX-License-Identifier: Apache-2.0
#include "harness/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "harness/metrics.h"
#include "harness/paired_cells.h"
#include "harness/parallel.h"
#include "harness/ranking.h"

namespace loom {
namespace comparison_detail {
namespace {

using ranking::Entry;

constexpr int kEnoughSeeds = 6;  // 2 / 2^6 = .031 is the first p of a sign flip under .05
constexpr double kBudgetTolerance = 0.02;
constexpr double kMarginAccuracy = 0.01;
constexpr double kMarginShare = 0.01;   // of the reference's bits per byte
constexpr double kMarginExcess = 0.05;  // of the reference's excess: what is left above the best possible

// Bits differ between instruction sets: the records of the rarer ones are flagged (R1).
std::string common_isa(const ResultStore& store) {
  std::map<std::string, int> counts;
  for (const auto& [id, trial] : store.trials)
    if (!trial.isa.empty()) ++counts[trial.isa];
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto most = std::ranges::max_element(counts, fewer);
  return most == counts.end() ? "" : most->first;
}

// Means over the scored seeds of a row; what a seed lacks makes the mean unknown.
class Means {
 public:
  explicit Means(std::vector<const TrialResult*> trials) : trials_(std::move(trials)) {}

  template <class Get>
  double of(Get get) const {
    std::vector<double> values;
    for (const TrialResult* trial : trials_) values.push_back(get(*trial));
    return mean(values);
  }

  std::vector<double> domains() const {
    std::vector<double> out(trials_[0]->test.domain.size());
    for (size_t d = 0; d < out.size(); ++d)
      out[d] =
          of([d](const TrialResult& trial) { return d < trial.test.domain.size() ? trial.test.domain[d] : kUnknown; });
    return out;
  }

 private:
  std::vector<const TrialResult*> trials_;
};

std::optional<double> known(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

std::optional<double> worst(const std::vector<double>& domains, bool higher_is_better) {
  std::optional<double> out;
  for (const double value : domains) {
    if (!std::isfinite(value)) continue;
    if (!out || (higher_is_better ? value < *out : value > *out)) out = value;
  }
  return out;
}

void add_latency(ComparedRow& row, const ResultStore& store) {
  if (!store.latency) return;
  for (const std::string& id : row.plan.trials) {
    const auto timed = store.latency->trials.find(id);
    if (timed == store.latency->trials.end()) continue;
    const auto one = timed->second.find(1);
    if (one != timed->second.end()) {
      row.latency_p50_s = one->second.p50_s;
      row.latency_p99_s = one->second.p99_s;
    }
    const auto bound = [](const auto& entry) { return entry.second.implementation_bound; };
    if (std::ranges::any_of(timed->second, bound)) row.flags.push_back("implementation-bound");
    if (store.latency->contended) row.flags.push_back("contended");
    return;
  }
}

void add_means(ComparedRow& row, const std::vector<const TrialResult*>& scored, bool higher_is_better) {
  const Means means(scored);
  row.score = means.of([](const TrialResult& trial) { return trial.test.macro; });
  row.validation = means.of([](const TrialResult& trial) { return trial.validation.macro; });
  row.nll = known(means.of([](const TrialResult& trial) { return trial.test.nll; }));
  row.ece = known(means.of([](const TrialResult& trial) { return trial.test.ece.value_or(kUnknown); }));
  row.rejection_auroc =
      known(means.of([](const TrialResult& trial) { return trial.test.rejection_auroc.value_or(kUnknown); }));
  row.domain = means.domains();
  row.worst_domain = worst(row.domain, higher_is_better);
  row.train_cpu_s = known(means.of([](const TrialResult& trial) { return trial.train_cpu_s; }));
  for (const TrialResult* trial : scored)
    if (std::isfinite(trial->peak_memory_bytes))
      row.peak_memory_bytes = std::max(row.peak_memory_bytes.value_or(0), trial->peak_memory_bytes);
}

// Counts the seeds and gives the status; the scored trials are returned.
std::vector<const TrialResult*> tally(ComparedRow& row, const ResultStore& store) {
  std::vector<const TrialResult*> scored;
  std::string failure;
  for (const std::string& id : row.plan.trials) {
    const auto found = store.trials.find(id);
    if (found == store.trials.end()) {
      ++row.seeds_open;
    } else if (found->second.status == "ok") {
      scored.push_back(&found->second);
    } else {
      ++row.seeds_failed;
      if (!failure.empty()) continue;
      failure = found->second.status;
      row.plan.reason = found->second.message;
    }
  }
  for (const TrialResult* trial : scored) row.seeds += static_cast<int>(std::max<size_t>(trial->replicates.size(), 1));
  row.status = row.plan.status == "rejected" ? "rejected" : scored.empty() ? failure : "ok";
  return scored;
}

// The plan closes C by the first seed; another seed deals parts and routers of other sizes. Planted suites match none.
bool off_budget(const ComparedRow& row, const TrialResult& trial) {
  if (row.plan.role != "arm" || !row.plan.costs || !trial.replicates.empty()) return false;
  const double budget = row.plan.costs->train_flops / row.plan.costs->ratio_train_flops;
  return trial.train_flops > 0 && std::abs(trial.train_flops / budget - 1) > kBudgetTolerance;
}

void add_flags(ComparedRow& row, const std::vector<const TrialResult*>& scored, const std::string& isa) {
  if (row.seeds_failed > 0) row.flags.push_back("failed-seeds");
  if (!row.plan.edge.empty()) row.flags.push_back("edge: " + row.plan.edge);
  if (row.status.empty()) row.flags.push_back("pending");
  if (!row.status.empty() && row.seeds_open > 0) row.flags.push_back("incomplete");
  if (std::ranges::any_of(scored, [](const TrialResult* trial) { return trial->undertrained; })) {
    row.flags.push_back("undertrained");
  }
  if (std::ranges::any_of(scored, [&](const TrialResult* trial) { return off_budget(row, *trial); }))
    row.flags.push_back("off-budget");
  if (std::ranges::any_of(scored, [&](const TrialResult* trial) { return trial->isa != isa; }))
    row.flags.push_back("R1");
}

Entry entry_of(const ResultStore& store, const PlannedRow& plan, const ComparedBlock& block, const std::string& isa,
               RowTests tests) {
  Entry entry;
  ComparedRow& row = entry.row;
  row.plan = plan;
  const auto scored = tally(row, store);
  add_flags(row, scored, isa);
  if (scored.empty()) return entry;
  add_means(row, scored, block.higher_is_better);
  if (tests == RowTests::on) {
    entry.scored = scored_seeds(store, plan);
    row.interval = finite_interval(entry.scored.cells, store, block.confidence);
  }
  if (row.seeds < kEnoughSeeds && block.seeds >= kEnoughSeeds) row.flags.push_back("exploratory");
  add_latency(row, store);
  return entry;
}

double margin(const std::vector<Entry>& entries, const ComparedBlock& block, const SuiteFacts& suite) {
  if (suite.margin) return *suite.margin;
  if (is_fraction(block.metric)) return kMarginAccuracy;
  const Entry* reference = nullptr;
  for (const Entry& entry : entries) {
    if (!ranking::ranked(entry.row)) continue;
    const bool is_reference = entry.row.plan.architecture == suite.reference;
    if (reference == nullptr || is_reference) reference = &entry;
    if (is_reference) break;
  }
  const double share = block.metric.starts_with("excess_") ? kMarginExcess : kMarginShare;
  return reference == nullptr ? 0 : share * std::abs(reference->row.score);
}

int group_of(const ComparedRow& row) {
  const int role = row.plan.role == "arm" ? 0 : row.plan.role == "reference" ? 1 : 2;
  return row.status == "ok" ? role : 3 + (row.status == "rejected" ? 1 : 0);
}

void sort_rows(ComparedBlock& block) {
  std::ranges::stable_sort(block.rows, [&](const ComparedRow& a, const ComparedRow& b) {
    if (group_of(a) != group_of(b)) return group_of(a) < group_of(b);
    if (a.status != "ok") return false;
    return block.higher_is_better ? a.score > b.score : a.score < b.score;
  });
}

// Rows of one suite and column.
using Group = std::vector<const PlannedRow*>;

std::vector<Group> grouped(const ResultStore& store) {
  std::vector<Group> groups;
  std::map<std::pair<std::string_view, std::string_view>, size_t> places;
  for (const PlannedRow& row : store.rows) {
    const auto [place, first] = places.try_emplace({row.suite, row.column}, groups.size());
    if (first) groups.emplace_back();
    groups[place->second].push_back(&row);
  }
  return groups;
}

// What all blocks of a store share.
struct Common {
  std::string isa;
  std::map<std::string_view, int> seeds;  // most of any row, by suite
};

Common common(const ResultStore& store) {
  Common out = {.isa = common_isa(store), .seeds = {}};
  for (const PlannedRow& row : store.rows) {
    int& seeds = out.seeds[row.suite];
    seeds = std::max(seeds, static_cast<int>(row.trials.size()));
  }
  return out;
}

ComparedBlock empty_block(const ResultStore& store, const PlannedRow& first, const Common& common) {
  const SuiteFacts& suite = store.suites.at(first.suite);
  ComparedBlock block;
  block.suite = first.suite;
  block.column = first.column;
  block.metric = suite.metric;
  block.higher_is_better = suite.higher_is_better;
  block.domains = suite.domains;
  block.seeds = std::max(suite.seeds, common.seeds.at(first.suite));
  block.confidence = store.confidence;
  if (block.seeds < kEnoughSeeds) block.badges.push_back("exploratory");
  if (suite.imported) block.badges.push_back("declared");
  if (store.quick) block.badges.push_back("quick");
  if (!store.calibrated) block.badges.push_back("uncalibrated");
  return block;
}

void finish(ComparedRow& row, const ComparedBlock& block) {
  if (row.best) row.flags.push_back("best");
  if (row.not_worse && !row.best) row.flags.push_back("not-worse");
  if (row.tied) row.flags.push_back("tied");
  if (row.pareto) row.flags.push_back("pareto");
  row.flags.insert(row.flags.end(), block.badges.begin(), block.badges.end());
}

ComparedBlock compare_block(const ResultStore& store, const Group& rows, const Common& common, RowTests tests) {
  ComparedBlock block = empty_block(store, *rows[0], common);
  std::vector<Entry> entries;
  for (const PlannedRow* row : rows) entries.push_back(entry_of(store, *row, block, common.isa, tests));
  block.margin = margin(entries, block, store.suites.at(block.suite));
  if (tests == RowTests::on) {
    ranking::mark(entries, block, store);
    block.headline = ranking::headline(entries, block, store);
  }
  for (Entry& entry : entries) {
    finish(entry.row, block);
    block.rows.push_back(std::move(entry.row));
  }
  sort_rows(block);
  return block;
}

}  // namespace
}  // namespace comparison_detail

std::vector<ComparedBlock> compare(const ResultStore& store, RowTests tests) {
  using namespace comparison_detail;
  const std::vector<Group> groups = grouped(store);
  const Common shared = common(store);
  std::vector<ComparedBlock> blocks(groups.size());
  parallel_for(groups.size(), [&](size_t i) { blocks[i] = compare_block(store, groups[i], shared, tests); });
  return blocks;
}

}  // namespace loom
