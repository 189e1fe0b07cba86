// SPDX-License-Identifier: Apache-2.0
// Trained members and assembled models for tests; suites and noise are support.cpp's.
#include <array>

#include "harness/engine/layered_model.h"
#include "harness/error.h"
#include "harness/stitch.h"
#include "tests/engine/support.h"

namespace loom::engine_test {

MemberData member_data(const TrainSpec& spec, const LoadedSuite& suite, const TrainConfig& train, uint64_t seed) {
  const auto part = static_cast<int32_t>(spec.part);
  MemberData data;
  data.trains = spec.trains;
  data.schedule_begin = spec.schedule_begin;
  data.schedule_steps = spec.schedule_steps;
  data.order = suite.order(seed, spec.split)
                   .take(spec.begin, spec.steps * train.batch, suite.parts(spec.partition, seed, spec.split), part);
  const auto& validation = suite.indices(Split::validation, seed);
  const auto& parts = suite.parts(spec.partition, seed, Split::validation);
  for (size_t i = 0; i < validation.size(); ++i)
    if (parts[i] == part) data.validation.push_back(validation[i]);
  return data;
}

std::vector<std::shared_ptr<Network>> trained_members(const LoadedSuite& suite, const Recipe& recipe,
                                                      const TrainConfig& config, uint64_t seed) {
  std::vector<std::shared_ptr<Network>> all, deployed;
  for (const TrainSpec& spec : recipe.specs) {
    auto network = std::make_shared<Network>(spec.network, 1);
    network->parameters().initialise(std::array{seed}, std::array{spec.init_index});
    if (spec.parent >= 0)
      network->parameters().load(0, all[static_cast<size_t>(spec.parent)]->parameters().save(0), "parent");
    if (!spec.stitched.empty()) {
      std::vector<Arrays> parents;
      for (const int64_t parent : spec.stitched)
        parents.push_back(all[static_cast<size_t>(parent)]->parameters().save(0));
      Arrays weights = network->parameters().save(0);
      stitch(parents, weights, spec.scaling, spec.shares);
      network->parameters().load(0, weights, "stitched");
    }
    if (!spec.rounds.empty()) {
      std::vector<std::vector<Arrays>> rounds;
      for (const auto& round : spec.rounds) {
        rounds.emplace_back();
        for (const int64_t party : round)
          rounds.back().push_back(all[static_cast<size_t>(party)]->parameters().save(0));
      }
      network->parameters().load(0, outer_steps(network->parameters().save(0), rounds, spec.outer), "outer");
    }
    MemberData data = member_data(spec, suite, config, seed);
    if (!spec.teachers.empty()) {
      auto teacher = std::make_shared<Teacher>();
      teacher->by_domain = spec.teacher_by_domain;
      teacher->temperature = spec.temperature;
      teacher->share = spec.soft_share;
      for (const int64_t member : spec.teachers) teacher->members.push_back(all[static_cast<size_t>(member)]);
      data.teacher = teacher;
    }
    NetworkLayers below;
    for (const auto& layer : spec.below) {
      below.emplace_back();
      for (const int64_t other : layer) below.back().push_back(all[static_cast<size_t>(other)]);
    }
    train(*network, below.empty() ? suite.data() : with_said(suite.data(), below, spec.temperature), {data}, config);
    all.push_back(network);
    if (spec.deployed) deployed.push_back(network);
  }
  return deployed;
}

View view_of(const LoadedSuite& suite, const std::vector<int64_t>& indices) {
  return {suite.suite().train_side(), suite.data(), indices};
}

std::vector<Outcomes> outcomes_of(const std::vector<std::shared_ptr<Network>>& members, const View& view) {
  std::vector<Outcomes> said;
  for (const auto& member : members) {
    const bool alone = member->spec().shape.input_dim == view.data.inputs.size(1);  // else it reads what others say too
    said.push_back(alone ? forward_outcomes(NetworkModel(member), view) : said.front());  // and nobody asks
  }
  return said;
}

std::unique_ptr<Model> assemble(const LoadedSuite& suite, const Json& component,
                                const std::vector<std::shared_ptr<Network>>& members, uint64_t seed,
                                std::shared_ptr<Network> branched_from) {
  TrialAssembly assembly(
      suite, component, seed, quick_training(), members,
      [&](Split split) { return outcomes_of(members, view_of(suite, suite.indices(split, seed))); }, /*dry=*/false,
      nullptr, [&] { return branched_from; });
  return find_architecture(component.at("name").get<std::string>()).assemble(assembly);
}

std::unique_ptr<Model> noisy_model(const LoadedSuite& suite, const Json& component, uint64_t seed) {
  const Recipe recipe = make_recipe(suite, component, 64, quick_training(), seed);
  return assemble(suite, component, noisy_members(recipe, seed), seed, noisy_seed(recipe, seed));
}

std::unique_ptr<Model> restored(const Json& component, const Model& model) {
  Json state;
  Arrays arrays;
  model.save(state, arrays);
  return find_architecture(component.at("name").get<std::string>())
      .restore(parse_json(state.dump(1), "state"), decode_safetensors(encode_safetensors(arrays), "arrays"), at::kCPU);
}

Batch batch_of(const LoadedSuite& suite, int64_t rows, int64_t begin) {
  return {suite.data().inputs.narrow(0, begin, rows), suite.data().domains.narrow(0, begin, rows)};
}

at::Tensor say(const Model& model, const Batch& batch) {
  c10::InferenceMode inference;
  return model.log_probs(batch);
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return a.numel() == 0 ? 0.0 : (a - b).abs().max().item<double>();
}

bool same_bits(const Network& a, int64_t member_a, const Network& b, int64_t member_b) {
  const Arrays left = a.parameters().save(member_a), right = b.parameters().save(member_b);
  return std::ranges::equal(left, right, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.shape == y.second.shape && x.second.bytes == y.second.bytes;
  });
}

}  // namespace loom::engine_test
