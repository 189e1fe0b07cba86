// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/facts.h"
#include "harness/merging.h"
#include "harness/outcomes.h"
#include "harness/safetensors.h"

namespace loom {

// On tokens a gate that reads the input reads the first bytes of the window, and no more: it decides for the bytes
// after them, and they themselves are scored by the uniform mixture. Reading on would let the future choose.
inline constexpr int64_t kPrefixBytes = 16;

// Item keys, domains and router opinions of a batch of rows: all that may decide before a member runs.
struct GateInput {
  int64_t rows = 0, members = 0;
  std::span<const int32_t> domain;          // [rows]; empty unless the combiner's level is `domain`
  std::span<const float> router_log_probs;  // [rows, members]; empty unless it needs a router
  std::span<const uint64_t> key;         // [rows] hash of the input (tokens: of its prefix); empty unless it needs keys
  std::span<const float> features = {};  // [rows, width] what a router would read; empty unless it needs features
};

// What members said, in nats. view target: `target` only; view summary: the two summaries; view full: `log_probs`.
struct MemberOutputs {
  int64_t members = 0, rows = 0, steps = 1, outputs = 0;
  std::span<const float> target;             // [members, rows, steps]; labels: empty, a model does not know it
  std::span<const float> log_probs;          // [members, rows, steps, outputs]; may be empty
  std::span<const float> max_log_prob = {};  // [members, rows, steps]; may be empty
  std::span<const float> entropy = {};       // likewise
};

// What a combiner is fitted on: the train side alone, never the test.
struct FitInput {
  // Of the members on the calibration split, that validation may judge the fit; imported: on validation. Empty unless
  // it needs a fit.
  std::span<const Outcomes> calibration = {};
  int64_t domains = 1, members = 0;
  std::span<const double> costs = {};  // [members] FLOPs of an item, or another unit; empty: alike
  // Of the router split, where it needs features: what a router would read [items, width], and which member is to
  // answer.
  std::span<const float> features = {};
  std::span<const int32_t> choice = {};  // [items]
};

// How the outputs of trained members become one answer. Torch-free: the same code runs inside a model's forward and in
// the replay from stored outcomes. architectures/combiners/<name>.cpp derives from it.
class Combiner {
 public:
  virtual ~Combiner() = default;
  virtual bool needs_router() const { return false; }
  virtual bool needs_keys() const { return false; }
  virtual bool needs_features() const { return false; }
  // Whether the weights are known before the members run, so that a member of weight zero need not run.
  virtual bool gated() const { return false; }
  // Whether it weighs members; else combine() makes the answer of all that they said.
  virtual bool mixes() const { return true; }
  // Steps at the start of a window scored by the uniform mixture, because the gate reads them first (tokens only).
  virtual int64_t prefix() const { return 0; }
  virtual bool needs_fit() const { return false; }  // on the members' calibration outcomes
  // FLOPs of fit() on so many items, by formula; charged to "selection".
  virtual double fit_flops(int64_t members, int64_t items, int64_t outputs) const;
  // How many examples of how many features fit() will get, when it needs features: its costs depend on them.
  virtual void declare(int64_t examples, int64_t width);
  virtual void fit(const FitInput& input);
  virtual void save(Json& state, Arrays& arrays) const;  // what fit chose
  virtual void restore(const Json& state, const Arrays& arrays);
  // Mixture weights [rows, members], each row summing to one. Only when gated().
  virtual void gate(const GateInput& input, std::span<float> weights) const;
  // Mixture weights [rows, steps, members] from what the members said about the steps before, or, by a summary, about
  // this one. Only when it mixes and is not gated().
  virtual void weigh(const MemberOutputs& outputs, std::span<float> weights) const;
  // The answer's log-probabilities [rows, steps, outputs], normalised. Only when it does not mix.
  virtual void combine(const MemberOutputs& outputs, std::span<float> log_probs) const;
  // A cascade runs its members one after the other: the next one only for rows that accepts() leaves open; the last one
  // answers what is left. Empty: it is none.
  virtual std::vector<int64_t> order(int64_t members) const;
  virtual bool accepts(float max_log_prob) const;
  // Whether a stage of a cascade answers with the mean of all members that ran, and not with the last one's word.
  virtual bool averages() const { return false; }
  virtual Json told() const { return nullptr; }  // what a record is to hold of the fit: of a cascade its curve
  virtual int64_t executed(int64_t members) const { return members; }            // at most so many run for one row
  virtual int64_t flops(int64_t members, int64_t steps, int64_t outputs) const;  // per row, by formula
};

// architectures/combiners/<name>.cpp defines `CombinerSource <name>()`.
struct CombinerSource {
  Facts facts;                                                            // view, level, access, inputs
  std::unique_ptr<Combiner> (*build)(const Json& options) = nullptr;      // view target | summary | full
  Arrays (*merge)(const Json& options, MergeContext& context) = nullptr;  // view weights: one network
  bool needs_seed = false;  // merges what members learned since the weights that all branched from
};
std::vector<CombinerSource> all_combiners();
const CombinerSource& find_combiner(std::string_view name);

// The combiner of resolved options. With a number at "lost" it is one that lost that member after training: weight on
// it goes to the others in proportion, in equal parts where they have none. A posterior over the rest is exactly that.
std::unique_ptr<Combiner> build_combiner(const Json& options);

// Whether every row names one member: weights of mixtures that are all 0 or 1.
bool is_one_hot(std::span<const float> weights);

// log sum_k w_k p_k for `target` and, when present, for every output. weights [rows, steps, members].
void mix(const MemberOutputs& outputs, std::span<const float> weights, std::span<float> target,
         std::span<float> log_probs);

}  // namespace loom
