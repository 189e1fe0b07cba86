// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/expert_routing.h"

#include <algorithm>
#include <optional>

#include "harness/engine/affine_bank.h"
#include "harness/random.h"

namespace loom {
namespace expert_routing_detail {

constexpr int64_t kMostRows = 2048, kMostWindows = 64;

struct Tally {
  at::Tensor load;     // [domains, experts] f64, rows weighted by how much of them each expert got
  at::Tensor rows;     // [domains] f64
  double entropy = 0;  // summed over rows, of their gates
  bool gated = false;
  double choices = 0, dropped = 0;  // of whole batches
};

// Evenly spaced, so that each domain has its part, in an order that mixes them as batches of training do.
std::vector<int64_t> sample(std::span<const int64_t> indices, int64_t most) {
  std::vector<int64_t> some;
  const int64_t count = std::ssize(indices), step = std::max<int64_t>((count + most - 1) / most, 1);
  for (const int64_t i : permutation((count + step - 1) / step, Stream(0, "expert_routing")))
    some.push_back(indices[static_cast<size_t>(i * step)]);
  return some;
}

std::optional<double> capacity_of(const Json& layer) {
  const Json capacity = layer.value("capacity", Json());
  if (layer.at("name") != "sparse_moe" || capacity.is_null()) return std::nullopt;
  return capacity.get<double>();
}

// choices [rows, C] of one batch: what lies beyond each expert's places in it.
void add_drops(Tally& tally, const at::Tensor& choices, double capacity, int64_t experts) {
  const auto places = static_cast<double>(Dispatch::capacity(choices.numel(), capacity, experts));
  const auto sizes = at::bincount(choices.reshape(-1), {}, experts).to(at::kDouble);
  tally.choices += static_cast<double>(choices.numel());
  tally.dropped += (sizes - places).clamp_min(0).sum().item<double>();
}

// gates [rows, E] or undefined, choices [rows, C] or undefined.
void add(Tally& tally, const at::Tensor& gates, const at::Tensor& choices, const at::Tensor& domains, int64_t experts) {
  auto share = gates;
  if (choices.defined())
    share = at::one_hot(choices, experts).sum(1).to(at::kDouble) / static_cast<double>(choices.size(1));
  share = share.to(at::kDouble);
  tally.load.index_add_(0, domains, share);
  tally.rows.index_add_(0, domains, at::ones({domains.size(0)}, tally.rows.options()));
  if (!gates.defined()) return;
  tally.gated = true;
  tally.entropy += at::special_entr(gates.to(at::kDouble)).sum().item<double>();
}

Json described(const Tally& tally, bool drops) {
  const auto experts = tally.load.size(1);
  const auto present = tally.rows.gt(0);
  const auto per_domain = tally.load / tally.rows.clamp_min(1).unsqueeze(1);
  const auto total = per_domain.sum(0) / present.sum();
  Json load = Json::array();
  for (int64_t domain = 0; domain < per_domain.size(0); ++domain) {
    Json shares = Json::array();
    for (int64_t expert = 0; expert < experts; ++expert) shares.push_back(per_domain[domain][expert].item<double>());
    load.push_back(present[domain].item<bool>() ? shares : Json(nullptr));
  }
  const double even = 1 / static_cast<double>(experts);
  const Json of_gates = tally.gated ? Json(tally.entropy / tally.rows.sum().item<double>()) : Json(nullptr);
  return {{"load", load},
          {"entropy", of_gates},
          {"gate_entropy", of_gates},
          {"load_entropy", at::special_entr(total).sum().item<double>()},
          {"dead", total.lt(even / 10).sum().item<int64_t>()},
          {"drop_rate", drops ? Json(tally.dropped / tally.choices) : Json(nullptr)}};
}

}  // namespace expert_routing_detail

using namespace expert_routing_detail;

Json expert_routing(const Network& network, const View& view, int64_t batch) {
  const Json& layer = network.spec().layer;
  if (layer.at("name") == "dense" || view.indices.empty()) return nullptr;
  c10::InferenceMode inference;
  const bool tokens = view.items.kind == InputKind::tokens;
  const std::vector<int64_t> some = sample(view.indices, tokens ? kMostWindows : kMostRows);
  const int64_t domains = 1 + *std::ranges::max_element(view.items.domain);
  if (network.spec().tags > 0 && domains > network.spec().tags) return nullptr;  // held out: it cannot be told them
  const std::optional<double> capacity = capacity_of(layer);
  std::vector<Tally> tallies;
  const int64_t rows = batch > 0 ? batch : std::ssize(some);
  for (int64_t begin = 0; begin < std::ssize(some); begin += rows) {
    const auto own = std::span(some).subspan(static_cast<size_t>(begin),
                                             static_cast<size_t>(std::min(rows, std::ssize(some) - begin)));
    const bool whole = std::ssize(own) == rows || begin == 0;  // fewer rows have fewer places for chance to fill
    const Batch taken = take_batch(view.data, to_tensor(own, view.data.inputs.device()));
    Pass pass;
    network.forward(taken.inputs.unsqueeze(0), network.spec().tags > 0 ? taken.domains.unsqueeze(0) : at::Tensor(),
                    pass);
    const size_t layers = std::max(pass.gates.size(), pass.choices.size());
    for (size_t i = 0; i < layers; ++i) {
      const auto gates = i < pass.gates.size() ? pass.gates[i].squeeze(0) : at::Tensor();
      const auto choices = i < pass.choices.size() ? pass.choices[i].squeeze(0) : at::Tensor();
      const int64_t experts = gates.defined() ? gates.size(1) : layer.at("experts").get<int64_t>();
      const auto f64 = at::TensorOptions().dtype(at::kDouble).device(taken.inputs.device());
      if (begin == 0) tallies.push_back({at::zeros({domains, experts}, f64), at::zeros({domains}, f64)});
      const int64_t repeats = (gates.defined() ? gates : choices).size(0) / taken.domains.size(0);
      add(tallies[i], gates, choices, taken.domains.repeat_interleave(repeats), experts);
      if (capacity && whole) add_drops(tallies[i], choices, *capacity, experts);
    }
  }
  Json layers = Json::array();
  for (const Tally& tally : tallies) layers.push_back(described(tally, capacity.has_value()));
  return layers.empty() ? Json(nullptr) : Json{{"layers", layers}};
}

}  // namespace loom
