// SPDX-License-Identifier: Apache-2.0
#include "harness/decomposition.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "harness/member_macros.h"
#include "harness/paired_cells.h"

namespace loom {
namespace decomposition_detail {
namespace {

using Values = std::vector<double>;

constexpr const char* kNoHard = "no arm of this column routes hard over the same members as this fabric, which mixes";
constexpr const char* kNoScores = "the records hold no member scores that are finite; those of an older loom hold none";

// Rows of one suite and column.
struct Block {
  std::vector<const PlannedRow*> rows;
  bool higher = true;
  double sign() const { return higher ? 1 : -1; }
};

std::vector<Block> blocks_of(const ResultStore& store) {
  std::vector<Block> blocks;
  for (const PlannedRow& row : store.rows) {
    const auto same = [&](const Block& block) {
      return block.rows[0]->suite == row.suite && block.rows[0]->column == row.column;
    };
    const auto found = std::ranges::find_if(blocks, same);
    const bool higher = store.suites.at(row.suite).higher_is_better;
    (found == blocks.end() ? blocks.emplace_back(Block{{}, higher}) : *found).rows.push_back(&row);
  }
  return blocks;
}

const TrialResult* scored(const ResultStore& store, const PlannedRow& row, size_t seed) {
  if (seed >= row.trials.size()) return nullptr;
  const auto found = store.trials.find(row.trials[seed]);
  return found == store.trials.end() || found->second.status != "ok" ? nullptr : &found->second;
}

// A part of the row's component; imported models alone have a combiner of null.
Json part_of(const PlannedRow& row, const char* part) {
  Json out = row.component.value(part, Json::object());
  return out.is_object() ? out : Json::object();
}

std::string choice(const PlannedRow& row, const char* part) { return part_of(row, part).value("name", ""); }

bool is_fabric(const PlannedRow& row) {
  return row.architecture == "specialists" || (row.architecture == "imported" && row.family == "fabric");
}

// One fabric against one monolith.
class Anatomy {
 public:
  Anatomy(const ResultStore& store, const Block& block, const PlannedRow& fabric, const PlannedRow& monolith)
      : store_(store), block_(block), fabric_(fabric), monolith_(monolith) {
    for (size_t seed = 0; seed < fabric.trials.size(); ++seed)
      if (scored(store, fabric, seed) != nullptr && scored(store, monolith, seed) != nullptr)
        out_.seeds.push_back(seed);
  }

  Decomposition take() {
    out_.suite = fabric_.suite;
    out_.column = fabric_.column;
    out_.metric = store_.suites.at(fabric_.suite).metric;
    out_.domains = store_.suites.at(fabric_.suite).domains;
    out_.fabric = fabric_.arm;
    out_.monolith = monolith_.arm;
    out_.gap = between(fabric_, monolith_);
    add_oracle();
    add_combination();
    add_members();
    add_fragmentation();
    return std::move(out_);
  }
  bool empty() const { return out_.seeds.empty(); }

 private:
  const TrialResult& trial(const PlannedRow& row, size_t seed) const { return store_.trials.at(row.trials[seed]); }
  double score(const PlannedRow& row, size_t seed) const { return block_.sign() * trial(row, seed).test.macro; }

  bool scored_everywhere(const PlannedRow& row) const {
    return std::ranges::all_of(out_.seeds, [&](size_t seed) { return scored(store_, row, seed) != nullptr; });
  }

  bool same_members(const PlannedRow& row) const {
    return scored_everywhere(row) && std::ranges::all_of(out_.seeds, [&](size_t seed) {
             return !trial(row, seed).members.empty() && trial(row, seed).members == trial(fabric_, seed).members;
           });
  }

  static Term unknown(const std::string& reason) { return {{}, kUnknown, {}, false, reason}; }

  // A term of one number for each seed; NaN: that seed has none.
  Term by_seed(const std::function<double(size_t)>& value, const std::string& reason) const {
    Term term;
    for (const size_t seed : out_.seeds) {
      term.by_seed.push_back(value(seed));
      if (!std::isfinite(term.by_seed.back())) return unknown(reason);
    }
    term.mean = mean(term.by_seed);
    if (term.by_seed.size() > 1)
      term.interval = bootstrap_t(term.by_seed, kComparisonSeed, store_.resamples, store_.confidence);
    return term;
  }

  // a - b of two rows: their test cells are stored, so groups vary too.
  Term between(const PlannedRow& a, const PlannedRow& b) const {
    Term term = by_seed([&](size_t seed) { return score(a, seed) - score(b, seed); }, "a score is not finite");
    const PairedDifference pair = paired(scored_seeds(store_, a), scored_seeds(store_, b), block_.higher);
    if (term.by_seed.empty() || pair.seeds != out_.seeds) return term;
    term.interval = finite_interval(pair, store_, store_.confidence);
    term.crossed = true;
    return term;
  }

  // Why this fabric has no oracle over its own members; empty: it has.
  std::string no_oracle() const {
    if (fabric_.architecture == "imported") return "imported models are not one for each domain";
    if (choice(fabric_, "partition") != "domain")
      return "partition " + choice(fabric_, "partition") + " has no member for each domain, so no oracle";
    for (const size_t seed : out_.seeds) {
      const auto& scores = trial(fabric_, seed).member_scores;
      if (!scores) return kNoScores;
      if (own_domain_scores(*scores).empty()) return "its members are not one for each domain";
    }
    return "";
  }

  Values own(size_t seed) const { return own_domain_scores(*trial(fabric_, seed).member_scores); }
  double oracle(size_t seed) const { return block_.sign() * macro_of(own(seed)); }

  void add_oracle() {
    for (const PlannedRow* row : block_.rows)
      if (choice(*row, "combiner") == "oracle" && same_members(*row)) oracle_row_ = row;
    const std::string why = oracle_row_ != nullptr ? "" : no_oracle();
    if (oracle_row_ != nullptr) {
      out_.gain = between(*oracle_row_, monolith_);
      out_.regret = between(*oracle_row_, fabric_);
    } else if (why.empty()) {
      const std::string lost = "a member has no finite score";
      out_.gain = by_seed([&](size_t seed) { return oracle(seed) - score(monolith_, seed); }, lost);
      out_.regret = by_seed([&](size_t seed) { return oracle(seed) - score(fabric_, seed); }, lost);
    } else {
      out_.gain = out_.regret = unknown(why);
    }
    add_interference();
  }

  void add_interference() {
    const std::string why = no_oracle();
    for (size_t d = 0; d < out_.domains.size(); ++d) {
      const auto difference = [&](size_t seed) {
        return block_.sign() * (own(seed)[d] - trial(monolith_, seed).test.domain.at(d));
      };
      out_.interference.push_back(why.empty() ? by_seed(difference, "the test has no item of this domain")
                                              : unknown(why));
    }
  }

  bool picks_one() const {
    const std::string combiner = choice(fabric_, "combiner");
    return (combiner == "router" && fabric_.component.at("combiner").value("mode", "") == "hard") ||
           combiner == "random_router" || combiner == "best_constant";
  }

  // The hard router over the same members; a soft router's has its settings.
  const PlannedRow* hard_row() const {
    Json wanted = fabric_.component.at("combiner");
    const bool soft = wanted.value("name", "") == "router";
    wanted["mode"] = "hard";
    for (const PlannedRow* row : block_.rows) {
      const Json combiner = part_of(*row, "combiner");
      if (combiner.value("name", "") != "router" || combiner.value("mode", "") != "hard") continue;
      if ((!soft || combiner == wanted) && same_members(*row)) return row;
    }
    return nullptr;
  }

  void add_combination() {
    const PlannedRow* hard = picks_one() ? &fabric_ : hard_row();
    if (hard == nullptr || out_.regret.by_seed.empty()) {
      out_.routing = out_.combination = unknown(hard == nullptr ? kNoHard : out_.regret.reason);
      return;
    }
    out_.hard = hard->arm;
    if (hard == &fabric_) {
      out_.routing = out_.regret;
      out_.combination = by_seed([](size_t) { return 0.0; }, "");
      return;
    }
    out_.combination = between(*hard, fabric_);
    out_.routing = oracle_row_ != nullptr ? between(*oracle_row_, *hard)
                                          : by_seed([&](size_t seed) { return oracle(seed) - score(*hard, seed); },
                                                    "a score is not finite");
  }

  void add_members() {
    const auto term = [&](const std::function<double(const MemberScores&)>& get) {
      const auto of_seed = [&](size_t seed) {
        const auto& scores = trial(fabric_, seed).member_scores;
        return scores ? get(*scores) : kUnknown;
      };
      return by_seed(of_seed, kNoScores);
    };
    const auto room = [&](const MemberScores& scores) {
      const Values alone = member_macros(scores);
      return block_.higher ? scores.sample_oracle - std::ranges::max(alone)
                           : std::ranges::min(alone) - scores.sample_oracle;
    };
    out_.headroom = term(room);
    out_.solved_by_one = term([](const MemberScores& scores) { return scores.solved_by_one; });
  }

  const PlannedRow* random_split() const {
    const Json birth = fabric_.component.value("birth", Json());  // an imported fabric has none
    for (const PlannedRow* row : block_.rows)
      if (choice(*row, "partition") == "random" && row->component.at("birth") == birth && scored_everywhere(*row))
        return row;
    return nullptr;
  }

  void add_fragmentation() {
    const PlannedRow* split = random_split();
    out_.fragmentation = unknown("no random split of this birth stands in this column");
    if (split == nullptr) return;
    const auto members_mean = [&](size_t seed) {
      const auto& scores = trial(*split, seed).member_scores;
      return scores ? block_.sign() * mean(member_macros(*scores)) : kUnknown;
    };
    out_.fragmentation = by_seed([&](size_t seed) { return score(monolith_, seed) - members_mean(seed); }, kNoScores);
    if (out_.fragmentation.by_seed.empty() || !monolith_.costs) return;
    out_.fragment_params = trial(*split, out_.seeds[0]).member_scores->params / monolith_.costs->params_total;
  }

  const ResultStore& store_;
  const Block& block_;
  const PlannedRow& fabric_;
  const PlannedRow& monolith_;
  const PlannedRow* oracle_row_ = nullptr;
  Decomposition out_;
};

double validation(const ResultStore& store, const PlannedRow& row) {
  Values values;
  for (size_t seed = 0; seed < row.trials.size(); ++seed)
    if (const TrialResult* trial = scored(store, row, seed)) values.push_back(trial->validation.macro);
  return values.empty() ? kUnknown : mean(values);
}

// As in a table's contrast: the test chooses nobody.
const PlannedRow* best_monolith(const ResultStore& store, const Block& block) {
  const PlannedRow* found = nullptr;
  double best = kUnknown;
  for (const PlannedRow* row : block.rows) {
    if (row->family != "monolith" || row->role != "arm" || row->information_level != "none") continue;
    const double value = block.sign() * validation(store, *row);
    if (std::isnan(value) || (found != nullptr && value <= best)) continue;
    found = row;
    best = value;
  }
  return found;
}

}  // namespace
}  // namespace decomposition_detail

std::vector<Decomposition> decompose(const ResultStore& store) {
  using namespace decomposition_detail;
  std::vector<Decomposition> out;
  for (const Block& block : blocks_of(store)) {
    const PlannedRow* monolith = best_monolith(store, block);
    if (monolith == nullptr) continue;
    for (const PlannedRow* row : block.rows) {
      if (!is_fabric(*row) || row->role != "arm") continue;
      Anatomy anatomy(store, block, *row, *monolith);
      if (!anatomy.empty()) out.push_back(anatomy.take());
    }
  }
  return out;
}

}  // namespace loom
