// SPDX-License-Identifier: Apache-2.0
#include "harness/arm_comparison.h"

#include <algorithm>
#include <cmath>

#include "harness/comparison.h"
#include "harness/error.h"
#include "harness/facts.h"
#include "harness/paired_cells.h"
#include "harness/parallel.h"
#include "harness/power.h"

namespace loom {
namespace arm_comparison_detail {
namespace {

constexpr double kLevel = 0.05;

// One trial of each arm. A trial of R replicates stands for R seeds and comes once.
struct TrialPair {
  const TrialResult* a = nullptr;
  const TrialResult* b = nullptr;
};

std::vector<TrialPair> trial_pairs(const ResultStore& store, const PlannedRow& a, const PlannedRow& b,
                                   const std::vector<size_t>& seeds) {
  const auto replicates = [&](const std::string& id) {
    const auto found = store.trials.find(id);
    return found == store.trials.end() ? 0 : found->second.replicates.size();
  };
  size_t each = 1;
  for (const std::string& id : a.trials) each = std::max(each, replicates(id));
  std::vector<TrialPair> out;
  for (size_t i = 0; i < seeds.size(); i += each) {
    const size_t trial = seeds[i] / each;
    out.push_back({&store.trials.at(a.trials[trial]), &store.trials.at(b.trials[trial])});
  }
  return out;
}

double worst_domain(const TrialResult& trial, bool higher_is_better) {
  double worst = kUnknown;
  for (const double value : trial.test.domain)
    if (std::isnan(worst) || (higher_is_better ? value < worst : value > worst)) worst = value;
  return worst;
}

// What a trial holds for each seed. NaN: this trial has no such figure.
template <class Get>
std::optional<Measure> by_seed(const char* name, bool higher_is_better, const std::vector<TrialPair>& pairs,
                               const ResultStore& store, Get get) {
  Measure out;
  out.name = name;
  out.noise = Noise::seeds;
  out.higher_is_better = higher_is_better;
  std::vector<double> a, b;
  for (const TrialPair& pair : pairs) {
    a.push_back(get(*pair.a));
    b.push_back(get(*pair.b));
    out.by_seed.push_back(higher_is_better ? b.back() - a.back() : a.back() - b.back());
  }
  if (!std::ranges::all_of(out.by_seed, [](double value) { return std::isfinite(value); })) return std::nullopt;
  out.a = mean(a);
  out.b = mean(b);
  if (out.by_seed.size() > 1) {
    out.interval = bootstrap_t(out.by_seed, kComparisonSeed, store.resamples, store.confidence);
  }
  return out;
}

Measure plain(const char* name, Noise noise, std::optional<double> a, std::optional<double> b) {
  return {.name = name, .noise = noise, .higher_is_better = false, .a = a, .b = b, .by_seed = {}, .interval = {}};
}

void add_quality(ArmCell& cell, const std::vector<double>& differences, const std::vector<TrialPair>& pairs,
                 const ResultStore& store) {
  const bool higher = cell.higher_is_better;
  const auto add = [&](std::optional<Measure> measure) {
    if (measure) cell.measures.push_back(std::move(*measure));
  };
  Measure score = plain("score", Noise::crossed, cell.a, cell.b);
  score.higher_is_better = higher;
  score.by_seed = differences;
  score.interval = cell.interval;
  add(score);
  add(by_seed("worst_domain", higher, pairs, store, [&](const TrialResult& t) { return worst_domain(t, higher); }));
  add(by_seed("nll", false, pairs, store, [](const TrialResult& t) { return t.test.nll; }));
  add(by_seed("ece", false, pairs, store, [](const TrialResult& t) { return t.test.ece.value_or(kUnknown); }));
  add(by_seed("rejection_auroc", true, pairs, store,
              [](const TrialResult& t) { return t.test.rejection_auroc.value_or(kUnknown); }));
}

void add_costs(ArmCell& cell, const ComparedRow& a, const ComparedRow& b, const std::vector<TrialPair>& pairs,
               const ResultStore& store) {
  const auto add = [&](std::optional<Measure> measure) {
    if (measure && measure->a && measure->b) cell.measures.push_back(std::move(*measure));
  };
  const auto planned = [&](const char* name, double PlannedCosts::*field) {
    if (a.plan.costs && b.plan.costs) add(plain(name, Noise::none, (*a.plan.costs).*field, (*b.plan.costs).*field));
  };
  planned("train_flops", &PlannedCosts::train_flops);
  planned("infer_flops", &PlannedCosts::infer_flops);
  planned("params_total", &PlannedCosts::params_total);
  planned("params_active", &PlannedCosts::params_active);
  add(by_seed("train_cpu_s", false, pairs, store, [](const TrialResult& t) { return t.train_cpu_s; }));
  add(by_seed("peak_memory_bytes", false, pairs, store, [](const TrialResult& t) { return t.peak_memory_bytes; }));
  add(plain("latency_p50_s", Noise::session, a.latency_p50_s, b.latency_p50_s));
  add(plain("latency_p99_s", Noise::session, a.latency_p99_s, b.latency_p99_s));
}

CellTable one_domain(const CellTable& table, int32_t domain) {
  CellTable out;
  out.seeds = table.seeds;
  out.domains = table.domains;
  std::vector<size_t> kept;
  for (size_t c = 0; c < table.count.size(); ++c)
    if (table.domain[c] == domain) kept.push_back(c);
  out.cells = std::ssize(kept);
  for (const size_t c : kept) {
    out.count.push_back(table.count[c]);
    out.domain.push_back(domain);
    out.group.push_back(table.group[c]);
  }
  for (size_t seed = 0; seed < static_cast<size_t>(table.seeds); ++seed)
    for (const size_t c : kept) out.sum.push_back(table.sum[seed * table.count.size() + c]);
  return out;
}

// pair.a is the side that is better when larger: B, or A where fewer bits are better.
void add_domains(ArmCell& cell, const std::vector<std::string>& names, const std::vector<TrialPair>& trials,
                 PairedDifference pair, const ResultStore& store) {
  const CellTable left = std::move(pair.a), right = std::move(pair.b);
  for (size_t d = 0; d < names.size(); ++d) {
    DomainDifference& out = cell.domains.emplace_back();
    out.domain = names[d];
    std::vector<double> a, b;
    for (const TrialPair& trial : trials) {
      a.push_back(d < trial.a->test.domain.size() ? trial.a->test.domain[d] : kUnknown);
      b.push_back(d < trial.b->test.domain.size() ? trial.b->test.domain[d] : kUnknown);
    }
    out.a = mean(a);
    out.b = mean(b);
    out.difference = cell.higher_is_better ? out.b - out.a : out.a - out.b;
    if (!std::isfinite(out.difference) || !trials[0].a->replicates.empty())
      continue;  // replicates have no cells by domain
    pair.a = one_domain(left, static_cast<int32_t>(d));
    pair.b = one_domain(right, static_cast<int32_t>(d));
    out.interval = finite_interval(pair, store, store.confidence);
  }
}

std::string joined_words(const std::vector<std::string>& words, const std::vector<std::string>& without) {
  std::string out;
  for (const std::string& word : words)
    if (std::ranges::count(without, word) == 0) (out += out.empty() ? "" : ", ") += word;
  return out;
}

void add_notes(ArmCell& cell, const ComparedRow& a, const ComparedRow& b, const std::vector<std::string>& badges) {
  std::vector<std::string> said = {"best", "not-worse", "tied", "pareto", "pending"};  // of ranking, or said below
  said.insert(said.end(), badges.begin(), badges.end());
  for (const auto& [side, row] : {std::pair{"A", &a}, std::pair{"B", &b}}) {
    const std::string who = std::string(side) + " '" + row->plan.arm + "' ";
    const std::string& level = row->plan.information_level;
    if (level == "domain") cell.notes.push_back(who + "is told the true domain: a reference, no contestant");
    if (level == "answer") cell.notes.push_back(who + "is told the answer: a bound, no contestant");
    if (row->plan.role == "null") cell.notes.push_back(who + "is a null, a cheap control");
    if (row->status == "rejected")
      cell.notes.push_back(who + "is rejected: " + row->plan.reason);
    else if (row->seeds == 0)
      cell.notes.push_back(who + "has no score yet");
    if (row->seeds > cell.pairs)
      cell.notes.push_back(who + "has " + std::to_string(row->seeds) + " scored seeds, " + std::to_string(cell.pairs) +
                           " of them in pairs");
    if (const std::string flags = joined_words(row->flags, said); !flags.empty())
      cell.notes.push_back(who + "carries: " + flags);
  }
  if (!badges.empty()) cell.notes.push_back(joined_words(badges, {}));
}

ArmCell cell_of(const ResultStore& store, const ComparedBlock& block, const ComparedRow& a, const ComparedRow& b) {
  ArmCell cell;
  cell.suite = block.suite;
  cell.column = block.column;
  cell.metric = block.metric;
  cell.higher_is_better = block.higher_is_better;
  cell.margin = block.margin;
  PairedDifference pair = paired(scored_seeds(store, b.plan), scored_seeds(store, a.plan), block.higher_is_better);
  cell.pairs = static_cast<int>(pair.seeds.size());
  add_notes(cell, a, b, block.badges);
  if (pair.seeds.empty()) {
    cell.verdict = "undecided";
    return cell;
  }
  const auto trials = trial_pairs(store, a.plan, b.plan, pair.seeds);
  const auto macro = [&](const TrialResult* TrialPair::*side) {
    std::vector<double> values;
    for (const TrialPair& trial : trials) values.push_back((trial.*side)->test.macro);
    return mean(values);
  };
  cell.a = macro(&TrialPair::a);
  cell.b = macro(&TrialPair::b);
  cell.difference = pair.mean;
  cell.p = sign_flip(pair.by_seed, kComparisonSeed);
  cell.interval = finite_interval(pair, store, block.confidence);
  if (const double found = minimum_detectable_effect(pair.by_seed); std::isfinite(found)) cell.detectable = found;
  const auto interval90 = finite_interval(pair, store, 1 - 2 * kLevel);
  if (interval90 && equivalent(*interval90, cell.margin)) cell.verdict = "tied";
  add_quality(cell, pair.by_seed, trials, store);
  add_costs(cell, a, b, trials, store);
  add_domains(cell, block.domains, trials, std::move(pair), store);
  return cell;
}

void add_q(std::vector<ArmCell>& cells) {
  std::vector<ArmCell*> tested;
  std::vector<double> p_values;
  for (ArmCell& cell : cells) {
    if (cell.pairs == 0) continue;
    tested.push_back(&cell);
    p_values.push_back(cell.p);
  }
  const std::vector<double> q_values = benjamini_hochberg(p_values);
  for (size_t i = 0; i < tested.size(); ++i) tested[i]->q = q_values[i];
}

// As in a contrast: both tests, and a difference surely below the smallest effect of interest is a tie.
void decide(ArmCell& cell) {
  if (!cell.verdict.empty()) return;
  const bool significant = cell.q <= kLevel && cell.interval;
  cell.verdict = significant && cell.interval->low > 0    ? "better"
                 : significant && cell.interval->high < 0 ? "worse"
                                                          : "undecided";
}

void require_arm(const ResultStore& store, const std::string& arm) {
  std::vector<std::string> known;
  for (const PlannedRow& row : store.rows) {
    if (row.arm == arm) return;
    if (std::ranges::count(known, row.arm) == 0) known.push_back(row.arm);
  }
  const std::string near = nearest(arm, known);
  std::string all;
  for (const std::string& label : known) (all += all.empty() ? "'" : ", '") += label + "'";
  throw InputError("no arm '" + arm + "' in " + store.folder.filename().string() +
                   (near.empty() ? "; arms: " + all : "; did you mean '" + near + "'?"));
}

const ComparedRow* find_row(const ComparedBlock& block, const std::string& arm) {
  const auto found = std::ranges::find_if(block.rows, [&](const ComparedRow& row) { return row.plan.arm == arm; });
  return found == block.rows.end() ? nullptr : &*found;
}

}  // namespace
}  // namespace arm_comparison_detail

const std::vector<std::string>& measure_names() {
  static const std::vector<std::string> names = {
      "score",        "worst_domain", "nll",           "ece",         "rejection_auroc",   "train_flops",
      "infer_flops",  "params_total", "params_active", "train_cpu_s", "peak_memory_bytes", "latency_p50_s",
      "latency_p99_s"};
  return names;
}

const Measure* find_measure(const ArmCell& cell, const std::string& name) {
  const auto found = std::ranges::find_if(cell.measures, [&](const Measure& measure) { return measure.name == name; });
  return found == cell.measures.end() ? nullptr : &*found;
}

ArmComparison compare_arms(const ResultStore& store, const std::string& a, const std::string& b) {
  using namespace arm_comparison_detail;
  require_arm(store, a);
  require_arm(store, b);
  ArmComparison out;
  out.a = a;
  out.b = b;
  out.confidence = store.confidence;
  if (store.latency) out.aa_ratio = store.latency->aa_ratio;
  const std::vector<ComparedBlock> blocks = compare(store);
  std::vector<std::optional<ArmCell>> cells(blocks.size());
  parallel_for(blocks.size(), [&](size_t i) {
    const ComparedRow* row_a = find_row(blocks[i], a);
    const ComparedRow* row_b = find_row(blocks[i], b);
    if (row_a != nullptr && row_b != nullptr) cells[i] = cell_of(store, blocks[i], *row_a, *row_b);
  });
  for (auto& cell : cells)
    if (cell) out.cells.push_back(std::move(*cell));
  if (out.cells.empty()) throw InputError("the arms '" + a + "' and '" + b + "' share no suite and column");
  add_q(out.cells);
  for (ArmCell& cell : out.cells) decide(cell);
  return out;
}

}  // namespace loom
