// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "harness/comparison.h"
#include "harness/paired_cells.h"

// The parts of compare(): what is said within one block.
namespace loom::ranking {

// A row with the cells of its scored seeds, for as long as its block is compared.
struct Entry {
  ComparedRow row;
  ScoredSeeds scored;
};

// Scored, of role arm, and told nothing: only such rows compete.
bool ranked(const ComparedRow& row);

// Sets best, p_adjusted, not_worse, tied and pareto of the ranked entries.
void mark(std::span<Entry> entries, const ComparedBlock& block, const ResultStore& store);

std::optional<Headline> headline(std::span<const Entry> entries, const ComparedBlock& block, const ResultStore& store);

inline constexpr double kLevel = 0.05;  // of every test

}  // namespace loom::ranking
