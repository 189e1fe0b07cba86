// SPDX-License-Identifier: Apache-2.0
// Tokens that are ids: a byte suite read as ids 0 .. 255 of one byte each trains and scores to the same bits.
#include "harness/metrics.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::engine_tokens_test {
namespace {

Items as_ids(Items items) {
  items.ids.assign(items.bytes.begin(), items.bytes.end());
  items.item_bytes.assign(static_cast<size_t>(items.count), static_cast<int32_t>(items.input_dim));
  items.bytes.clear();
  return items;
}

Suite id_suite(int64_t vocabulary) {
  const Suite bytes = make_suite(Stub::tokens);
  Suite::Description description = bytes.description();
  description.vocabulary = vocabulary;
  Evaluator evaluator(bytes);
  return Suite(description, as_ids(bytes.train_side()), as_ids(evaluator.open_test("as ids")));
}

// Trained, assembled, and asked on the test.
Outcomes answers(LoadedSuite& suite, const Json& component) {
  const Recipe recipe = make_recipe(suite, component, 96, quick_training(), 1);
  const auto model = assemble(suite, component, trained_members(suite, recipe, quick_training(), 1), 1);
  const Items& test = suite.open_test("tokens test");
  return forward_outcomes(*model, {test, suite.test_data(), suite.test_indices()});
}

Json routed_arm() {
  for (const Json& arm : variants("architecture", "specialists", Stub::tokens))
    if (arm.at("combiner").at("name") == "router" && arm.at("combiner").at("target") == "domain" &&
        arm.at("partition").at("name") == "domain")
      return arm;
  FAIL("no routed arm");
  return nullptr;
}

}  // namespace
}  // namespace loom::engine_tokens_test

using namespace loom::engine_tokens_test;

TEST_CASE("[tokens] the same bytes as bytes and as ids of one byte give equal bits per byte") {
  for (const Json& component :
       {Json{{"name", "dense"}, {"backbone", backbone(Stub::tokens)}}, Json{{"name", "prior"}}, routed_arm()}) {
    CAPTURE(component.dump());
    LoadedSuite bytes(make_suite(Stub::tokens), at::kCPU), ids(id_suite(256), at::kCPU);
    const Outcomes left = answers(bytes, component), right = answers(ids, component);
    CHECK(left.target == right.target);
    CHECK(left.argmax == right.argmax);
    CHECK(left.outputs == right.outputs);
    for (size_t i = 0; i < left.target_log_prob.size(); ++i)
      CHECK(left.target_log_prob[i] == doctest::Approx(right.target_log_prob[i]).epsilon(1e-5));
    const Scores a = score(left, "bits_per_byte", 3), b = score(right, "bits_per_byte", 3);
    CHECK(a.macro > 1);
    CHECK(a.macro == doctest::Approx(b.macro).epsilon(1e-6));
  }
}

TEST_CASE("[tokens] a vocabulary of 50,257 runs in small chunks, and every chunk says the same") {
  LoadedSuite suite(id_suite(50257), at::kCPU);
  const NetworkSpec spec{backbone(Stub::tokens, 8, 8), {{"name", "dense"}}, suite.shape(), 0};
  CHECK(spec.shape.outputs == 50257);
  const NetworkModel model(noisy_network(spec, 1, 0));
  const std::vector<int64_t> some = {0, 5, 9, 14, 20, 21, 22, 30, 41, 60, 61, 62, 70};
  const Outcomes said = forward_outcomes(model, view_of(suite, some));
  CHECK(said.outputs == 50257);
  CHECK(said.bytes == std::vector<int32_t>(some.size(), 32));
  const Outcomes last = forward_outcomes(model, view_of(suite, {70}));
  for (size_t i = 0; i < 32; ++i) {
    CHECK(said.target[12 * 32 + i] == last.target[i]);
    CHECK(said.target_log_prob[12 * 32 + i] == doctest::Approx(last.target_log_prob[i]).epsilon(1e-5));
  }
  CHECK(*std::ranges::max_element(said.argmax) > 255);
}
