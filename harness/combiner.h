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
  std::span<const uint64_t> key;  // [rows] hash of the input (tokens: of its prefix); empty unless it needs keys
};

// What members said, in nats. view target: `target` only; view full: also `log_probs`.
struct MemberOutputs {
  int64_t members = 0, rows = 0, steps = 1, outputs = 0;
  std::span<const float> target;     // [members, rows, steps]
  std::span<const float> log_probs;  // [members, rows, steps, outputs]; may be empty
};

// How the outputs of trained members become one answer. Torch-free: the same code runs inside a model's forward and in
// the replay from stored outcomes. architectures/combiners/<name>.cpp derives from it.
class Combiner {
 public:
  virtual ~Combiner() = default;
  virtual bool needs_router() const { return false; }
  virtual bool needs_keys() const { return false; }
  // Whether the weights are known before the members run, so that a member of weight zero need not run.
  virtual bool gated() const { return false; }
  // Steps at the start of a window scored by the uniform mixture, because the gate reads them first (tokens only).
  virtual int64_t prefix() const { return 0; }
  // Chooses constants on the validation outcomes of the members; `metric` is the suite's loss, lower is better.
  virtual bool needs_fit() const { return false; }
  virtual void fit(std::span<const Outcomes> validation, int64_t domains);
  virtual Json state() const;  // what fit chose
  virtual void restore(const Json& state);
  // Mixture weights [rows, members], each row summing to one. Only when gated().
  virtual void gate(const GateInput& input, std::span<float> weights) const;
  // Mixture weights [rows, steps, members] from what the members said about the steps before. Only when not gated().
  virtual void weigh(const MemberOutputs& outputs, std::span<float> weights) const;
  virtual int64_t executed(int64_t members) const { return members; }            // members that run for one row
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

// log sum_k w_k p_k for `target` and, when present, for every output. weights [rows, steps, members].
void mix(const MemberOutputs& outputs, std::span<const float> weights, std::span<float> target,
         std::span<float> log_probs);

}  // namespace loom
