// SPDX-License-Identifier: Apache-2.0
#include "architectures/_embedded_gates.h"

#include <algorithm>
#include <map>

#include "harness/error.h"

namespace loom::architectures {
namespace embedded_gates_detail {

constexpr int64_t kItemsAtOnce = 256;

// Of one slot, by 1 + part (0: items of no part): sums of the rows that entered it, their number, and the sum of their
// squared lengths.
struct Entered {
  at::Tensor sum, count;  // [1 + parts, in], [1 + parts]; f64
  double squares = 0;
};

// rows [R, in], R a multiple of the items (on tokens a row is a position); part [items].
void add(Entered& entered, const at::Tensor& rows, const at::Tensor& part, int64_t parts) {
  const at::Tensor values = rows.to(at::kDouble), whose = (part + 1).repeat_interleave(rows.size(0) / part.size(0));
  if (!entered.sum.defined()) {
    entered.sum = at::zeros({1 + parts, rows.size(1)}, values.options());
    entered.count = at::zeros({1 + parts}, values.options());
  }
  entered.sum.index_add_(0, whose, values);
  entered.count.index_add_(0, whose, at::ones({rows.size(0)}, values.options()));
  entered.squares += values.square().sum().item<double>();
}

// part [items]: whose each item is.
std::map<std::string, Entered> entered_rows(Assembly& assembly, const Network& anchor,
                                            const std::vector<int64_t>& items, const std::vector<int32_t>& part,
                                            int64_t parts) {
  c10::InferenceMode inference;
  const std::vector<int64_t> whose(part.begin(), part.end());
  const at::Tensor& inputs = assembly.data().inputs;
  std::map<std::string, Entered> all;
  for (int64_t begin = 0; begin < std::ssize(items); begin += kItemsAtOnce) {
    const auto count = static_cast<size_t>(std::min(kItemsAtOnce, std::ssize(items) - begin));
    const auto chunk = [&](const std::vector<int64_t>& of) {
      return to_tensor(std::span(of).subspan(static_cast<size_t>(begin), count), inputs.device());
    };
    std::map<std::string, at::Tensor> recorded;
    Pass pass;
    pass.recorded = &recorded;
    anchor.forward(inputs.index_select(0, chunk(items)).unsqueeze(0), {}, pass);
    for (const auto& [name, rows] : recorded) add(all[name], rows.squeeze(0), chunk(whose), parts);
  }
  return all;
}

// [in, 1 + kept]
at::Tensor columns(const Entered& entered, std::span<const int64_t> kept) {
  const double rows = entered.count.sum().item<double>();
  const at::Tensor own = entered.sum / entered.count.clamp_min(1).unsqueeze(1);
  const double spread =
      (entered.squares - (entered.count * own.square().sum(1)).sum().item<double>()) / std::max(rows, 1.0);
  const at::Tensor everything = entered.sum.sum(0) / std::max(rows, 1.0);
  const at::Tensor length = everything.norm();
  std::vector<at::Tensor> all = {everything};
  for (const int64_t part : kept) {
    const at::Tensor mean = own[1 + part];
    const bool empty = entered.count[1 + part].item<double>() == 0;
    all.push_back(empty ? everything : mean * (length / mean.norm().clamp_min(1e-12)));
  }
  // -|row - mean|^2 / spread, less what all columns share
  return at::stack(all, 1) * (2 / std::max(spread, 1e-12));
}

}  // namespace embedded_gates_detail

void embed_gates(Assembly& assembly, Network& network, const Network& anchor, std::span<const int64_t> kept) {
  using namespace embedded_gates_detail;
  const std::vector<int64_t> items = assembly.indices(Split::router);
  const int64_t count = std::ssize(items);
  assembly.charge("router", static_cast<double>(count * forward_item_flops(anchor.spec())), count);
  if (assembly.dry() || items.empty()) return;
  const std::vector<int32_t> part = assembly.parts(assembly.options().at("partition"), Split::router);
  const int64_t parts = 1 + std::max<int64_t>(*std::ranges::max_element(part), kept.empty() ? 0 : kept.back());
  const auto entered = entered_rows(assembly, anchor, items, part, parts);
  constexpr std::string_view kGate = "gate.weight";
  c10::InferenceMode inference;
  for (size_t i = 0; i < network.parameters().size(); ++i) {
    const std::string& name = network.parameters().name(i);
    if (!name.ends_with(kGate)) continue;
    const std::string slot = name.substr(0, name.size() - kGate.size());
    size_t map = 0;  // the slot's first, in the order of the network
    while (map < anchor.parameters().size() && !anchor.parameters().name(map).starts_with(slot)) ++map;
    check(map < anchor.parameters().size(), "a slot of experts is a slot of the anchor");
    const at::Tensor& gate = network.parameters()[i];
    gate.copy_(columns(entered.at(anchor.parameters().name(map)), kept).unsqueeze(0));
  }
}

}  // namespace loom::architectures
