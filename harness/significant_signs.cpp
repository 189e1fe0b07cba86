// SPDX-License-Identifier: Apache-2.0
#include "harness/significant_signs.h"

#include <algorithm>

#include "harness/comparison.h"
#include "harness/paired_cells.h"
#include "harness/ranking.h"

namespace loom {
namespace significant_signs_detail {
namespace {

std::optional<double> mean_difference(const ResultStore& store, const SignificantSign& sign) {
  const PlannedRow* better = find_row(store, sign.suite, sign.column, sign.better);
  const PlannedRow* worse = find_row(store, sign.suite, sign.column, sign.worse);
  if (better == nullptr || worse == nullptr) return std::nullopt;
  const bool higher = store.suites.at(sign.suite).higher_is_better;
  const PairedDifference pair = paired(scored_seeds(store, *better), scored_seeds(store, *worse), higher);
  return pair.seeds.empty() ? std::nullopt : std::optional(pair.mean);
}

// One that is named already is not named twice: the headline may be the best arm over another.
void add(std::vector<SignificantSign>& signs, const ComparedBlock& block, const std::string& better,
         const std::string& worse) {
  const auto same = [&](const SignificantSign& sign) {
    return sign.suite == block.suite && sign.column == block.column && sign.better == better && sign.worse == worse;
  };
  if (std::ranges::any_of(signs, same)) return;
  SignificantSign sign;
  sign.suite = block.suite;
  sign.column = block.column;
  sign.better = better;
  sign.worse = worse;
  signs.push_back(std::move(sign));
}

void add_block(std::vector<SignificantSign>& signs, const ComparedBlock& block) {
  const auto best = std::ranges::find_if(block.rows, &ComparedRow::best);
  for (const ComparedRow& row : block.rows)
    if (row.p_adjusted && *row.p_adjusted <= ranking::kLevel) add(signs, block, best->plan.arm, row.plan.arm);
  if (!block.headline) return;
  const Headline& headline = *block.headline;
  if (headline.verdict == "fabric better") add(signs, block, headline.fabric, headline.monolith);
  if (headline.verdict == "monolith better") add(signs, block, headline.monolith, headline.fabric);
}

}  // namespace
}  // namespace significant_signs_detail

std::vector<SignificantSign> significant_signs(const ResultStore& reference, const ResultStore& here) {
  using namespace significant_signs_detail;
  std::vector<SignificantSign> signs;
  for (const ComparedBlock& block : compare(reference)) add_block(signs, block);
  for (SignificantSign& sign : signs) {
    sign.there = mean_difference(reference, sign).value_or(0);
    sign.here = mean_difference(here, sign);
    sign.kept = sign.here && *sign.here > 0;
  }
  return signs;
}

const PlannedRow* find_row(const ResultStore& store, const std::string& suite, const std::string& column,
                           const std::string& arm) {
  const auto named = [&](const PlannedRow& row) {
    return row.suite == suite && row.column == column && row.arm == arm;
  };
  const auto found = std::ranges::find_if(store.rows, named);
  return found == store.rows.end() ? nullptr : &*found;
}

}  // namespace loom
