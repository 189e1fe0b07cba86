// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/parameters.h"
#include "harness/facts.h"
#include "harness/suite.h"

namespace loom {

// What a network is, as pure data. width and hidden stand inside `backbone`; the solver sets them.
struct NetworkSpec {
  Json backbone;                     // {"name": "mlp", "width": 64, "hidden": 64, ...}
  Json layer = {{"name", "dense"}};  // what fills the backbone's hidden or feed-forward slots
  TaskShape shape;
  int64_t tags = 0;                 // > 0: takes a domain id out of that many as a second input
  bool tag_input = true;            // whether the backbone itself reads the id; else only layers do
  Json head = {{"name", "dense"}};  // the layer that gives the outputs
  int64_t input_tags() const { return tag_input ? tags : 0; }
};
Json to_json(const NetworkSpec& spec);
NetworkSpec network_spec_from_json(const Json& value);

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

class Backbone {
 public:
  virtual ~Backbone() = default;
  // vector: inputs [K, R, dim] float -> logits [K, R, outputs]; bags: int64 features likewise, -1 for none. tokens:
  // inputs [K, R, T] int64 bytes -> [K, R, T, outputs]; position t sees bytes before t only. tags [K, R] int64 or
  // undefined.
  virtual at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                             Pass& pass) const = 0;
  virtual int64_t inactive_parameters() const = 0;  // held, but not used by one row
};
// architectures/backbones/<name>.cpp defines `BackboneSource <name>()`.
struct BackboneSource {
  Facts facts;
  std::unique_ptr<Backbone> (*build)(const NetworkSpec& spec, Parameters& parameters);
  Json (*resize)(Json options, int64_t width,
                 int64_t hidden);  // options with the solver's sizes; hidden 0 = the default for that width
  int64_t width_step;              // coarse widths are multiples of it, at least one
  // Why it cannot run on such a task although it takes the kind of its inputs; nullptr: it can on all.
  std::optional<std::string> (*reject)(const TaskShape& shape) = nullptr;
  // The options with the sizes that a file or the task fixes, before anything is planned; InputError where options,
  // file and task do not fit. nullptr: options are whole as they are.
  Json (*settle)(Json options, const TaskShape& shape) = nullptr;
  // Weights of one network by parameter name, to start from instead of random ones; what is not named keeps its draw.
  Arrays (*weights)(const NetworkSpec& spec) = nullptr;
};
std::vector<BackboneSource> all_backbones();
const BackboneSource& find_backbone(std::string_view name);

// A stack of K networks of one spec.
class Network {
 public:
  Network(NetworkSpec spec, int64_t stack, at::Device device = at::kCPU);
  at::Tensor forward(const at::Tensor& inputs, const at::Tensor& tags, Pass& pass) const;
  at::Tensor log_probs(const at::Tensor& inputs, const at::Tensor& tags) const;  // stack of one: without K
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  const NetworkSpec& spec() const { return spec_; }
  int64_t parameter_count() const { return parameters_.count_per_member(); }
  int64_t active_parameter_count() const { return parameter_count() - backbone_->inactive_parameters(); }

 private:
  NetworkSpec spec_;
  Parameters parameters_;
  std::unique_ptr<Backbone> backbone_;
};

}  // namespace loom
