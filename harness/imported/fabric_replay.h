// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/combiner.h"
#include "harness/imported/outcome_table.h"

namespace loom::imported {

// Told for each item which member is best on it: the upper bound of every router, in LLMRouterBench's words the oracle.
// No combiner can be it, because it needs the answer.
inline constexpr const char* kSampleOracle = "sample_oracle";

// Why imported outcomes do not hold what a combiner looks at; empty when they do.
std::string unmet_view(const Json& combiner, const OutcomeTable& table);

Outcomes model_outcomes(const OutcomeTable& table, size_t model, size_t seed, Split split);

// The models `members` under a combiner ({"name": ...}; null: the one member alone), replayed from what they said. A
// combiner that is told the domain gets, in the place of each domain's specialist, the member that is best there on
// validation.
class FabricReplay {
 public:
  FabricReplay(const OutcomeTable& table, std::vector<size_t> members, Json combiner, size_t seed);

  struct Result {
    Outcomes outcomes;
    Json routing = nullptr;          // `load` [domains][members] and `entropy`; null where all members answer
    double cost = 0, latency_s = 0;  // means per item of the members that answer, the slowest of them; NaN: not known
  };
  Result on(Split split) const;
  Json state() const;  // what was chosen on validation

  std::vector<Outcomes> said(Split split) const;  // each member alone

 private:
  std::vector<float> weights(const std::vector<Outcomes>& said, Split split) const;  // [items, members]
  std::vector<float> gated(const Outcomes& any, Split split) const;
  Outcomes combined(const std::vector<Outcomes>& said, const std::vector<float>& weights) const;
  Json routing(const Outcomes& any, const std::vector<float>& weights) const;
  std::vector<bool> ran(std::span<const float> weights) const;  // of one row
  void add_costs(Result& result, const std::vector<float>& weights, Split split) const;

  const OutcomeTable& table_;
  std::vector<size_t> members_;
  Json config_;
  size_t seed_;
  std::unique_ptr<Combiner> combiner_;  // none: one member alone, or the sample oracle
  std::vector<size_t> specialist_;      // of each domain, where the combiner is told it
};

}  // namespace loom::imported
