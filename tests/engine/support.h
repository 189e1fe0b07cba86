// SPDX-License-Identifier: Apache-2.0
// What the engine's tests share: small suites in memory, the catalogue as a list of arms, training as a job does it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/engine/loaded_suite.h"
#include "harness/engine/trial_assembly.h"
#include "harness/partition.h"

#include <doctest/doctest.h>

namespace loom::engine_test {

// Small suites, one for every kind of items that a suite may have. vector: 8 floats, 4 classes by a linear rule of each
// domain's own. tokens: windows of 32 bytes from one Markov chain per domain. bags: 1 to 9 of 23 features that vote for
// 4 classes, by each domain's own rule. image: vectors whose first inputs are 2 channels of 9 x 7, 3 more follow.
// adapters: vectors that end in the one-hot domain; the classes of domain 0 are bins of a number. scored: tokens of
// which some after the first few are scored. 20 groups per domain on the train side, two items each; 10 items per
// domain in the test.
enum class Stub { vector, tokens, bags, image, adapters, scored };
inline constexpr Stub kStubs[] = {Stub::vector, Stub::tokens, Stub::bags, Stub::image, Stub::adapters, Stub::scored};
inline bool is_tokens(Stub stub) { return stub == Stub::tokens || stub == Stub::scored; }
Suite make_suite(Stub stub, int64_t domains = 3);
const LoadedSuite& loaded(Stub stub);  // of three domains, loaded once

// Small networks: the backbone that is made for the stub.
Json backbone(Stub stub, int64_t width = 12, int64_t hidden = 10);
NetworkSpec network_spec(Stub stub, const Json& backbone, const Json& layer = {{"name", "dense"}});
// Options of a layer with every setting that one of them has: 3 tasks, `experts` of whatever it shares.
Json task_options(const char* name, int64_t experts);
// A network whose layers read which of three domains a row has.
NetworkSpec conditioned_spec(Stub stub, const Json& layer, const Json& head = {{"name", "dense"}});
TrainConfig quick_training();  // batches of 16, two checks

// The catalogue: every component by its facts, with default settings and one entry per choice of a setting.
struct Arm {
  std::string label;
  Json component;
};
std::vector<Json> variants(std::string_view kind, std::string_view name, Stub stub);
std::vector<Arm> all_arms(Stub stub);     // every architecture, every combination of its parts
std::vector<Arm> usable_arms(Stub stub);  // without those that rejection() turns down

// Members of a recipe with weights that differ strongly: the recipe's own initialisation and noise on everything.
std::vector<std::shared_ptr<Network>> noisy_members(const Recipe& recipe, uint64_t seed);
std::shared_ptr<Network> noisy_seed(const Recipe& recipe, uint64_t seed);  // null: the recipe has none
std::shared_ptr<Network> noisy_network(const NetworkSpec& spec, uint64_t seed, uint64_t index);
void add_noise(Parameters& parameters, uint64_t seed, uint64_t index, double scale = 0.2);
// Deployed members trained one by one as a train job trains them: order, parents, checkpoints.
std::vector<std::shared_ptr<Network>> trained_members(const LoadedSuite& suite, const Recipe& recipe,
                                                      const TrainConfig& train, uint64_t seed);
MemberData member_data(const TrainSpec& spec, const LoadedSuite& suite, const TrainConfig& train, uint64_t seed);
std::vector<Outcomes> outcomes_of(const std::vector<std::shared_ptr<Network>>& members, const View& view);
View view_of(const LoadedSuite& suite, const std::vector<int64_t>& indices);

// Phase two of a recipe on these members, its router trained for real.
std::unique_ptr<Model> assemble(const LoadedSuite& suite, const Json& component,
                                const std::vector<std::shared_ptr<Network>>& members, uint64_t seed = 0,
                                std::shared_ptr<Network> branched_from = nullptr);
// The arm with noisy members, assembled.
std::unique_ptr<Model> noisy_model(const LoadedSuite& suite, const Json& component, uint64_t seed = 0);
// The same network stored and read again: its bytes through the file format.
std::unique_ptr<Model> restored(const Json& component, const Model& model);

Batch batch_of(const LoadedSuite& suite, int64_t rows, int64_t begin = 0);
Json one_hidden_layer(Stub stub);                        // the stub's backbone of one slot
at::Tensor say(const Model& model, const Batch& batch);  // log-probs under inference mode
double largest_difference(const at::Tensor& a, const at::Tensor& b);
bool same_bits(const Network& a, int64_t member_a, const Network& b, int64_t member_b);  // names may differ in nothing

}  // namespace loom::engine_test
