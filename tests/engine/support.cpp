// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/support.h"

#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "harness/birth.h"
#include "harness/error.h"
#include "harness/grid.h"
#include "harness/random.h"
#include "harness/stitch.h"

namespace loom::engine_test {
namespace support_detail {

constexpr int64_t kGroups = 20, kItemsPerGroup = 2, kTestGroups = 10;
constexpr int64_t kDim = 8, kClasses = 4, kWindow = 32, kLetters = 6, kFeatures = 23, kMost = 9;
constexpr std::array<int64_t, 3> kImage = {2, 9, 7};
constexpr int64_t kPixels = kImage[0] * kImage[1] * kImage[2], kBeside = 3;

InputKind kind_of(Stub stub) {
  return is_tokens(stub) ? InputKind::tokens : stub == Stub::bags ? InputKind::bags : InputKind::vector;
}

Suite::Description description(Stub stub, int64_t domains) {
  Suite::Description facts;
  facts.name = "stub";
  facts.metric = stub == Stub::scored     ? "exact_match"
                 : stub == Stub::tokens   ? "bits_per_byte"
                 : stub == Stub::adapters ? "accuracy_or_r2"
                                          : "accuracy";
  if (stub == Stub::image) facts.image = kImage;
  if (stub == Stub::adapters) facts.adapters = domains;
  if (stub == Stub::bags) facts.vocabulary = kFeatures;
  for (int64_t domain = 0; domain < domains; ++domain) facts.domains.push_back("d" + std::to_string(domain));
  return facts;
}

// The class of highest score under the domain's own matrix.
int32_t label_of(const float* values, uint64_t domain) {
  std::vector<float> rule(kDim * kClasses);
  fill_normal(rule, 1.0, Stream(7, "test/rule", domain));
  int32_t best = 0;
  double highest = -INFINITY;
  for (int64_t choice = 0; choice < kClasses; ++choice) {
    double score = 0;
    for (int64_t i = 0; i < kDim; ++i) score += rule[choice * kDim + i] * values[i];
    if (score > highest) highest = score, best = static_cast<int32_t>(choice);
  }
  return best;
}

// Letter k is followed by k + 1 + domain, by k + 2 + 2 domain, or by any.
uint8_t next_letter(uint8_t letter, int64_t domain, Stream& stream) {
  const double draw = stream.uniform();
  const int64_t step = draw < 0.5   ? 1 + domain
                       : draw < 0.8 ? 2 + 2 * domain
                                    : static_cast<int64_t>(stream.below(kLetters));
  return static_cast<uint8_t>('a' + (letter - 'a' + step) % kLetters);
}

// Every feature votes with a weight of its own under the domain's rule.
void add_bag(Items& items, int64_t domain, Stream& stream) {
  std::vector<float> votes(kDim);
  const auto held = static_cast<int64_t>(1 + stream.below(kMost));
  for (int64_t i = 0; i < kMost; ++i) {
    const auto feature = i < held ? static_cast<int32_t>(stream.below(kFeatures)) : -1;
    items.ids.push_back(feature);
    if (feature >= 0) votes[static_cast<size_t>(feature % kDim)] += 1;
  }
  items.label.push_back(label_of(votes.data(), static_cast<uint64_t>(domain)));
}

void add_vector(Items& items, Stub stub, int64_t domain, int64_t domains, Stream& stream) {
  std::vector<float> values(static_cast<size_t>(stub == Stub::image ? kPixels + kBeside : kDim));
  for (float& value : values) value = static_cast<float>(stream.normal());
  const int32_t label = label_of(values.data(), static_cast<uint64_t>(domain));
  const bool number = stub == Stub::adapters && domain == 0;
  items.label.push_back(number ? grid_bin(values[0]) : label);
  if (stub == Stub::adapters) {
    items.target.push_back(number ? values[0] : std::numeric_limits<float>::quiet_NaN());
    for (int64_t other = 0; other < domains; ++other) values.push_back(other == domain ? 1.0F : 0.0F);
  }
  items.values.insert(items.values.end(), values.begin(), values.end());
}

void add_window(Items& items, Stub stub, int64_t domain, Stream& stream) {
  const auto first = static_cast<int64_t>(5 + stream.below(20));
  auto letter = static_cast<uint8_t>('a' + stream.below(kLetters));
  for (int64_t i = 0; i < kWindow; ++i) {
    items.bytes.push_back(letter = next_letter(letter, domain, stream));
    if (stub == Stub::scored) items.scored.push_back(i == first || (i > first && letter != 'a') ? 1 : 0);
  }
}

int64_t input_dim(Stub stub, int64_t domains) {
  switch (stub) {
    case Stub::vector:
      return kDim;
    case Stub::bags:
      return kMost;
    case Stub::image:
      return kPixels + kBeside;
    case Stub::adapters:
      return kDim + domains;
    default:
      return kWindow;
  }
}

Items make_items(Stub stub, int64_t domains, int64_t groups, int64_t per_group, int64_t first_group) {
  Items items;
  items.kind = kind_of(stub);
  items.input_dim = input_dim(stub, domains);
  Stream stream(11, "test/items", static_cast<uint64_t>(first_group));
  for (int64_t group = 0; group < groups; ++group)
    for (int64_t domain = 0; domain < domains; ++domain)
      for (int64_t item = 0; item < per_group; ++item) {
        items.domain.push_back(static_cast<int32_t>(domain));
        items.group.push_back(static_cast<int32_t>(first_group + group * domains + domain));
        ++items.count;
        if (is_tokens(stub))
          add_window(items, stub, domain, stream);
        else if (stub == Stub::bags)
          add_bag(items, domain, stream);
        else
          add_vector(items, stub, domain, domains, stream);
      }
  return items;
}

std::vector<Facts> facts_of(std::string_view kind) {
  std::vector<Facts> facts;
  const auto take = [&](const auto& sources) {
    for (const auto& source : sources) facts.push_back(source.facts);
  };
  if (kind == "architecture") take(all_architectures());
  if (kind == "partition") take(all_partitions());
  if (kind == "birth") take(all_births());
  if (kind == "combiner") take(all_combiners());
  if (kind == "backbone") take(all_backbones());
  if (kind == "layer") take(all_layers());
  check(!facts.empty(), "a kind of component that the walk knows");
  return facts;
}

// Every value a setting is tried with: all choices, all components, otherwise its default.
std::vector<Json> values_of(const Field& field, Stub stub) {
  if (field.name == "epochs") return {Json(2)};
  if (field.type == FieldType::choice) return {field.choices.begin(), field.choices.end()};
  if (field.type != FieldType::component) return {field.fallback};
  if (field.component == "backbone") return {backbone(stub)};
  std::vector<Json> all;
  for (const Facts& facts : facts_of(field.component))
    for (Json& variant : variants(field.component, facts.name, stub)) all.push_back(std::move(variant));
  return all;
}

std::string label_of(const Json& component) {
  std::string label;
  for (const auto& [key, value] : component.items())
    if (value.is_string())
      label += value.get<std::string>() + " ";
    else if (value.is_object() && key != "backbone")
      label += label_of(value);
  return label;
}

}  // namespace support_detail

using namespace support_detail;

Suite make_suite(Stub stub, int64_t domains) {
  return Suite(description(stub, domains), make_items(stub, domains, kGroups, kItemsPerGroup, 0),
               make_items(stub, domains, kTestGroups, 1, 1000));
}

const LoadedSuite& loaded(Stub stub) {
  static std::map<Stub, std::unique_ptr<LoadedSuite>> suites;
  auto& suite = suites[stub];
  if (suite == nullptr) suite = std::make_unique<LoadedSuite>(make_suite(stub), at::kCPU);
  return *suite;
}

Json backbone(Stub stub, int64_t width, int64_t hidden) {
  const char* name = is_tokens(stub) ? "transformer" : stub == Stub::bags ? "bag" : stub == Stub::image ? "cnn" : "mlp";
  return {{"name", name}, {"width", width}, {"hidden", hidden}, {"depth", 2}};
}

NetworkSpec network_spec(Stub stub, const Json& sizes, const Json& layer) {
  return {sizes, layer, loaded(stub).shape(), 0};
}

Json task_options(const char* name, int64_t experts) {
  return {{"name", name}, {"experts", experts}, {"tasks", 3},     {"specific", 2}, {"shared", experts},
          {"rank", 2},    {"alpha", 3},         {"hash_seed", 1}, {"capacity", 2}, {"slots", 2}};
}

NetworkSpec conditioned_spec(Stub stub, const Json& layer, const Json& head) {
  NetworkSpec spec = network_spec(stub, backbone(stub, 8, 7), layer);
  spec.tags = 3;
  spec.tag_input = false;
  spec.head = head;
  return spec;
}

TrainConfig quick_training() {
  TrainConfig train;
  train.batch = 16;
  train.checks = 2;
  return train;
}

std::vector<Json> variants(std::string_view kind, std::string_view name, Stub stub) {
  std::vector<Json> all;
  for (const Facts& facts : facts_of(kind)) {
    if (facts.name != name) continue;
    all = {{{"name", facts.name}}};
    for (const Field& field : facts.fields) {
      std::vector<Json> extended;
      for (const Json& one : all)
        for (const Json& value : values_of(field, stub)) {
          extended.push_back(one);
          extended.back()[field.name] = value;
        }
      all = std::move(extended);
    }
  }
  return all;
}

std::vector<Arm> all_arms(Stub stub) {
  std::vector<Arm> arms;
  for (const Facts& facts : facts_of("architecture"))
    for (const Json& component : variants("architecture", facts.name, stub))
      arms.push_back({label_of(component), component});
  return arms;
}

std::vector<Arm> usable_arms(Stub stub) {
  std::vector<Arm> arms = all_arms(stub);
  std::erase_if(arms, [&](const Arm& arm) { return rejection(arm.component, loaded(stub).shape()).has_value(); });
  return arms;
}

void add_noise(Parameters& parameters, uint64_t seed, uint64_t index, double scale) {
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) {
    std::vector<float> noise(static_cast<size_t>(parameters[i].numel()));
    fill_normal(noise, scale, Stream(seed, "test/noise/" + parameters.name(i), index));
    const_cast<at::Tensor&>(parameters[i]).add_(at::from_blob(noise.data(), parameters[i].sizes(), at::kFloat));
  }
}

std::shared_ptr<Network> noisy_network(const NetworkSpec& spec, uint64_t seed, uint64_t index) {
  auto network = std::make_shared<Network>(spec, 1);
  network->parameters().initialise(std::array{seed}, std::array{index});
  add_noise(network->parameters(), seed, index);
  return network;
}

std::vector<std::shared_ptr<Network>> noisy_members(const Recipe& recipe, uint64_t seed) {
  std::vector<std::shared_ptr<Network>> members;
  for (const TrainSpec& spec : recipe.specs)
    if (spec.deployed) members.push_back(noisy_network(spec.network, seed, spec.init_index));
  return members;
}

std::shared_ptr<Network> noisy_seed(const Recipe& recipe, uint64_t seed) {
  for (const TrainSpec& spec : recipe.specs)
    if (spec.stage == "seed") return noisy_network(spec.network, seed, 2000);
  return nullptr;
}

Json one_hidden_layer(Stub stub) {
  Json sizes = backbone(stub);
  if (sizes.contains("depth")) sizes["depth"] = 1;
  return sizes;
}

}  // namespace loom::engine_test
