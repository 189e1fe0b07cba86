// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/network.h"

namespace loom::backbones {

struct GptForm {
  int64_t width = 0, hidden = 0, depth = 0, heads = 0;  // heads divides width
  int64_t vocabulary = 0;                               // rows of wte
  int64_t positions = 0;                                // rows of wpe, the longest input
  int64_t begin = 0;                                    // row of wte that stands before the first token
  int64_t outputs = 0;                                  // the first so many rows of wte are the head
};

// Radford et al. 2019 (GPT-2), by its parameters' names (h.0.attn.c_attn.weight, ...): learned positions, pre-norm with
// scale and bias, tanh-GELU, a tied head unless the spec names another. Inputs are shifted here: position t sees the
// begin mark and tokens before t.
class Gpt : public Backbone {
 public:
  Gpt(const GptForm& form, const NetworkSpec& spec, Parameters& parameters);
  at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                     Pass& pass) const override;
  int64_t inactive_parameters() const override;

 private:
  struct Norm {
    size_t weight = 0, bias = 0;
  };
  struct Block {
    Norm norm1, norm2;
    std::unique_ptr<SlotLayer> attention, projection, slot;
  };
  Norm add_norm(const std::string& name, Parameters& parameters) const;
  Block add_block(const std::string& prefix, const NetworkSpec& spec, Parameters& parameters) const;
  at::Tensor norm(const Parameters& parameters, const Norm& at_norm, const at::Tensor& values) const;
  at::Tensor attend(const Parameters& parameters, const Block& block, const at::Tensor& values, int64_t rows,
                    int64_t steps, Pass& pass) const;

  GptForm form_;
  size_t wte_ = 0, wpe_ = 0;
  Norm final_norm_;
  int64_t tag_ = -1;
  std::vector<Block> blocks_;
  std::unique_ptr<SlotLayer> head_;  // none: tied to wte
};

int64_t head_count(int64_t width, int64_t at_most);  // the largest divisor of width not above `at_most`, at least 1

// Options with the solver's sizes; hidden 0: 4 x width.
Json resize_gpt(Json options, int64_t width, int64_t hidden);

}  // namespace loom::backbones
