// SPDX-License-Identifier: Apache-2.0
#include "harness/claims.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/claim_registry.h"
#include "harness/error.h"
#include "harness/paired_cells.h"
#include "harness/parallel.h"
#include "harness/ranking.h"

namespace loom {
namespace claims_detail {
namespace {

// What a cell's verdict needs of its pairs, which are many megabytes for many cells.
struct Evidence {
  std::vector<double> by_seed;
  std::optional<Interval> equivalence;
  double floor = 0, floor_tie = 0;  // half-widths of the two intervals with endless seeds
};

// A claim with the evidence of each of its cells, as long as it is judged.
struct Draft {
  JudgedClaim judged;
  std::vector<Evidence> evidence;
  size_t promised_cells = 0;  // of a claim that was stated in time
};

// A probe of a searched suite is labelled "<label> <parameter>=<value>".
std::string base_suite(const std::string& suite, const std::set<std::string>& labels) {
  if (labels.contains(suite)) return suite;
  const size_t blank = suite.rfind(' ');
  return blank != suite.npos && suite.find('=', blank) != suite.npos ? suite.substr(0, blank) : suite;
}

class Judge {
 public:
  explicit Judge(const ResultStore& store) : store_(store), blocks_(compare(store, RowTests::off)) {
    for (const Json& suite : store.experiment.at("suites")) labels_.insert(suite.at("label").get<std::string>());
    for (const PlannedRow& row : store.rows) rows_[{row.suite, row.column}].push_back(&row);
  }

  Draft draft(const Claim& claim, const std::map<std::string, Registration>& registered) {
    Draft out;
    out.judged.claim = claim;
    out.judged.hash = claim_hash(claim);
    if (const auto found = registered.find(out.judged.hash); found != registered.end()) {
      const bool in_time = found->second.records == 0;
      out.judged.records = found->second.records;
      if (in_time) out.judged.deviation = deviation(found->second, store_.experiment);
      out.judged.registered = in_time && out.judged.deviation.empty();
      if (in_time) out.promised_cells = static_cast<size_t>(found->second.cells);
    }
    const std::set<std::string> suites(claim.suites.begin(), claim.suites.end());
    std::vector<const ComparedBlock*> cells;
    for (const ComparedBlock& block : blocks_)
      if (suites.contains(base_suite(block.suite, labels_)) && std::ranges::count(claim.columns, block.column) > 0)
        cells.push_back(&block);
    out.judged.cells.resize(cells.size());
    out.evidence.resize(cells.size());
    parallel_for(cells.size(), [&](size_t i) {
      judge_cell(claim, *cells[i], static_cast<double>(cells.size()), out.judged.cells[i], out.evidence[i]);
    });
    add_boundaries(out.judged);
    return out;
  }

  // Once p_adjusted is known.
  void decide(Draft& draft, size_t tests) const {
    JudgedClaim& judged = draft.judged;
    std::vector<Verdict> verdicts(judged.cells.size());
    parallel_for(judged.cells.size(), [&](size_t i) {
      ClaimCell& cell = judged.cells[i];
      const Evidence& evidence = draft.evidence[i];
      const int promised = judged.holm() ? std::max(judged.claim.seeds, kFamilyPairs) : judged.claim.seeds;
      cell.verdict = cell_verdict({.pairs = cell.pairs,
                                   .pairs_needed = promised,
                                   .theta = cell.theta,
                                   .interval = cell.interval,
                                   .equivalence = evidence.equivalence,
                                   .p_adjusted = cell.p_adjusted,
                                   .margin = cell.margin});
      if (cell.verdict.verdict == Verdict::undecided) add_needed(cell, evidence, promised, tests);
      verdicts[i] = cell.verdict.verdict;
    });
    judged.verdict = claim_verdict(verdicts);
  }

 private:
  // The family's best on validation, the first of equals in the plan; nullptr where none has a score.
  const PlannedRow* row_of(const ClaimSide& side, const ComparedBlock& block) const {
    const PlannedRow* found = nullptr;
    double best = 0;
    for (const PlannedRow* planned : rows_.at({block.suite, block.column})) {
      const PlannedRow& row = *planned;
      if (side.family.empty()) {
        if (row.arm == side.arm) return &row;
        continue;
      }
      const auto seen = std::ranges::find_if(block.rows, [&](const auto& one) { return one.plan.arm == row.arm; });
      if (row.family != side.family || seen == block.rows.end() || !ranking::ranked(*seen)) continue;
      const double validation = block.higher_is_better ? seen->validation : -seen->validation;
      if (found != nullptr && !(validation > best)) continue;
      found = &row;
      best = validation;
    }
    return found;
  }

  // Of one pair of arms, whichever side is which: claims often share their cells, and many seeds are slow to flip.
  double sign_flip_once(const ClaimCell& cell, const std::vector<double>& by_seed) {
    const auto [first, second] = std::minmax(cell.better, cell.than);
    const std::array key = {cell.suite, cell.column, first, second};
    {
      const std::scoped_lock lock(mutex_);
      if (const auto found = p_values_.find(key); found != p_values_.end()) return found->second;
    }
    const double p = sign_flip(by_seed, kComparisonSeed);
    const std::scoped_lock lock(mutex_);
    return p_values_[key] = p;
  }

  // `cells`: how many the claim has; its intervals hold for all at once.
  void judge_cell(const Claim& claim, const ComparedBlock& block, double cells, ClaimCell& cell, Evidence& evidence) {
    cell = {.suite = block.suite, .column = block.column, .better = claim.better.arm, .than = claim.than.arm};
    cell.margin = claim.margin.value_or(block.margin);
    const PlannedRow* better = row_of(claim.better, block);
    const PlannedRow* than = row_of(claim.than, block);
    if (better != nullptr) cell.better = better->arm;
    if (than != nullptr) cell.than = than->arm;
    if (better == nullptr || than == nullptr) return;
    PairedDifference pair = paired(scored_seeds(store_, *better), scored_seeds(store_, *than), block.higher_is_better);
    cell.pairs = static_cast<int>(pair.seeds.size());
    if (cell.pairs == 0) return;
    cell.theta = pair.mean;
    cell.p = sign_flip_once(cell, pair.by_seed);
    cell.interval = finite_interval(pair, store_, 1 - (1 - store_.confidence) / cells);
    evidence.equivalence = finite_interval(pair, store_, 1 - 2 * kVerdictLevel / cells);
    const GroupError error = group_error(pair.a, pair.b);
    evidence.floor = half_width(error, 1 - (1 - store_.confidence) / cells);
    evidence.floor_tie = half_width(error, 1 - 2 * kVerdictLevel / cells);
    evidence.by_seed = std::move(pair.by_seed);
  }

  // At the level of a test that comes first in its family. Seeds do not narrow what the test groups leave open.
  static void add_needed(ClaimCell& cell, const Evidence& evidence, int promised, size_t tests) {
    const double level = kVerdictLevel / static_cast<double>(tests);
    const double effect = std::isfinite(cell.theta) ? std::max(std::abs(cell.theta), cell.margin) : 0;
    cell.more_groups = effect > 0 && evidence.floor >= effect && cell.pairs >= promised;
    if (!cell.more_groups) cell.needed = needed_pairs(evidence.by_seed, effect, level);
    if (evidence.floor_tie < cell.margin) cell.needed_tie = needed_pairs_tie(evidence.by_seed, cell.margin, level);
    const int least = std::max(promised, cell.pairs + 1);  // those there are did not decide
    if (cell.needed) cell.needed = std::max(*cell.needed, least);
    if (cell.needed_tie) cell.needed_tie = std::max(*cell.needed_tie, least);
    if (!cell.needed && cell.pairs < promised) cell.needed = promised;
  }

  void add_boundaries(JudgedClaim& judged) const {
    for (const Json& search : store_.searches) {
      const std::string suite = search.at("suite").get<std::string>();
      const auto between = search.at("between").get<std::set<std::string>>();
      const auto about = [&](const ClaimCell& cell) {
        return base_suite(cell.suite, labels_) == suite && between == std::set{cell.better, cell.than};
      };
      if (std::ranges::none_of(judged.cells, about)) continue;
      const auto number = [&](const char* key) {
        return search.at(key).is_null() ? kUnknown : search.at(key).get<double>();
      };
      ClaimBoundary boundary = {.suite = suite,
                                .over = search.at("over").get<std::string>(),
                                .found = number("found"),
                                .low = number("low"),
                                .high = number("high"),
                                .truth = {},
                                .probes = search.at("probes").get<int64_t>()};
      if (const double truth = number("true"); std::isfinite(truth)) boundary.truth = truth;
      judged.boundaries.push_back(boundary);
    }
  }

  const ResultStore& store_;
  std::vector<ComparedBlock> blocks_;
  std::set<std::string> labels_;
  std::map<std::pair<std::string, std::string>, std::vector<const PlannedRow*>> rows_;  // by suite and column
  std::mutex mutex_;
  std::map<std::array<std::string, 4>, double> p_values_;
};

// Cells that registered claims promised to a Holm family and no longer bring: suites or columns were taken out, or the
// claim is exploratory by now. The family does not get smaller by them.
size_t missing_cells(const std::vector<Draft>& drafts, const std::string& family) {
  size_t count = 0;
  for (const Draft& draft : drafts) {
    if (draft.judged.claim.family != family) continue;
    const size_t here = draft.judged.holm() ? draft.judged.cells.size() : 0;
    count += draft.promised_cells - std::min(draft.promised_cells, here);
  }
  return count;
}

// Corrects the cells of these claims, and missing ones with p = 1, together; how many there are.
size_t adjust(const std::vector<Draft*>& family, bool by_holm, size_t missing) {
  std::vector<double> p_values;
  for (const Draft* draft : family)
    for (const ClaimCell& cell : draft->judged.cells) p_values.push_back(cell.p);
  p_values.insert(p_values.end(), missing, 1.0);
  const std::vector<double> adjusted = by_holm ? holm(p_values) : benjamini_hochberg(p_values);
  auto next = adjusted.begin();
  for (Draft* draft : family)
    for (ClaimCell& cell : draft->judged.cells) cell.p_adjusted = *next++;
  return adjusted.size();
}

std::vector<Draft> drafts(const ResultStore& store) {
  const auto registered = registrations(store.folder);
  std::vector<Claim> claims;
  for (const Json& claim : store.experiment.value("claims", Json::array())) claims.push_back(claim_from_json(claim));
  std::vector<Draft> out;
  if (claims.empty() && registered.empty()) return out;
  Judge judge(store);
  std::set<std::string> current;
  for (const Claim& claim : claims) {
    out.push_back(judge.draft(claim, registered));
    current.insert(out.back().judged.hash);
  }
  for (const auto& [hash, registration] : registered) {
    if (current.contains(hash)) continue;
    out.push_back(judge.draft(registration.claim, registered));
    out.back().judged.withdrawn = true;
  }
  std::map<std::string, std::vector<Draft*>> families;  // "": exploratory
  for (Draft& draft : out) families[draft.judged.holm() ? draft.judged.claim.family : ""].push_back(&draft);
  for (const auto& [name, family] : families) {
    const size_t tests = adjust(family, !name.empty(), name.empty() ? 0 : missing_cells(out, name));
    for (Draft* draft : family) judge.decide(*draft, name.empty() ? draft->judged.cells.size() : tests);
  }
  return out;
}

}  // namespace
}  // namespace claims_detail

std::vector<JudgedClaim> judge_claims(const ResultStore& store) {
  std::vector<JudgedClaim> out;
  try {
    for (claims_detail::Draft& draft : claims_detail::drafts(store)) out.push_back(std::move(draft.judged));
  } catch (const Json::exception& error) {
    throw InputError((store.folder / "plan.json").string() + ": its claims or searches are not what loom wrote (" +
                     error.what() + ")");
  }
  return out;
}

}  // namespace loom
