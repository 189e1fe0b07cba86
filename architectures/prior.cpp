// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {
namespace prior_detail {

// Null: the class frequencies of the train split (tokens: the unigram), add-one smoothed. No network, no training.
class Prior : public Model {
 public:
  Prior(at::Tensor log_probs, InputKind kind) : log_probs_(std::move(log_probs)), kind_(kind) {}
  at::Tensor log_probs(const Batch& batch, Spans*) const override {
    std::vector<int64_t> shape = {batch.inputs.size(0)};
    if (kind_ == InputKind::tokens) shape.push_back(batch.inputs.size(1));
    shape.push_back(log_probs_.size(0));
    return log_probs_.expand(shape).contiguous();
  }
  int64_t parameters_total() const override { return log_probs_.numel(); }
  int64_t parameters_active() const override { return log_probs_.numel(); }
  void save(Json& state, Arrays& arrays) const override {
    state = {{"model", "prior"}, {"kind", name(kind_)}};
    arrays["log_probs"] = make_f32({log_probs_.numel()}, log_probs_.to(at::kCPU).contiguous().data_ptr<float>());
  }

 private:
  at::Tensor log_probs_;
  InputKind kind_;
};

std::unique_ptr<Model> assemble(Assembly& assembly) {
  std::vector<double> counts(static_cast<size_t>(assembly.shape().outputs), 1.0);
  const Items& items = assembly.items();
  for (int64_t index : assembly.indices(Split::train)) {
    if (items.kind != InputKind::tokens) {
      counts[static_cast<size_t>(items.label[static_cast<size_t>(index)])] += 1;
      continue;
    }
    for (auto at = static_cast<size_t>(index * items.input_dim);
         at < static_cast<size_t>((index + 1) * items.input_dim); ++at)
      counts[static_cast<size_t>(token(items, at))] += items.scored.empty() ? 1 : items.scored[at];
  }
  const auto frequencies = at::tensor(counts, at::kDouble);
  return std::make_unique<Prior>((frequencies / frequencies.sum()).log().to(at::kFloat), items.kind);
}

std::unique_ptr<Model> restore(const Json& state, const Arrays& arrays, at::Device device) {
  return std::make_unique<Prior>(at::tensor(as_f32(arrays.at("log_probs")), at::kFloat).to(device),
                                 input_kind_from_name(state.at("kind").get<std::string>()));
}

}  // namespace prior_detail

Architecture prior() {
  return {.facts = {.kind = "architecture",
                    .name = "prior",
                    .summary = "null: class frequencies, or the unigram of the scored bytes or ids",
                    .paper = "Shannon 1951 (letter frequencies); Witten and Frank 2000 (ZeroR)",
                    .view = "none",
                    .access = {"M"}},
          .assemble = prior_detail::assemble,
          .restore = prior_detail::restore};
}

}  // namespace loom::architectures
