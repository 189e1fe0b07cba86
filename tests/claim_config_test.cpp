// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_config.h"

#include <doctest/doctest.h>

#include "harness/planning.h"
#include "tests/config_facts.h"

namespace loom::claim_config_test {
namespace {

using namespace loom::testing;
using Texts = std::vector<std::string>;

constexpr const char* kBase =
    "suites: [digits4, {suite: bytes9, columns: [serving]}]\nreference: {dense: {}, samples: 1000}\n"
    "arms: [dense, {specialists: {combiner: router}}]\n";

std::string with(const std::string& claim) { return kBase + ("claims:\n  - " + claim + "\n"); }

Claim only(const std::string& claim) {
  const Experiment experiment = load(with(claim));
  REQUIRE(experiment.claims.size() == 1);
  return experiment.claims[0];
}

TEST_CASE("[claim config] what is left out is written out") {
  const Claim claim = only("{id: a, question: Which of them, better: specialists, than: {family: monolith}}");
  CHECK(claim.id == "a");
  CHECK(claim.question == "Which of them");
  CHECK(claim.suites == Texts{"digits4", "bytes9"});
  CHECK(claim.columns == Texts{"free", "serving", "memory"});
  CHECK(claim.better == ClaimSide{.arm = "specialists", .family = {}});
  CHECK(claim.than == ClaimSide{.arm = {}, .family = "monolith"});
  CHECK_FALSE(claim.margin);
  CHECK(claim.family.empty());
  CHECK(claim.seeds == 10);
  CHECK(only("{id: a, question: Q, better: dense, than: specialists, suites: [bytes9]}").columns == Texts{"serving"});
}

TEST_CASE("[claim config] a claim's hash is that of its meaning, not of its spelling") {
  const Claim brief = only("{id: a, question: Q, better: dense, than: specialists, margin: 1e-2, suites: [bytes9]}");
  const Claim full = only(
      "{than: specialists, better: dense, suites: [bytes9], columns: [serving], margin: 0.01, family: null, seeds: 10, "
      "question: Q, id: a}");
  CHECK(claim_hash(brief) == claim_hash(full));
  CHECK(claim_hash(brief).size() == 16);
  for (const std::string& other :
       Texts{"{id: b, question: Q, better: dense, than: specialists, margin: 0.01, suites: [bytes9]}",
             "{id: a, question: Q, better: dense, than: specialists, margin: 0.02, suites: [bytes9]}",
             "{id: a, question: Q, better: specialists, than: dense, margin: 0.01, suites: [bytes9]}",
             "{id: a, question: Q, better: dense, than: specialists, margin: 0.01, seeds: 9, suites: [bytes9]}"})
    CHECK(claim_hash(only(other)) != claim_hash(brief));
}

TEST_CASE("[claim config] claims come from files beside the config that names them") {
  const ConfigFolder folder;
  folder.write("claims/two.yaml",
               "- {id: one, question: Q, better: dense, than: specialists}\n"
               "- {id: two, question: Q, better: specialists, than: dense}\n");
  folder.write("claims/three.yaml", "id: three\nquestion: Q\nbetter: dense\nthan: {family: fabric}\n");
  folder.write("base/shared.yaml", "claims: [../claims/three.yaml]\n");
  const auto own = folder.write("own.yaml", std::string(kBase) + "claims: [claims/two.yaml, claims/three.yaml]\n");
  const Experiment experiment = load_experiment(own, {}, false, config_facts());
  REQUIRE(experiment.claims.size() == 3);
  CHECK(experiment.claims[1].id == "two");
  CHECK(experiment.claims[2].id == "three");
  const auto through = folder.write("through.yaml", std::string("defaults: [base/shared.yaml]\n") + kBase);
  REQUIRE(load_experiment(through, {}, false, config_facts()).claims.size() == 1);
  const Texts overrides = {"claims=[claims/three.yaml]"};
  CHECK(load_experiment(through, overrides, false, config_facts()).claims[0].id == "three");
}

TEST_CASE("[claim config] mistakes inside a file of claims are told with its lines") {
  const ConfigFolder folder;
  folder.write("c.yaml", "- id: one\n  question: Q\n  better: dens\n  than: specialists\n");
  folder.write("empty.yaml", "\n");
  folder.write("nested.yaml", "- c.yaml\n");
  const auto said = [&](const std::string& claims) {
    try {
      load_experiment(folder.write("own.yaml", kBase + claims), {}, false, config_facts());
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string told = said("claims: [c.yaml]\n");
  CHECK(contains(told, "c.yaml:3:11: error: claims.better: suite 'digits4' has no arm 'dens'"));
  CHECK(contains(told, "did you mean 'dense'?"));
  CHECK(contains(said("claims: [d.yaml]\n"), "d.yaml' does not exist"));
  CHECK(contains(said("claims: [/c.yaml]\n"), "is not relative to this file"));
  CHECK(contains(said("claims: [empty.yaml]\n"), "expected a claim or a list of claims, got nothing"));
  CHECK(contains(said("claims: [nested.yaml]\n"), "nested.yaml:1:3: error: claims: expected a claim, got 'c.yaml'"));
}

TEST_CASE("[claim config] adding a claim changes neither the suites nor the plan's key, and the lock keeps it") {
  const Experiment without = load(kBase);
  const Experiment stated = load(with("{id: a, question: Q, better: dense, than: {family: fabric}, margin: 0.02}"));
  CHECK_FALSE(without.resolved.contains("claims"));
  CHECK(stated.resolved.at("suites") == without.resolved.at("suites"));
  const Json code = {{"engine", "e"}, {"components", "c"}};
  CHECK(plan_key(stated, code, "data") == plan_key(without, code, "data"));
  const Experiment again = load(stated.resolved.dump(2));
  REQUIRE(again.claims.size() == 1);
  CHECK(claim_hash(again.claims[0]) == claim_hash(stated.claims[0]));
  CHECK(again.resolved == stated.resolved);
}

}  // namespace
}  // namespace loom::claim_config_test
