// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/trains.h"

#include <array>
#include <map>

#include "harness/error.h"

namespace loom {
namespace trains_detail {

constexpr std::array<std::pair<std::string_view, Trains>, 3> kTrains = {
    {{"everything", Trains::everything}, {"added", Trains::added}, {"last_expert", Trains::last_expert}}};

// Shapes of the plain network's parameters, without the stack.
std::map<std::string, std::vector<int64_t>> plain_shapes(const Network& network) {
  NetworkSpec spec = network.spec();
  spec.layer = {{"name", "dense"}};
  const Network plain(spec, 1);
  std::map<std::string, std::vector<int64_t>> shapes;
  for (size_t i = 0; i < plain.parameters().size(); ++i)
    shapes[plain.parameters().name(i)] = plain.parameters()[i].sizes().slice(1).vec();
  return shapes;
}

}  // namespace trains_detail

Trains trains_from_name(std::string_view name) {
  for (const auto& [word, trains] : trains_detail::kTrains)
    if (word == name) return trains;
  fail("no set of trained parameters named " + std::string(name));
}

std::string_view name(Trains trains) { return trains_detail::kTrains[static_cast<size_t>(trains)].first; }

std::vector<at::Tensor> frozen_parts(const Network& network, Trains trains) {
  if (trains == Trains::everything) return {};
  const auto plain = trains_detail::plain_shapes(network);
  std::vector<at::Tensor> frozen;
  for (size_t i = 0; i < network.parameters().size(); ++i) {
    const at::Tensor& value = network.parameters()[i];
    at::Tensor mask = at::ones(value.sizes(), value.options().dtype(at::kBool).requires_grad(false));
    const auto found = plain.find(network.parameters().name(i));
    const bool added = found == plain.end(), experts = !added && value.sizes().slice(1).vec() != found->second;
    if (added && trains == Trains::added) mask = at::Tensor();
    if (added && trains == Trains::last_expert)
      mask.select(-1, value.size(-1) - 1).fill_(false);  // gates: [in, experts]
    if (experts && trains == Trains::last_expert) mask.select(1, value.size(1) - 1).fill_(false);
    frozen.push_back(mask);
  }
  return frozen;
}

std::vector<size_t> learned_parts(const Network& network, const std::vector<at::Tensor>& frozen) {
  std::vector<size_t> learned;
  for (size_t i = 0; i < network.parameters().size(); ++i)
    if (frozen.empty() || !frozen[i].defined() || !frozen[i].all().item<bool>()) learned.push_back(i);
  return learned;
}

}  // namespace loom
