// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "harness/engine/flops.h"
#include "harness/engine/train.h"
#include "harness/engine/trains.h"
#include "harness/json.h"

namespace loom {
namespace train_flops_detail {

struct Example {
  at::Tensor inputs, tags, targets;
};

// Shapes alone decide the count: zeros do.
Example example(const NetworkSpec& spec, int64_t rows) {
  Example made;
  const auto longs = at::TensorOptions().dtype(at::kLong);
  const InputKind kind = spec.shape.kind;
  made.inputs = at::zeros({1, rows, spec.shape.input_dim},
                          kind == InputKind::vector ? at::TensorOptions().dtype(at::kFloat) : longs);
  made.targets = kind == InputKind::tokens ? made.inputs : at::zeros({1, rows}, longs);
  if (spec.tags > 0) made.tags = at::zeros({1, rows}, longs);
  return made;
}

int64_t remember(const std::string& key, const std::function<int64_t()>& count) {
  static std::map<std::string, int64_t> counts;  // one thread; a count depends on its key alone
  const auto found = counts.find(key);
  return found != counts.end() ? found->second : counts[key] = count();
}

}  // namespace train_flops_detail

using namespace train_flops_detail;

int64_t train_step_flops(const NetworkSpec& spec, int64_t batch, Trains trains) {
  return remember("step " + std::to_string(batch) + std::string(name(trains)) + canonical(to_json(spec)), [&] {
    const Network network(spec, 1);
    const Example batch_of = example(spec, batch);
    std::vector<at::Tensor> values;
    for (const size_t part : learned_parts(network, frozen_parts(network, trains)))
      values.push_back(const_cast<at::Tensor&>(network.parameters()[part]).requires_grad_(true));
    return count_flops([&] {
      Pass pass{.training = true, .auxiliary = {}, .gates = {}, .choices = {}};
      const auto logits = network.forward(batch_of.inputs, batch_of.tags, pass);
      auto loss = -at::log_softmax(logits, -1).gather(-1, batch_of.targets.unsqueeze(-1)).mean();
      if (pass.auxiliary.defined()) loss = loss + pass.auxiliary;
      torch::autograd::grad({loss}, values, {}, std::nullopt, false, /*allow_unused=*/true);
    });
  });
}

int64_t forward_item_flops(const NetworkSpec& spec) {
  return remember("item " + canonical(to_json(spec)), [&] {
    const Network network(spec, 1);
    const Example one = example(spec, 1);
    c10::InferenceMode inference;
    return count_flops([&] {
      Pass pass;
      network.forward(one.inputs, one.tags, pass);
    });
  });
}

int64_t train_flops(const NetworkSpec& spec, const TrainConfig& config, int64_t steps, int64_t validation_items,
                    Trains trains) {
  if (steps == 0) return 0;                              // nothing is trained, so nothing is checked
  const int64_t looks = std::min(steps, config.checks);  // one after a step, at most
  return steps * train_step_flops(spec, config.batch, trains) + looks * validation_items * forward_item_flops(spec);
}

}  // namespace loom
