// SPDX-License-Identifier: Apache-2.0
#include "harness/reproduction.h"

#include <algorithm>
#include <cmath>

#include "harness/error.h"
#include "harness/paired_cells.h"
#include "harness/text_numbers.h"

namespace loom {
namespace reproduction_detail {
namespace {

constexpr double kBudgetTolerance = 0.02;  // of training FLOPs, as plans enforce it
constexpr double kStandardErrors = 2;

// The record of one seed; null where none was written (not run, or failed without one).
const TrialResult* recorded(const ResultStore& store, const PlannedRow& row, size_t seed) {
  if (seed >= row.trials.size()) return nullptr;
  const auto found = store.trials.find(row.trials[seed]);
  return found == store.trials.end() || found->second.digest.empty() ? nullptr : &found->second;
}

int count_recorded(const ResultStore& store, const PlannedRow& row) {
  int count = 0;
  for (size_t seed = 0; seed < row.trials.size(); ++seed) count += recorded(store, row, seed) != nullptr ? 1 : 0;
  return count;
}

// The seeds recorded on both sides.
struct SeedMatch {
  int common = 0;
  bool same_ids = true, same_bits = true, same_status = true;
  bool same_machine = false;  // bits differ somewhere although id and instruction set do not
};

SeedMatch match_seeds(const ResultStore& here, const PlannedRow& row, const ResultStore& there,
                      const PlannedRow& original) {
  SeedMatch out;
  for (size_t seed = 0; seed < std::min(row.trials.size(), original.trials.size()); ++seed) {
    const TrialResult *mine = recorded(here, row, seed), *theirs = recorded(there, original, seed);
    if (mine == nullptr || theirs == nullptr) continue;
    ++out.common;
    const bool same_id = row.trials[seed] == original.trials[seed], same_bits = mine->digest == theirs->digest;
    out.same_ids = out.same_ids && same_id;
    out.same_bits = out.same_bits && same_bits;
    out.same_status = out.same_status && mine->status == theirs->status;
    out.same_machine = out.same_machine || (same_id && !same_bits && mine->isa == theirs->isa);
  }
  return out;
}

std::string differing(const std::string& what, double here, double there) {
  return what + " " + number_text(here) + " here, " + number_text(there) + " there";
}

// What differs in the sizes and costs that the two plans state; empty where R1 finds nothing.
std::string other_costs(const PlannedRow& row, const PlannedRow& original) {
  if (!row.costs || !original.costs) return row.costs || original.costs ? "costs stated on one side only" : "";
  const PlannedCosts &here = *row.costs, &there = *original.costs;
  if (here.params_total != there.params_total) return differing("parameters", here.params_total, there.params_total);
  if (here.infer_flops != there.infer_flops) return differing("inference FLOPs", here.infer_flops, there.infer_flops);
  if (std::abs(here.train_flops - there.train_flops) <= kBudgetTolerance * there.train_flops) return "";
  return differing("training FLOPs", here.train_flops, there.train_flops);
}

// Unpaired: a repetition redraws the same data order and initial weights, so its seeds differ from the originals by
// rounding alone. A paired error would measure that rounding and vanish where it is equal in every seed; the question
// is whether the new mean is a plausible value of the old, given how far seeds spread. One seed has no spread: only an
// equal score passes.
bool compare_scores(ReproducedRow& out, const ScoredSeeds& here, const ScoredSeeds& there) {
  std::vector<double> mine, theirs;
  for (size_t i = 0; i < there.seeds.size(); ++i) {
    const auto found = std::ranges::find(here.seeds, there.seeds[i]);
    if (found == here.seeds.end()) continue;
    mine.push_back(here.macro[static_cast<size_t>(found - here.seeds.begin())]);
    theirs.push_back(there.macro[i]);
  }
  if (mine.empty()) return there.seeds.empty() && here.seeds.empty();
  out.score = mean(mine);
  out.score_there = mean(theirs);
  const double difference = out.score - out.score_there;
  const double spread = std::hypot(standard_deviation(mine), standard_deviation(theirs));
  const double error = spread / std::sqrt(static_cast<double>(mine.size()));
  if (difference == 0 || error > 0) out.standard_errors = difference == 0 ? 0 : difference / error;
  return out.standard_errors && std::abs(*out.standard_errors) <= kStandardErrors;
}

// Why the row's suite and column do not hold R2; empty where they do. Without a significant sign there is no conclusion
// that a repetition could contradict, or keep.
std::string r2_fault(const std::vector<SignificantSign>& signs, const PlannedRow& row) {
  int all = 0, lost = 0;
  for (const SignificantSign& sign : signs) {
    if (sign.suite != row.suite || sign.column != row.column) continue;
    ++all;
    lost += sign.kept ? 0 : 1;
  }
  if (all == 0) return "no significant sign there";
  return lost == 0 ? "" : std::to_string(lost) + " of " + std::to_string(all) + " significant signs lost";
}

std::string bits_note(const SeedMatch& seeds) {
  if (seeds.same_machine) return "same id and instruction set, other bits";
  return seeds.same_ids ? "same ids, another instruction set" : "other trial ids";
}

std::string missing_note(const PlannedRow* row) {
  if (row == nullptr) return "not planned here";
  return row->status == "rejected" ? "rejected here: " + row->reason : "no record here";
}

class Judge {
 public:
  Judge(const ResultStore& here, const ResultStore& there) : here_(here), there_(there) {
    result_.signs = significant_signs(there, here);
    for (const PlannedRow& row : there.rows) {
      if (count_recorded(there, row) == 0) {
        leave_out(row, row.status == "rejected" ? "rejected there" : "no record there");
      } else {
        result_.rows.push_back(judged(row));
      }
    }
    for (const PlannedRow& row : here.rows)
      if (find_row(there, row.suite, row.column, row.arm) == nullptr) leave_out(row, "only here");
    if (result_.rows.empty()) throw InputError(there.folder.string() + " holds no record to compare with");
    result_.level = std::ranges::min_element(result_.rows, {}, &ReproducedRow::level)->level;
  }
  Reproduction take() { return std::move(result_); }

 private:
  void leave_out(const PlannedRow& row, const std::string& reason) {
    result_.uncompared.push_back({row.suite, row.column, row.arm, reason});
  }

  ReproducedRow judged(const PlannedRow& original) const {
    ReproducedRow out;
    out.suite = original.suite;
    out.column = original.column;
    out.arm = original.arm;
    out.seeds_there = count_recorded(there_, original);
    const PlannedRow* row = find_row(here_, original.suite, original.column, original.arm);
    const SeedMatch seeds = row == nullptr ? SeedMatch{} : match_seeds(here_, *row, there_, original);
    out.seeds = seeds.common;
    out.missing = seeds.common == 0;
    if (out.missing) {
      out.notes.push_back(missing_note(row));
    } else {
      weigh(out, seeds, *row, original);
    }
    return out;
  }

  void weigh(ReproducedRow& out, const SeedMatch& seeds, const PlannedRow& row, const PlannedRow& original) const {
    const bool near = compare_scores(out, scored_seeds(here_, row), scored_seeds(there_, original));
    if (seeds.common < out.seeds_there) {
      out.notes.push_back(std::to_string(seeds.common) + " of " + std::to_string(out.seeds_there) + " seeds");
    }
    out.level = Reproduced::r0;
    if (seeds.same_ids && seeds.same_bits) return;
    out.notes.push_back(bits_note(seeds));
    out.level = Reproduced::none;
    if (here_.suites.at(row.suite).digest != there_.suites.at(row.suite).digest) {
      out.notes.emplace_back("other data");
      return;
    }
    out.level = Reproduced::r1;
    const std::string costs = other_costs(row, original);
    if (!costs.empty()) out.notes.push_back(costs);
    if (!seeds.same_status) out.notes.emplace_back("a seed diverged on one side only");
    if (!near && seeds.same_status) out.notes.emplace_back("beyond 2 standard errors");
    if (costs.empty() && seeds.same_status && near) return;
    const std::string fault = r2_fault(result_.signs, original);
    if (!fault.empty()) out.notes.push_back(fault);
    out.level = fault.empty() ? Reproduced::r2 : Reproduced::none;
  }

  const ResultStore &here_, &there_;
  Reproduction result_;
};

}  // namespace
}  // namespace reproduction_detail

std::string_view reproduced_name(Reproduced level) {
  switch (level) {
    case Reproduced::r0:
      return "R0";
    case Reproduced::r1:
      return "R1";
    case Reproduced::r2:
      return "R2";
    case Reproduced::none:
      return "none";
  }
  fail("an unknown level of reproduction");
}

const ReproducedRow* Reproduction::first_failure() const {
  const auto found = std::ranges::find_if(rows, [](const ReproducedRow& row) { return row.level == Reproduced::none; });
  return found == rows.end() ? nullptr : &*found;
}

Reproduction reproduce(const ResultStore& here, const ResultStore& reference) {
  return reproduction_detail::Judge(here, reference).take();
}

}  // namespace loom
