// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "architectures/_embedded_gates.h"
#include "architectures/_part_runs.h"
#include "harness/error.h"
#include "harness/partition.h"

namespace loom::architectures {
namespace anchored_detail {

Json mixture(int64_t experts, int64_t top_k = 0) {
  const int64_t running = top_k == 0 ? experts : std::min(experts, top_k);
  return {{"name", "sparse_moe"}, {"experts", experts}, {"top_k", running}, {"balance", 0.0}};
}

// Who opts out: "0 2" as numbers; nothing where a word is none.
std::optional<std::set<int64_t>> without(const Json& options) {
  std::set<int64_t> parts;
  if (options.at("without").is_null()) return parts;
  const std::string text = options.at("without");
  for (size_t at = 0; at < text.size();) {
    const size_t blank = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, blank - at);
    at = blank + 1;
    if (word.empty()) continue;
    if (word.find_first_not_of("0123456789") != word.npos || word.size() > 4) return std::nullopt;
    parts.insert(std::stoll(word));
  }
  return parts;
}

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  const Json& partition = options.at("partition");
  if (const auto reason = reject_pooled(partition)) return reason;
  const auto parts = find_partition(partition.at("name").get<std::string>()).parts(partition, shape);
  const auto out = without(options);
  if (!out) return "without takes numbers of parts, such as \"0 2\"";
  if (!out->empty() && *out->rbegin() >= parts)
    return "without names part " + std::to_string(*out->rbegin()) + " of " + std::to_string(parts);
  if (options.at("top_k").get<int64_t>() > parts + 1)
    return "top_k is larger than the " + std::to_string(parts + 1) + " experts, the public one counted";
  return std::nullopt;
}

// A public seed; then each owner trains an expert of his own beside the frozen public one, and its column of the gate:
// nobody needs another's data, and experts that never met fit together because all grew beside the same anchor. Columns
// that never met do not: each learned to outbid the anchor on its own data, not where another's expert belongs.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const auto samples = static_cast<double>(context.samples);
  std::vector<TrainSpec> specs = part_runs(context, context.options.at("partition"),
                                           context.options.at("seed_share").get<double>() * samples, samples);
  for (size_t run = 1; run < specs.size(); ++run) {
    specs[run].network = context.network(mixture(2));
    specs[run].parent = -1;
    specs[run].stitched = {0, 0};
    specs[run].init_index = 0;  // one anchor's gate for all
    specs[run].trains = Trains::last_expert;
  }
  return specs;
}

// An array of two experts in each member becomes one of the anchor and every member's own; along whichever axis.
Array side_by_side(const std::vector<Arrays>& members, const std::string& name, const std::vector<int64_t>& shape) {
  const std::vector<int64_t>& old = members[0].at(name).shape;
  size_t axis = 0;
  while (old.at(axis) == shape.at(axis)) ++axis;
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < shape.size(); ++i) (i < axis ? outer : inner) *= i == axis ? 1 : shape[i];
  std::vector<float> all(static_cast<size_t>(outer * shape[axis] * inner));
  for (int64_t expert = 0; expert < shape[axis]; ++expert) {
    const std::vector<float> values = as_f32(members[static_cast<size_t>(std::max<int64_t>(expert - 1, 0))].at(name));
    const int64_t side = expert == 0 ? 0 : 1;
    for (int64_t row = 0; row < outer; ++row)
      std::copy_n(values.begin() + (row * 2 + side) * inner, inner, all.begin() + (row * shape[axis] + expert) * inner);
  }
  return make_f32(shape, all.data());
}

std::shared_ptr<Network> joined(const NetworkSpec& spec, const std::vector<Arrays>& members, at::Device device) {
  auto network = std::make_shared<Network>(spec, 1, device);
  Arrays weights = network->parameters().save(0);
  for (auto& [name, array] : weights)
    array = array.shape == members[0].at(name).shape ? members[0].at(name) : side_by_side(members, name, array.shape);
  network->parameters().load(0, weights, "experts beside their anchor");
  return network;
}

// What a member began from: of arrays with two experts the first.
Network public_network(NetworkSpec spec, const Arrays& member, at::Device device) {
  spec.layer = {{"name", "dense"}};
  Network network(spec, 1, device);
  Arrays weights = network.parameters().save(0);
  for (auto& [name, array] : weights) array = make_f32(array.shape, as_f32(member.at(name)).data());
  network.parameters().load(0, weights, "the public network");
  return network;
}

std::unique_ptr<Model> assemble(Assembly& assembly) {
  const auto networks = assembly.members();
  const auto out = without(assembly.options());
  check(out.has_value() && !networks.empty(), "checked before");
  std::vector<int64_t> kept;
  std::vector<Arrays> arrays;
  for (int64_t part = 0; part < std::ssize(networks); ++part) {
    if (out->contains(part)) continue;
    kept.push_back(part);
    arrays.push_back(networks[static_cast<size_t>(part)]->parameters().save(0));
  }
  if (arrays.empty()) arrays.push_back(networks[0]->parameters().save(0));  // its frozen side alone
  const at::Device device = networks[0]->parameters().device();
  NetworkSpec spec = networks[0]->spec();
  spec.layer = mixture(1 + std::ssize(kept), assembly.options().at("top_k"));
  auto network = joined(spec, arrays, device);
  if (assembly.options().at("gate") == "embeddings")
    embed_gates(assembly, *network, public_network(spec, arrays[0], device), kept);
  return std::make_unique<MadeNetworkModel>(network);
}

}  // namespace anchored_detail

Architecture anchored() {
  return {
      .facts = {.kind = "architecture",
                .name = "anchored",
                .summary = "experts trained apart, each beside one frozen public expert, then side by side; owners may "
                           "opt out",
                .paper = "Shi et al. 2025 (FlexOlmo)",
                .family = "fabric",
                .view = "weights",
                .access = {"S0", "R", "W", "M"},
                .fields = {share_field("seed_share", 0.25, "share of the samples spent on the public network"),
                           {.name = "gate",
                            .type = FieldType::choice,
                            .fallback = "embeddings",
                            .choices = {"embeddings", "trained"},
                            .doc = "an expert's row of the gate: the mean of what enters the slot from its part's "
                                   "items of the router split, or as its owner trained it beside the anchor's"},
                           {.name = "top_k",
                            .fallback = 2,
                            .min = 0,
                            .max = 1024,
                            .doc = "experts that run for a row after assembly, the public one counted; 0: all"},
                           {.name = "without",
                            .type = FieldType::text,
                            .fallback = "",
                            .doc = "parts whose owners opt out after training: \"0 2\""},
                           partition_field(),
                           backbone_field()}},
      .reject = anchored_detail::reject,
      .members = anchored_detail::members,
      .assemble = anchored_detail::assemble};
}

}  // namespace loom::architectures
