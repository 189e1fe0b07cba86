// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"
#include "harness/engine/row_affine.h"
#include "harness/error.h"

namespace loom::layers {
namespace cgc_detail {

// Tang et al. 2020. Each task t has `specific` experts of its own beside `shared` ones, and a gate over both, eq. 1 to
// 4: y_t = sum softmax(x W_t) [own experts of t, shared experts]. Several levels make PLE: level j's experts of task t
// read what its gate gave at level j - 1 (eq. 5 and 6), and the shared experts what a further gate gave, over the
// experts of all tasks and the shared ones (eq. 7). Only the last level has no shared gate: nothing reads it. As the
// shared gate needs every task's experts, all levels but the last run them all; at the last a row runs its own task's.
class Cgc : public SlotLayer {
 public:
  Cgc(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : tasks_(options.at("tasks")),
        specific_(options.at("specific")),
        shared_(options.at("shared")),
        last_(options.value("last", true)),
        own_bank_(prefix, maps, tasks_ * specific_, parameters),
        shared_bank_(prefix + "shared.", maps, shared_, parameters) {
    const int64_t in = own_bank_.in();
    const Init small = {InitKind::uniform, 1 / std::sqrt(static_cast<double>(in))};
    gate_ = parameters.add(prefix + "gate.weight", {tasks_, in, specific_ + shared_}, small, tasks_);
    if (!last_) shared_gate_ = parameters.add(prefix + "shared_gate.weight", {in, tasks_ * specific_ + shared_}, small);
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    check(pass.tags.defined(), "layer cgc needs the domain of each row");
    const at::Tensor paths = pass.paths;
    pass.paths = at::Tensor();
    return last_ ? answer(parameters, rows, paths, pass) : extract(parameters, rows, paths, pass);
  }

  int64_t inactive_parameters() const override {
    if (!last_) return 0;
    const int64_t gate = own_bank_.in() * (specific_ + shared_);
    return (tasks_ - 1) * (specific_ * own_bank_.parameters_per_expert() + gate);
  }

 private:
  // The last level: rows are their own task's path.
  at::Tensor answer(const Parameters& parameters, const at::Tensor& rows, const at::Tensor& paths, Pass& pass) const {
    const auto task = pass.tags.unsqueeze(-1);
    const auto gates = at::softmax(chosen_products(rows, parameters[gate_], Dispatch(task, tasks_)).squeeze(2), -1);
    pass.gates.push_back(gates.detach());
    const auto choices = task * specific_ + at::arange(specific_, task.options());
    const auto own =
        own_bank_.chosen(parameters, rows, Dispatch(choices, tasks_ * specific_));  // [K, R, specific, out]
    const auto mixed = (own * gates.narrow(2, 0, specific_).unsqueeze(-1)).sum(2);
    const auto common = paths.defined() ? paths.select(1, tasks_).contiguous() : rows;
    return mixed + mix(shared_bank_.all(parameters, common), gates.narrow(2, specific_, shared_));
  }

  // Any other level: every task's path and the shared one, [K, tasks + 1, R, in] -> [K, tasks + 1, R, out].
  at::Tensor extract(const Parameters& parameters, const at::Tensor& rows, const at::Tensor& given, Pass& pass) const {
    const int64_t stack = rows.size(0), count = rows.size(1), in = rows.size(2);
    const auto paths = given.defined() ? given : rows.unsqueeze(1).expand({stack, tasks_ + 1, count, in}).contiguous();
    const auto task_paths = paths.narrow(1, 0, tasks_), common = paths.select(1, tasks_).contiguous();
    const auto repeated = task_paths.unsqueeze(2).expand({stack, tasks_, specific_, count, in});
    const auto own = own_bank_.each(parameters, repeated.reshape({stack, tasks_ * specific_, count, in}));
    const auto shared = shared_bank_.all(parameters, common);  // [K, shared, R, out]
    const int64_t out = own.size(3);
    const auto gates = at::softmax(batched_product(task_paths.reshape({stack * tasks_, count, in}),
                                                   parameters[gate_].view({stack * tasks_, in, specific_ + shared_})),
                                   -1);
    const auto heard = at::cat({own.view({stack, tasks_, specific_, count, out}),
                                shared.unsqueeze(1).expand({stack, tasks_, shared_, count, out})},
                               2);
    const auto next = mix(heard.view({stack * tasks_, specific_ + shared_, count, out}), gates);
    const auto common_gates = gate_probabilities(parameters[shared_gate_], common);
    const auto next_common = mix(at::cat({own, shared}, 1), common_gates).unsqueeze(1);
    pass.paths = at::cat({next.view({stack, tasks_, count, out}), next_common}, 1);
    const auto own_task = pass.tags.view({stack, 1, count, 1}).expand({stack, 1, count, out});
    pass.gates.push_back(gates_of_own(gates.detach(), pass.tags));
    return pass.paths.gather(1, own_task).squeeze(1);
  }

  // outputs [N, E, R, out], gates [N, R, E] -> [N, R, out]; contiguous: see soft_moe.
  static at::Tensor mix(const at::Tensor& outputs, const at::Tensor& gates) {
    return (outputs * gates.transpose(1, 2).contiguous().unsqueeze(-1)).sum(1);
  }
  at::Tensor gates_of_own(const at::Tensor& gates, const at::Tensor& tags) const {
    const int64_t stack = tags.size(0), count = tags.size(1), experts = gates.size(2);
    const auto index = tags.view({stack, 1, count, 1}).expand({stack, 1, count, experts});
    return gates.view({stack, tasks_, count, experts}).gather(1, index).squeeze(1);
  }

  int64_t tasks_, specific_, shared_;
  bool last_;
  AffineBank own_bank_, shared_bank_;
  size_t gate_ = 0, shared_gate_ = 0;
};

}  // namespace cgc_detail

LayerSource cgc() {
  return {.facts = {.kind = "layer",
                    .name = "cgc",
                    .summary = "experts of each task and shared ones, a gate for each task and one for the shared path",
                    .paper = "Tang et al. 2020 (PLE)"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<cgc_detail::Cgc>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
