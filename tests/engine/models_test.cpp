// SPDX-License-Identifier: Apache-2.0
// Laws that every model of the catalogue keeps: architecture x {labels, tokens}, and for the fabric every combination
// of partition, birth and combiner.
#include "harness/random.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::models_test {
namespace {

constexpr double kTolerance = 1e-5;

// What the fabric is made of decides its laws; how its members were born does not.
std::vector<Arm> distinct_arms(Stub stub) {
  std::vector<Arm> arms = usable_arms(stub);
  std::erase_if(arms, [](const Arm& arm) {
    return arm.component.contains("birth") && arm.component.at("birth").is_object() &&
           arm.component.at("birth").at("name") != "cold";
  });
  return arms;
}

// The window with byte t replaced by another letter that occurs.
at::Tensor with_changed_byte(const at::Tensor& windows, int64_t t) {
  auto changed = windows.clone();
  auto column = changed.select(1, t);
  column.copy_((column - 'a' + 1).remainder(6) + 'a');
  return changed;
}

// The same model with a router that changes its mind at a byte: one briefly trained would hardly ever.
std::unique_ptr<Model> with_fickle_router(const Json& component, const Model& model) {
  Json state;
  Arrays arrays;
  model.save(state, arrays);
  for (auto& [name, array] : arrays) {
    if (!name.starts_with("router.")) continue;
    auto values = as_f32(array);
    fill_normal(values, 1.0, Stream(5, "test/" + name));
    array = make_f32(array.shape, values.data());
  }
  return find_architecture(component.at("name").get<std::string>()).restore(state, arrays, at::kCPU);
}

void check_causal(const LoadedSuite& suite, const Arm& arm) {
  const auto model = with_fickle_router(arm.component, *noisy_model(suite, arm.component));
  const Batch batch = batch_of(suite, 24);
  const auto base = say(*model, batch);
  const int64_t steps = batch.inputs.size(1);
  bool future_moved = false;
  for (const int64_t t : {0, 1, 15, 16, 17, 30, 31}) {
    CAPTURE(t);
    const auto said = say(*model, {with_changed_byte(batch.inputs, t), batch.domains});
    CHECK(largest_difference(said.narrow(1, 0, t + 1), base.narrow(1, 0, t + 1)) < kTolerance);
    future_moved =
        future_moved || largest_difference(said.narrow(1, t, steps - t), base.narrow(1, t, steps - t)) > 1e-3;
  }
  CHECK((future_moved || arm.component.at("name") == "prior"));
}

void check_row_independent(const LoadedSuite& suite, const Arm& arm) {
  const auto model = noisy_model(suite, arm.component);
  const Batch batch = batch_of(suite, 13, 3);
  const auto base = say(*model, batch);
  if (!find_architecture(arm.component.at("name").get<std::string>()).facts.row_independent) {
    const auto alone = say(*model, {batch.inputs.narrow(0, 5, 1), batch.domains.narrow(0, 5, 1)});
    CHECK(largest_difference(alone, base.narrow(0, 5, 1)) > 1e-3);  // what it says of itself is true
    return;
  }
  const auto order = to_tensor(permutation(13, Stream(1, "test/rows")), at::kCPU);
  const auto permuted = say(*model, {batch.inputs.index_select(0, order), batch.domains.index_select(0, order)});
  CHECK(largest_difference(permuted, base.index_select(0, order)) < kTolerance);
  for (const int64_t row : {0, 5, 12}) {
    const auto alone = say(*model, {batch.inputs.narrow(0, row, 1), batch.domains.narrow(0, row, 1)});
    CHECK(largest_difference(alone, base.narrow(0, row, 1)) < kTolerance);
  }
  const bool votes = arm.component.contains("combiner") && arm.component["combiner"].at("name") == "vote";
  if (arm.component.at("name") == "prior" || votes) return;                      // few different answers
  CHECK(largest_difference(base, base.narrow(0, 0, 1).expand_as(base)) > 1e-3);  // rows do differ
}

void check_restored(const LoadedSuite& suite, const Arm& arm) {
  const auto model = noisy_model(suite, arm.component);
  const auto again = restored(arm.component, *model);
  const Batch batch = batch_of(suite, 11);
  CHECK(say(*again, batch).equal(say(*model, batch)));
  CHECK(again->parameters_total() == model->parameters_total());
  CHECK(again->parameters_active() == model->parameters_active());
  CHECK(again->formula_flops() == model->formula_flops());
}

double largest_difference_of(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return INFINITY;
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
  return largest;
}

void check_same_said(const Outcomes& replayed, const Outcomes& forward, double rounding) {
  CHECK(replayed.items == forward.items);
  CHECK(replayed.steps == forward.steps);
  CHECK(replayed.outputs == forward.outputs);
  CHECK(replayed.domain == forward.domain);
  CHECK(replayed.group == forward.group);
  CHECK(replayed.target == forward.target);
  CHECK(
      std::ranges::equal(replayed.value, forward.value, [](float a, float b) { return a == b || (a != a && b != b); }));
  CHECK(largest_difference_of(replayed.target_log_prob, forward.target_log_prob) < kTolerance);
  if (forward.steps == 1) CHECK(largest_difference_of(replayed.log_probs, forward.log_probs) < kTolerance);
  if (replayed.max_log_prob.empty()) return;
  CHECK(largest_difference_of(replayed.max_log_prob, forward.max_log_prob) < kTolerance + rounding);
  CHECK(largest_difference_of(replayed.entropy, forward.entropy) < kTolerance + rounding);
  CHECK(replayed.argmax == forward.argmax);
}

void check_replay(const LoadedSuite& suite, const Arm& arm) {
  constexpr uint64_t kSeed = 2;
  const Recipe recipe = make_recipe(suite, arm.component, 64, quick_training(), kSeed);
  const auto members = noisy_members(recipe, kSeed);
  const auto model = assemble(suite, arm.component, members, kSeed, noisy_seed(recipe, kSeed));
  const View view = view_of(suite, suite.indices(Split::train, kSeed));
  const Outcomes forward = forward_outcomes(*model, view);
  const auto said = outcomes_of(members, view);
  const double half_precision = suite.shape().kind == InputKind::tokens ? 0.01 : 0;  // of max_log_prob and entropy
  check_same_said(model->outcomes(view, said), forward, half_precision);
  for (const Outcomes& one : said) {
    const Outcomes stored = decode_outcomes(encode_outcomes(one), "stored");
    CHECK(stored.target_log_prob == one.target_log_prob);
    CHECK(stored.max_log_prob == one.max_log_prob);
    CHECK(stored.entropy == one.entropy);
    CHECK(stored.argmax == one.argmax);
  }
}

// By the facts of the architecture and of its combiner.
bool row_independent(const Json& component) {
  if (!find_architecture(component.at("name").get<std::string>()).facts.row_independent) return false;
  return !component.contains("combiner") ||
         find_combiner(component["combiner"].at("name").get<std::string>()).facts.row_independent;
}

template <class Law>
void for_each_arm(Stub stub, Law&& law) {
  for (const Arm& arm : distinct_arms(stub)) {
    CAPTURE(arm.label);
    law(loaded(stub), arm);
  }
}

TEST_CASE("[models] labels of more outputs than are stored are ranked by a forward, of a mixture as of a choice") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const View view = view_of(suite, suite.indices(Split::validation, 1));
  for (const char* combiner : {"uniform_ensemble", "router"}) {
    Json component = variants("architecture", "specialists", Stub::vector).at(0);
    component["combiner"] = variants("combiner", combiner, Stub::vector).at(0);
    const Recipe recipe = make_recipe(suite, component, 64, quick_training(), 1);
    const auto members = noisy_members(recipe, 1);
    const auto model = assemble(suite, component, members, 1, noisy_seed(recipe, 1));
    std::vector<Outcomes> said = outcomes_of(members, view);
    for (Outcomes& one : said) one.log_probs.clear();
    CAPTURE(combiner);
    CHECK(model->outcomes(view, said).argmax == forward_outcomes(*model, view).argmax);
  }
}

}  // namespace
}  // namespace loom::models_test

using namespace loom::models_test;

TEST_CASE("[models] changing byte t changes no probability up to t") {
  for (const Stub stub : {Stub::tokens, Stub::scored})
    for_each_arm(stub, [](const LoadedSuite& suite, const Arm& arm) {
      if (row_independent(arm.component)) check_causal(suite, arm);  // else the change reaches the next row's start
    });
}

TEST_CASE("[models] a row's answer depends neither on its companions nor on its place, where facts say so") {
  for (const Stub stub : kStubs)
    for_each_arm(stub, [](const LoadedSuite& suite, const Arm& arm) {
      if (row_independent(arm.component)) check_row_independent(suite, arm);
    });
}

TEST_CASE("[models] a model stored and restored gives the same bits out") {
  for (const Stub stub : kStubs) for_each_arm(stub, check_restored);
}

TEST_CASE("[models] replay from stored outcomes equals the model's own forward") {
  for (const Stub stub : kStubs)
    for_each_arm(stub, [](const LoadedSuite& suite, const Arm& arm) {
      if (row_independent(arm.component)) check_replay(suite, arm);
    });
}
