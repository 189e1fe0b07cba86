// SPDX-License-Identifier: Apache-2.0
// What every component of the catalogue owes: walked by its facts, so that a new file is covered when it is there.
#include <set>

#include "harness/birth.h"
#include "harness/experiment.h"
#include "tasks/all.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::contract_test {
namespace {

constexpr uint64_t kSeed = 1;

std::vector<Facts> all_facts() {
  std::vector<Facts> all;
  const auto take = [&](const auto& sources) {
    for (const auto& source : sources) all.push_back(source.facts);
  };
  take(all_architectures()), take(all_backbones()), take(all_births()), take(all_combiners()), take(all_layers());
  take(all_partitions());
  return all;
}

void check_answers(const LoadedSuite& suite, const Arm& arm) {
  const TaskShape shape = suite.shape();
  const auto model = noisy_model(suite, arm.component, kSeed);
  for (const int64_t rows : {1, 3, 37}) {
    const auto said = say(*model, batch_of(suite, rows));
    std::vector<int64_t> expected = {rows};
    if (shape.kind == InputKind::tokens) expected.push_back(shape.input_dim);
    expected.push_back(shape.outputs);
    CHECK(said.sizes().vec() == expected);
    CHECK((said.scalar_type() == at::kFloat));
    CHECK(said.isfinite().all().item<bool>());
    CHECK(at::logsumexp(said, {-1}).abs().max().item<double>() < 1e-5);
  }
  CHECK(model->parameters_total() > 0);
  CHECK(model->parameters_active() > 0);
  CHECK(model->parameters_active() <= model->parameters_total());
  const Json routing = model->routing(view_of(suite, suite.indices(Split::validation, kSeed)));
  if (routing.is_null() || !routing.contains("load")) return;
  for (const Json& domain : routing.at("load")) {
    double sum = 0;
    for (const double share : domain) sum += share;
    CHECK(sum == doctest::Approx(1).epsilon(1e-5));
  }
}

// A dry assembly is how sizes and costs are known before anything is trained.
void check_dry(const LoadedSuite& suite, const Arm& arm) {
  const Recipe recipe = make_recipe(suite, arm.component, 64, quick_training(), kSeed);
  TrialAssembly dry(suite, arm.component, kSeed, quick_training(), untrained(recipe, at::kCPU), {}, /*dry=*/true,
                    nullptr, [&] { return untrained_seed(recipe, at::kCPU); });
  const auto planned = find_architecture(arm.component.at("name").get<std::string>()).assemble(dry);
  const auto model = noisy_model(suite, arm.component, kSeed);
  CHECK(planned->parameters_total() == model->parameters_total());
  CHECK(planned->parameters_active() == model->parameters_active());
  if (!arm.component.contains("backbone")) return;
  CHECK(inference_flops(*planned, suite) > 0);
  for (const TrainSpec& spec : recipe.specs) {
    CHECK((spec.steps >= 1 || !spec.stitched.empty() || !spec.rounds.empty()));  // or what others left
    CHECK(spec.parent < static_cast<int64_t>(&spec - recipe.specs.data()));
    for (const int64_t parent : spec.stitched) CHECK(parent < static_cast<int64_t>(&spec - recipe.specs.data()));
  }
}

// Weights of one expert in bytes, for every expert of every parameter that has an axis more than a map, [experts, in,
// out]: experts, paths and gates of tasks, changes of low rank. Those that begin at nothing all do (Hu et al. 2021: B).
void check_experts_differ(const Network& network) {
  size_t banks = 0;
  for (const auto& [name, array] : network.parameters().save(0)) {
    if (array.shape.size() != 3 || name.ends_with(".bias") || name.ends_with(".lora_b")) continue;
    CAPTURE(name);
    ++banks;
    std::set<std::string> distinct;
    const auto experts = static_cast<size_t>(array.shape[0]);
    const size_t slice = array.bytes.size() / experts;
    for (size_t expert = 0; expert < experts; ++expert) distinct.insert(array.bytes.substr(expert * slice, slice));
    CHECK(distinct.size() == experts);
  }
  CHECK((banks > 0 || network.spec().layer.at("name") == "dense"));
}

Network initialised(const NetworkSpec& spec, uint64_t seed, uint64_t index) {
  Network network(spec, 1);
  network.parameters().initialise(std::array{seed}, std::array{index});
  return network;
}

void check_initialisation(const LoadedSuite& suite, const Arm& arm) {
  const Recipe recipe = make_recipe(suite, arm.component, 64, quick_training(), kSeed);
  std::vector<Network> drawn;
  for (const TrainSpec& spec : recipe.specs) {
    drawn.push_back(initialised(spec.network, kSeed, spec.init_index));
    CHECK(same_bits(drawn.back(), 0, initialised(spec.network, kSeed, spec.init_index), 0));
    CHECK_FALSE(same_bits(drawn.back(), 0, initialised(spec.network, kSeed + 1, spec.init_index), 0));
    check_experts_differ(drawn.back());
  }
  if (find_architecture(arm.component.at("name").get<std::string>()).facts.family == "monolith") return;  // its stages
  for (size_t a = 0; a < drawn.size(); ++a)
    for (size_t b = 0; b < a; ++b)
      if (recipe.specs[a].deployed && recipe.specs[b].deployed &&
          recipe.specs[a].stitched.empty())  // else others' weights
        CHECK_FALSE(same_bits(drawn[a], 0, drawn[b], 0));
}

// Only a model whose level says so may read the domains of its batch.
void check_level(const LoadedSuite& suite, const Arm& arm) {
  const auto model = noisy_model(suite, arm.component, kSeed);
  const Batch batch = batch_of(suite, 9);
  const auto others = (batch.domains + 1).remainder(suite.shape().domains);
  const bool reads = !say(*model, {batch.inputs, others}).equal(say(*model, batch));
  const bool may = information_level(arm.component) == "domain";
  if (find_architecture(arm.component.at("name").get<std::string>()).beyond != nullptr)
    CHECK((may || !reads));  // of a factorial's cells some are told
  else
    CHECK(reads == may);
}

template <class Law>
void for_each_usable(Law&& law) {
  for (const Stub stub : kStubs)
    for (const Arm& arm : usable_arms(stub)) {
      CAPTURE(arm.label);
      law(loaded(stub), arm);
    }
}

}  // namespace
}  // namespace loom::contract_test

using namespace loom::contract_test;

TEST_CASE("[contract] facts are whole, unique and survive the fact sheet") {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Facts& facts : all_facts()) {
    CAPTURE(facts.kind);
    CAPTURE(facts.name);
    CHECK(seen.emplace(facts.kind, facts.name).second);
    CHECK_FALSE(facts.summary.empty());
    CHECK_FALSE(facts.inputs.empty());
    for (const Field& field : facts.fields) CHECK_FALSE(field.doc.empty());
    CHECK(to_json(facts_from_json(to_json(facts))) == to_json(facts));
  }
}

TEST_CASE("[contract] architectures and combiners say their paper, view, family, level and access in known words") {
  using Words = std::set<std::string>;
  const Words families = {"monolith", "fabric", "none"}, levels = {"none", "domain", "answer"};
  const Words bits = {"A", "R", "S0", "W", "C", "D", "M", "Z", "g", "p_K", "l", "h", "u"};
  const Words views = {"target", "summary", "full", "weights", "none"};
  for (const Facts& facts : all_facts()) {
    const bool architecture = facts.kind == "architecture";
    if (!architecture && facts.kind != "combiner") continue;
    CAPTURE(facts.name);
    CHECK(facts.paper.size() > 5);
    CHECK(families.contains(facts.family));
    CHECK(levels.contains(facts.level));
    const bool combines = std::ranges::any_of(facts.fields, [](const Field& f) { return f.name == "combiner"; }) ||
                          facts.name == "tagged_by_router";  // under a combiner of its own
    CHECK((architecture && combines ? facts.view == "combiner" : views.contains(facts.view)));
    CHECK_FALSE(facts.access.empty());
    CHECK(Words(facts.access.begin(), facts.access.end()).size() == facts.access.size());
    if (facts.access == std::vector<std::string>{"none"})
      CHECK((architecture && combines));
    else
      for (const std::string& bit : facts.access) CHECK(bits.contains(bit));
  }
}

TEST_CASE("[contract] the catalogue's config has every architecture and combiner that does not come by itself") {
  // Controls that a plan adds unasked, and what follows a stream, which neither suite is.
  const std::set<std::string> elsewhere = {"prior",         "tagged",          "tagged_by_router",  "best_constant",
                                           "random_router", "stream_monolith", "stream_specialists"};
  std::vector<Facts> all = all_facts();
  for (const SuiteSource& source : all_suites()) all.push_back(source.facts);
  const Experiment catalogue =
      load_experiment(std::string(LOOM_SOURCE_DIR) + "/configs/catalogue.yaml", {}, false, FactSheet(all));
  for (const SuiteConfig& suite : catalogue.suites) {
    CAPTURE(suite.label);
    std::set<std::string> named;
    for (const ArmConfig& arm : suite.arms) {
      named.insert(arm.component.at("name"));
      if (arm.component.contains("combiner")) named.insert(arm.component["combiner"].at("name"));
    }
    for (const Facts& facts : all) {
      if (facts.kind != "architecture" && facts.kind != "combiner") continue;
      CAPTURE(facts.name);
      CHECK(named.contains(facts.name) != elsewhere.contains(facts.name));
    }
  }
}

TEST_CASE("[contract] each arm either runs on a task or says in words why not") {
  for (const Stub stub : kStubs) {
    size_t rejected = 0;
    const std::vector<Arm> arms = all_arms(stub);
    for (const Arm& arm : arms) {
      CAPTURE(arm.label);
      const auto reason = rejection(arm.component, loaded(stub).shape());
      if (!reason) continue;
      ++rejected;
      CHECK(reason->find(' ') != std::string::npos);
    }
    CHECK(rejected > 0);
    std::set<std::string> usable;
    for (const Arm& arm : usable_arms(stub)) usable.insert(arm.component.at("name"));
    const auto fits = [&](const Architecture& one) {
      if (one.facts.name == "shared_bottom" && stub == Stub::adapters) return false;  // there it is dense
      if (one.facts.name == "mixture_of_agents") return stub == Stub::vector;         // words join a vector
      return one.facts.causal || !is_tokens(stub);
    };
    const std::vector<Architecture> all = all_architectures();
    CHECK(std::ssize(usable) == std::ranges::count_if(all, fits));
  }
}

TEST_CASE("[contract] parts that do not fit a task are turned down by name") {
  const TaskShape labels = loaded(Stub::vector).shape(), bytes = loaded(Stub::tokens).shape();
  const auto reason = [](const Json& component, const TaskShape& shape) {
    return rejection(component, shape).value_or("accepted");
  };
  const auto with = [](Json component, const char* key, const Json& value) {
    component[key] = value;
    return component;
  };
  const Json mlp = backbone(Stub::vector), transformer = backbone(Stub::tokens);
  CHECK(reason({{"name", "dense"}, {"backbone", mlp}}, bytes) == "backbone mlp does not take tokens input");
  CHECK(reason({{"name", "dense"}, {"backbone", transformer}}, labels) ==
        "backbone transformer does not take vector input");
  const Json cnn = backbone(Stub::image), bag = backbone(Stub::bags);
  const TaskShape adapted = loaded(Stub::adapters).shape();
  CHECK(reason({{"name", "dense"}, {"backbone", cnn}}, labels).find("backbone cnn needs items with an image") == 0);
  CHECK(reason({{"name", "dense"}, {"backbone", cnn}}, bytes) == "backbone cnn does not take tokens input");
  CHECK(reason({{"name", "dense"}, {"backbone", bag}}, adapted) == "backbone bag does not take vector input");
  TaskShape image = loaded(Stub::image).shape();
  CHECK(reason({{"name", "dense"}, {"backbone", mlp}}, image) == "accepted");
  image.image = {1, 3, 9};
  CHECK(reason({{"name", "dense"}, {"backbone", cnn}}, image) == "backbone cnn needs images of 4 x 4 at least");
  image.image = {1, 4, 4};
  image.adapters = 3;
  CHECK(reason({{"name", "dense"}, {"backbone", cnn}}, image).find("backbone cnn has no adapters") == 0);
  const Json fabric = variants("architecture", "specialists", Stub::vector).at(0);
  CHECK(reason(with(fabric, "combiner", {{"name", "posterior_mixture"}}), labels) ==
        "combiner posterior_mixture does not take vector input");
  const Json random = {{"name", "random"}, {"parts", nullptr}};
  CHECK(reason(with(with(fabric, "combiner", {{"name", "oracle"}}), "partition", random), labels).find("oracle") !=
        std::string::npos);
  const Json router = {{"name", "router"}, {"mode", "hard"}, {"hidden", 4}, {"epochs", 1}, {"target", "domain"}};
  CHECK(reason(with(with(fabric, "combiner", router), "partition", random), labels).find("best_member") !=
        std::string::npos);
  const Json moe = {{"name", "sparse_moe"}, {"experts", 2}, {"top_k", 3}, {"balance", 0}, {"backbone", mlp}};
  CHECK(reason(moe, labels) == "top_k is larger than experts");
  const Json choosing = variants("architecture", "expert_choice", Stub::tokens).at(0);
  CHECK(reason(choosing, bytes) == "architecture expert_choice would see bytes that it is to predict");
  CHECK(reason(variants("architecture", "soft_slots", Stub::tokens).at(0), bytes) ==
        "architecture soft_slots would see bytes that it is to predict");
  const Json demix = variants("architecture", "demix", Stub::vector).at(0);
  CHECK(reason(with(demix, "combiner", {{"name", "uniform_soup"}}), labels) ==
        "combiner uniform_soup merges the weights of several networks, and this is one");
  const Json heads = variants("architecture", "shared_bottom", Stub::adapters).at(0);
  CHECK(reason(heads, adapted) == "the domains have heads of their own already: here it is dense");
}

TEST_CASE("[contract] every arm answers with finite distributions of the right shape at odd batch sizes") {
  for_each_usable(check_answers);
}

TEST_CASE("[contract] a dry assembly has the sizes of the real one") { for_each_usable(check_dry); }

TEST_CASE("[contract] a seed fixes the weights, and no two members or experts start alike") {
  for_each_usable(check_initialisation);
}

TEST_CASE("[contract] a model reads the domain if and only if its information level says so") {
  for_each_usable(check_level);
  CHECK(information_level({{"name", "prior"}}) == "none");
  CHECK(information_level({{"name", "tagged"}}) == "domain");
}

TEST_CASE("[contract] member 0 of a fabric starts from the monolith's weights, expert 0 from the dense layer's") {
  for (const Stub stub : kStubs) {
    const Network monolith = initialised(network_spec(stub, backbone(stub)), kSeed, 0);
    const Json moe = {{"name", "sparse_moe"}, {"experts", 3}, {"top_k", 1}, {"balance", 0}};
    const Arrays experts = initialised(network_spec(stub, backbone(stub), moe), kSeed, 0).parameters().save(0);
    for (const auto& [name, array] : monolith.parameters().save(0))
      CHECK(experts.at(name).bytes.substr(0, array.bytes.size()) == array.bytes);
    const Json fabric = variants("architecture", "specialists", stub).at(0);
    const Recipe recipe = make_recipe(loaded(stub), fabric, 64, quick_training(), kSeed);
    CHECK(same_bits(monolith, 0, initialised(recipe.specs[0].network, kSeed, recipe.specs[0].init_index), 0));
  }
}
