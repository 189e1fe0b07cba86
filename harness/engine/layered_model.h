// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/model.h"

namespace loom {

// Networks in layers: those of the first read an item, those of each further one the item and behind it what every
// network of the layer before said of it (Wang et al. 2024, mixture of agents; here by probabilities, not in words).
using NetworkLayers = std::vector<std::vector<std::shared_ptr<Network>>>;

// inputs [R, dim] f32 -> what the next layer reads, [R, dim + n * outputs]; n: networks of the last layer. Their
// probabilities at the temperature; without layers the inputs as they are.
at::Tensor with_said(const at::Tensor& inputs, const NetworkLayers& layers, double temperature);
// All items of a dataset of vectors, in chunks.
Dataset with_said(Dataset data, const NetworkLayers& layers, double temperature);

// The last network of the last layer answers.
class LayeredModel : public Model {
 public:
  LayeredModel(NetworkLayers below, std::shared_ptr<Network> last, double temperature)
      : below_(std::move(below)), last_(std::move(last)), temperature_(temperature) {}
  at::Tensor log_probs(const Batch& batch, Spans* spans) const override;
  int64_t parameters_total() const override;
  int64_t parameters_active() const override;
  void save(Json& state, Arrays& arrays) const override;

 private:
  NetworkLayers below_;
  std::shared_ptr<Network> last_;
  double temperature_;
};
std::unique_ptr<Model> restore_layered_model(const Json& state, const Arrays& arrays, at::Device device);

}  // namespace loom
