// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/engine/parameters.h"
#include "harness/facts.h"
#include "harness/suite.h"

namespace loom {

// One forward pass: what layers may read beside their rows, and what they leave behind beside their output. A layer's
// rows are the items, on tokens the positions of item after item.
struct Pass {
  bool training = false;
  at::Tensor auxiliary = {};             // sum over the stack of the layers' extra losses; undefined when there is none
  std::vector<at::Tensor> gates = {};    // expert layers: gate probabilities [K, rows, experts]
  std::vector<at::Tensor> choices = {};  // sparse layers: executed experts [K, rows, top_k]
  int64_t step = 0;                      // of the training run; noise is drawn anew for each
  at::Tensor tags = {};                  // [K, rows] i64, or undefined
  at::Tensor inputs = {};                // what the network was given
  const TaskShape* shape = nullptr;      // of the network's task
  at::Tensor keys = {};                  // see row_keys
  at::Tensor paths = {};                 // cgc: what each task's and the shared experts' next level reads
  // Where asked for: the rows [K, R, in] that entered each plain affine map, by the name of its weight.
  std::map<std::string, at::Tensor>* recorded = nullptr;
  void add_auxiliary(const at::Tensor& loss) { auxiliary = auxiliary.defined() ? auxiliary + loss : loss; }
};
// What a fixed hash may choose by, [K, rows] i64, none negative: on tokens the byte before a position, `vocabulary` at
// the first; else a hash of the item's bits. Equal inputs have equal keys whatever their batch. Made when first asked
// for.
const at::Tensor& row_keys(Pass& pass);

enum class Activation { none, relu, gelu };
at::Tensor activate(const at::Tensor& values, Activation activation);

// The affine maps that fill one slot of a backbone: one for an MLP's hidden layer, two for a feed-forward block.
struct Affine {
  std::string name;
  int64_t in = 0, out = 0;
  Activation after = Activation::none;
  Init weight, bias;
};
class SlotLayer {
 public:
  virtual ~SlotLayer() = default;
  virtual at::Tensor forward(const Parameters& parameters, const at::Tensor& rows,
                             Pass& pass) const = 0;  // [K, R, in] -> [K, R, out]
  virtual int64_t inactive_parameters() const = 0;   // held, but not used by one row
};
// architectures/layers/<name>.cpp defines `LayerSource <name>()`.
struct LayerSource {
  Facts facts;
  std::unique_ptr<SlotLayer> (*build)(const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                                      Parameters& parameters);
};
std::vector<LayerSource> all_layers();
std::unique_ptr<SlotLayer> build_layer(const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                                       Parameters& parameters);

}  // namespace loom
