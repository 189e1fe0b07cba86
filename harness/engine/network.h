// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/engine/layer.h"
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
