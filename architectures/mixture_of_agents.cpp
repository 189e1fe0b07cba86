// SPDX-License-Identifier: Apache-2.0
#include "architectures/_part_runs.h"
#include "harness/engine/layered_model.h"

namespace loom::architectures {
namespace mixture_of_agents_detail {

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  if (shape.kind != InputKind::vector || options.at("backbone").at("name") != "mlp")
    return "what agents said joins a vector of inputs, which backbone mlp alone reads";
  if (shape.adapters > 0) return "agents that read inputs of one domain alone cannot speak of another's items";
  return std::nullopt;
}

// `run` reads what all runs of `layers` before it said: its input grows by what the last of them says.
void listen(TrainSpec& run, const std::vector<std::vector<int64_t>>& layers, double temperature) {
  if (layers.empty()) return;
  run.below = layers;
  run.temperature = temperature;
  run.network.shape.input_dim += std::ssize(layers.back()) * run.network.shape.outputs;
}

// Layers of agents, one for each part: those of the first read the item alone, those of each further one also what all
// agents of the layer before said. Then one more network on the router split, whose items no agent has seen.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& options = context.options;
  const double temperature = options.at("temperature");
  const auto layer_count = options.at("layers").get<int64_t>();
  const auto samples = static_cast<double>(context.samples);
  const double last_samples = options.at("aggregator_share").get<double>() * samples;
  const double layer_samples = (samples - last_samples) / static_cast<double>(layer_count);
  std::vector<TrainSpec> specs;
  std::vector<std::vector<int64_t>> layers;
  for (int64_t layer = 0; layer < layer_count; ++layer) {
    std::vector<int64_t> own;
    for (TrainSpec& agent : part_runs(context, options.at("partition"), 0, layer_samples)) {
      agent.begin += std::llround(static_cast<double>(layer) * layer_samples);
      agent.init_index = specs.size();
      agent.participant = std::ssize(own);
      listen(agent, layers, temperature);
      own.push_back(std::ssize(specs));
      specs.push_back(agent);
    }
    layers.push_back(own);
  }
  TrainSpec aggregator = context.pooled(context.network());
  aggregator.init_index = specs.size();
  aggregator.split = Split::router;
  aggregator.steps = context.steps(last_samples);
  aggregator.stage = "router";
  listen(aggregator, layers, temperature);
  specs.push_back(aggregator);
  return specs;
}

std::unique_ptr<Model> assemble(Assembly& assembly) {
  auto networks = assembly.members();
  auto last = networks.back();
  networks.pop_back();
  const size_t width = networks.size() / assembly.options().at("layers").get<size_t>();
  NetworkLayers below;
  for (size_t i = 0; i < networks.size(); ++i) {
    if (i % width == 0) below.emplace_back();
    below.back().push_back(networks[i]);
  }
  return std::make_unique<LayeredModel>(std::move(below), std::move(last), assembly.options().at("temperature"));
}

}  // namespace mixture_of_agents_detail

Architecture mixture_of_agents() {
  return {
      .facts = {.kind = "architecture",
                .name = "mixture_of_agents",
                .summary = "layers of specialists, each reading what the layer before said, and one that answers",
                .paper = "Wang et al. 2024 (Mixture-of-Agents)",
                .family = "fabric",
                .view = "full",
                .access = {"l"},
                .inputs = {"vector"},
                .fields = {{.name = "layers", .fallback = 2, .min = 1, .max = 8, .doc = "of agents"},
                           {.name = "temperature",
                            .type = FieldType::real,
                            .fallback = 1,
                            .min = 0.1,
                            .max = 100,
                            .doc = "softens what agents say to the next layer"},
                           share_field("aggregator_share", 0.1,
                                       "share of the samples spent on the network that answers, on the router split"),
                           partition_field(),
                           backbone_field()}},
      .reject = mixture_of_agents_detail::reject,
      .members = mixture_of_agents_detail::members,
      .assemble = mixture_of_agents_detail::assemble,
      .restore = restore_layered_model};
}

}  // namespace loom::architectures
