// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/layered_model.h"

#include <algorithm>

namespace loom {
namespace layered_model_detail {

constexpr int64_t kItemsAtOnce = 1024;

// All networks from the first layer on, the answering one last.
std::vector<const Network*> in_order(const NetworkLayers& below, const Network& last) {
  std::vector<const Network*> all;
  for (const auto& layer : below)
    for (const auto& network : layer) all.push_back(network.get());
  all.push_back(&last);
  return all;
}

std::string prefix_of(size_t index) { return "network" + std::to_string(index) + "."; }

}  // namespace layered_model_detail

using namespace layered_model_detail;

at::Tensor with_said(const at::Tensor& inputs, const NetworkLayers& layers, double temperature) {
  at::Tensor heard = inputs;
  for (const auto& layer : layers) {
    std::vector<at::Tensor> parts = {inputs};
    for (const auto& network : layer) {
      const auto said = network->log_probs(heard, {});
      parts.push_back(temperature == 1 ? said.exp() : at::softmax(said / temperature, -1));
    }
    heard = at::cat(parts, -1);
  }
  return heard;
}

Dataset with_said(Dataset data, const NetworkLayers& layers, double temperature) {
  at::NoGradGuard no_grad;  // not inference mode: what is trained on them keeps them for its backward
  std::vector<at::Tensor> chunks;
  for (int64_t begin = 0; begin < data.size(); begin += kItemsAtOnce)
    chunks.push_back(
        with_said(data.inputs.narrow(0, begin, std::min(kItemsAtOnce, data.size() - begin)), layers, temperature));
  data.inputs = at::cat(chunks, 0);
  return data;
}

at::Tensor LayeredModel::log_probs(const Batch& batch, Spans*) const {
  return last_->log_probs(with_said(batch.inputs, below_, temperature_), {});
}

int64_t LayeredModel::parameters_total() const {
  int64_t sum = 0;
  for (const Network* network : in_order(below_, *last_)) sum += network->parameter_count();
  return sum;
}

int64_t LayeredModel::parameters_active() const {
  int64_t sum = 0;
  for (const Network* network : in_order(below_, *last_)) sum += network->active_parameter_count();
  return sum;
}

void LayeredModel::save(Json& state, Arrays& arrays) const {
  state = {{"model", "layered"}, {"temperature", temperature_}, {"layers", Json::array()}, {"networks", Json::array()}};
  for (const auto& layer : below_) state["layers"].push_back(layer.size());
  for (const Network* network : in_order(below_, *last_)) {
    add_with_prefix(arrays, network->parameters().save(0), prefix_of(state["networks"].size()));
    state["networks"].push_back(to_json(network->spec()));
  }
}

std::unique_ptr<Model> restore_layered_model(const Json& state, const Arrays& arrays, at::Device device) {
  size_t next = 0;
  const auto restore = [&] {
    const size_t index = next++;
    return restore_network(state.at("networks").at(index), with_prefix(arrays, prefix_of(index)), device);
  };
  NetworkLayers below;
  for (const Json& size : state.at("layers")) {
    below.emplace_back();
    while (below.back().size() < size.get<size_t>()) below.back().push_back(restore());
  }
  auto last = restore();
  return std::make_unique<LayeredModel>(std::move(below), std::move(last), state.at("temperature"));
}

}  // namespace loom
