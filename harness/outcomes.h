// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "harness/suite.h"

namespace loom {

// What a model said about the items of one split. Labels: steps = 1 and full log-probabilities when outputs <= 64.
// Tokens: steps = window, one entry per (item, step).
struct Outcomes {
  int64_t items = 0, steps = 1, outputs = 0;
  std::vector<int32_t> domain, group;  // [items]
  std::vector<int32_t> target;         // [items * steps]; -1 where a byte is not scored
  std::vector<float> target_log_prob;  // [items * steps], nats; 0 where the target is -1
  std::vector<float> log_probs;        // [items * outputs] for labels, else empty
  std::vector<float> max_log_prob;     // [items * steps]; empty when the combiner's view does not give it
  std::vector<int32_t> argmax;         // [items * steps]; empty likewise
  std::vector<float> entropy;          // [items * steps]; empty likewise
  std::vector<int32_t> bytes;          // [items] what an item's tokens stand for; empty: a byte each, or labels
  std::vector<float> value;            // [items] the number that a bin stands for (Items::target), or empty
  // [items]; where only a score of each item is known, steps = outputs = 1 and `target` and all below it are empty.
  std::vector<float> score;
};

// Fills target_log_prob, max_log_prob, argmax (ties: lowest) and entropy from log_probs (labels).
void summarise(Outcomes& outcomes);

// Safetensors bytes; docs/format.md gives the names. max_log_prob and entropy are stored as F16 on tokens, argmax as
// U8, as U16 where there are more than 256 outputs, as I32 where there are more than 65,536.
std::string encode_outcomes(const Outcomes& outcomes);
Outcomes decode_outcomes(std::string_view bytes, std::string_view what);

}  // namespace loom
