// SPDX-License-Identifier: Apache-2.0
#include "harness/report/study.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/budgets.h"
#include "harness/paired_cells.h"
#include "harness/parallel.h"

namespace loom::report {
namespace study_detail {
namespace {

const ComparedRow* scored_row(const ComparedBlock& block, const std::string& arm) {
  const auto found = std::ranges::find_if(
      block.rows, [&](const ComparedRow& row) { return row.plan.arm == arm && row.status == "ok"; });
  return found == block.rows.end() ? nullptr : &*found;
}

// Label of the arm that fixes the budget, as the config has it.
std::string configured_reference(const ResultStore& store, const std::string& suite) {
  const std::string base = read_budget_label(suite).suite;
  const std::string& config = store.suites.at(suite).config;
  for (const Json& entry : store.experiment.at("suites")) {
    const std::string label = entry.at("label").get<std::string>();
    if ((label == base || label == config) && entry.contains("reference"))
      return entry.at("reference").value("label", "");
  }
  return "";
}

// The cells of one domain, which is then all that the score is made of.
CellTable within(const CellTable& table, size_t domain) {
  CellTable out = {
      .seeds = table.seeds, .cells = 0, .domains = table.domains, .sum = {}, .count = {}, .domain = {}, .group = {}};
  std::vector<size_t> kept;
  for (size_t cell = 0; cell < table.count.size(); ++cell)
    if (table.domain[cell] == static_cast<int32_t>(domain)) kept.push_back(cell);
  out.cells = std::ssize(kept);
  for (const size_t cell : kept) {
    out.count.push_back(table.count[cell]);
    out.domain.push_back(table.domain[cell]);
    out.group.push_back(table.group[cell]);
  }
  for (size_t seed = 0; seed < static_cast<size_t>(table.seeds); ++seed)
    for (const size_t cell : kept) out.sum.push_back(table.sum[seed * table.count.size() + cell]);
  return out;
}

Difference difference(const ResultStore& store, const ComparedBlock& block, const ScoredSeeds& row,
                      const ScoredSeeds& reference, bool replicates) {
  PairedDifference pair = paired(row, reference, block.higher_is_better);
  Difference out = {.pairs = static_cast<int>(pair.seeds.size()),
                    .mean = pair.mean,
                    .interval = {},
                    .domain = {},
                    .domain_interval = {}};
  if (out.pairs == 0) return out;
  out.interval = finite_interval(pair, store, block.confidence);
  if (replicates) return out;  // they have no cells by domain
  const CellTable a = std::move(pair.a), b = std::move(pair.b);
  for (size_t d = 0; d < block.domains.size(); ++d) {
    pair.a = within(a, d);
    pair.b = within(b, d);
    const bool items = std::ranges::any_of(pair.a.count, [](double count) { return count > 0; });
    out.domain.push_back(items ? score(pair.a) - score(pair.b) : kUnknown);
    out.domain_interval.push_back(items ? finite_interval(pair, store, block.confidence) : std::nullopt);
  }
  return out;
}

std::vector<Difference> differences(const Study& study, const ComparedBlock& block) {
  std::vector<Difference> out(block.rows.size());
  const ComparedRow* reference = scored_row(block, reference_arm(study, block));
  if (reference == nullptr) return out;
  const ScoredSeeds fixed = scored_seeds(study.store, reference->plan);
  const bool replicates = std::ranges::any_of(reference->plan.trials, [&](const std::string& id) {
    const auto found = study.store.trials.find(id);
    return found != study.store.trials.end() && !found->second.replicates.empty();
  });
  for (size_t i = 0; i < block.rows.size(); ++i)
    if (block.rows[i].status == "ok" && &block.rows[i] != reference)
      out[i] = difference(study.store, block, scored_seeds(study.store, block.rows[i].plan), fixed, replicates);
  return out;
}

}  // namespace
}  // namespace study_detail

std::string reference_arm(const Study& study, const ComparedBlock& block) {
  using namespace study_detail;
  const std::string configured = configured_reference(study.store, block.suite);
  if (!configured.empty() && scored_row(block, configured) != nullptr) return configured;
  for (const ComparedRow& row : block.rows)
    if (row.status == "ok" && row.plan.role == "arm" && row.plan.family == "monolith") return row.plan.arm;
  return "";
}

const Difference* against_reference(const Study& study, const ComparedBlock& block, const ComparedRow& row) {
  const auto block_at = static_cast<size_t>(&block - study.table.blocks.data());
  const Difference& found = study.differences.at(block_at).at(static_cast<size_t>(&row - block.rows.data()));
  return found.pairs == 0 ? nullptr : &found;
}

Study study(const ResultStore& store, const std::string& name) {
  Study out = {.store = store, .name = name, .table = make_table(store), .differences = {}, .details = {}};
  out.differences.resize(out.table.blocks.size());
  parallel_for(out.table.blocks.size(),
               [&](size_t i) { out.differences[i] = study_detail::differences(out, out.table.blocks[i]); });
  out.details = read_details(store);
  return out;
}

}  // namespace loom::report
