// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// One part of a gap, seed by seed.
struct Term {
  std::vector<double> by_seed;  // of Decomposition::seeds; empty where `reason` says why it is not known
  double mean = kUnknown;
  std::optional<Interval> interval;  // none where it would be infinite
  bool crossed = false;              // seeds and test groups vary; else seeds alone (bootstrap-t)
  std::string reason;
};

// A fabric whose members were trained apart, against the monolith that is best on validation. Scores are the metric's,
// signed so that higher is better, and the parts are exact in every seed:
//   gap     = fabric - monolith = gain - regret
//   gain    = oracle - monolith            what specialists are worth when the true domain's one answers
//   regret  = oracle - fabric              what is lost by not knowing the domain
//           = routing + combination
//   routing     = oracle - hard            hard: the same members behind a gate that picks one of them
//   combination = hard - fabric            what mixing adds to the loss; 0 where the fabric itself picks one
// The oracle is over this fabric's own members: its score in a domain is that domain's member's. `hard` is, for a soft
// router, the hard one of equal settings, else any hard router; both over the same members in the same column. On bytes
// a hard router scores its first bytes by the uniform mixture, which counts as routing.
struct Decomposition {
  std::string suite, column, metric, fabric, monolith;
  std::string hard;  // the arm that stands for it; the fabric itself where it picks one; empty: see routing.reason
  std::vector<size_t> seeds;  // scored on both sides
  Term gap, gain, regret, routing, combination;
  Term headroom;       // best member of each item - best single member, by test score: a bound for any router
  Term solved_by_one;  // share of items that exactly one member solves (harness/member_scores.h)
  Term fragmentation;  // monolith - mean member of the random split null: what 1/K of the data costs, no domains
                       // involved
  std::optional<double> fragment_params;  // that member's parameters over the monolith's; 1: nothing else differs
  std::vector<std::string> domains;
  std::vector<Term> interference;  // by domain: its own member - monolith; their mean is `gain`
};

// Every scored row of role arm and architecture `specialists`, in the plan's order. None without a monolith.
std::vector<Decomposition> decompose(const ResultStore& store);

}  // namespace loom
