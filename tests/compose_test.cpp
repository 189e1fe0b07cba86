// SPDX-License-Identifier: Apache-2.0
#include "harness/compose.h"

#include <doctest/doctest.h>

#include "harness/error.h"
#include "harness/hash.h"
#include "tests/config_facts.h"

namespace loom::compose_test {
namespace {

using testing::ConfigFolder;
using testing::contains;
using testing::kHead;
using testing::kSmall;
using testing::load;
using testing::refusal;

using Texts = std::vector<std::string>;

std::vector<std::string> labels(const std::string& arms, const std::string& head = kHead) {
  std::vector<std::string> out;
  const Experiment experiment = load(head + "arms:\n" + arms);
  for (const ArmConfig& arm : experiment.suites[0].arms) out.push_back(arm.label);
  return out;
}

TEST_CASE("[compose] overrides change values and the name") {
  const std::vector<std::string> overrides = {"train.batch=32", "seeds=4"};
  const Experiment experiment = load(kSmall, overrides);
  CHECK(experiment.suites[0].train.at("batch") == 32);
  CHECK(experiment.suites[0].train.at("optimizer") == "adamw");
  CHECK(experiment.suites[0].seeds == 4);
  CHECK(experiment.name == "demo+" + sha256("train.batch=32\nseeds=4").substr(0, 6));
  CHECK(load(kSmall, overrides, true).name == experiment.name + "-quick");
}

TEST_CASE("[compose] overrides reach list items and open up bare names") {
  const std::string text = std::string(kHead) + "arms: [dense, sparse_moe, {specialists: {combiner: router}}]\n";
  const auto arms = [&](const std::string& argument) { return load(text, {argument}).suites[0].arms; };
  CHECK(arms("arms.1.sparse_moe.top_k=2")[1].component.at("top_k") == 2);
  CHECK(arms("arms.0.dense.width=9")[0].component.at("backbone").at("width") == 9);
  CHECK(arms("arms.2.specialists.combiner.router.mode=soft")[2].component.at("combiner").at("mode") == "soft");
  CHECK(arms("arms.2.specialists.combiner={router: {hidden: 4}}")[2].component.at("combiner").at("hidden") == 4);
  CHECK(arms("arms.1={specialists: {combiner: oracle}}")[1].component.at("combiner").at("name") == "oracle");
  CHECK(arms("arms=[dense]").size() == 1);
  CHECK(load(text, {"columns=[memory]", "latency.seconds=0"}).latency.at("seconds") == 0.0);
  CHECK(load(text, {"suites.0={suite: bytes9, label: b}"}).suites[0].label == "b");
}

TEST_CASE("[compose] overrides are guarded and checked like files") {
  const auto told = [](const std::string& argument) { return refusal(kSmall, {argument}); };
  CHECK(contains(told("train.batch='64'"), "got the quoted text '64'"));
  CHECK(contains(told("train.batch=&x 3"), "anchors"));
  CHECK(contains(told("train.batch=!x 3"), "tags"));
  CHECK(contains(told("train.batch="), "got nothing"));
  CHECK(contains(told("=3"), "is not KEY=VALUE"));
  CHECK(contains(told("arms.x.dense.width=3"), "arms is a list with items 0 to 0, got 'x'"));
  CHECK(contains(told("arms.0.sparse_moe.top_k=3"), "nothing to set below arms.0: it is 'dense'"));
  CHECK(contains(told("träin.batch=3"), "is not a dotted path"));
  CHECK(contains(told("name=" + std::string(5000, 'x')), "more than 4096 bytes"));
  CHECK(contains(told("seeds=3\nquick: true"), "command line: error"));
  CHECK(contains(told("device=\x1b[0m"), "control character"));
}

TEST_CASE("[compose] sweeps give the cross product, each labelled by what differs") {
  CHECK(labels("  - sparse_moe: {experts: {sweep: [4, 8]}, top_k: {sweep: [1, 2]}}\n") ==
        Texts{"sparse_moe experts=4 top_k=1", "sparse_moe experts=4 top_k=2", "sparse_moe experts=8 top_k=1",
              "sparse_moe experts=8 top_k=2"});
  CHECK(labels("  - specialists: {combiner: {sweep: [oracle, {router: {mode: soft}}]}}\n  - dense\n") ==
        Texts{"specialists oracle", "specialists router soft", "dense"});
  CHECK(labels("  - sparse_moe: {label: moe, top_k: {sweep: [1, 2]}}\n") == Texts{"moe top_k=1", "moe top_k=2"});
  CHECK(labels("  - {sweep: [dense, sparse_moe]}\n") == Texts{"dense", "sparse_moe"});
}

TEST_CASE("[compose] a comma on the command line is a sweep inside an arm, a list in brackets elsewhere") {
  const std::string text = std::string(kHead) + "arms: [sparse_moe]\n";
  const Experiment experiment = load(text, {"arms.0.sparse_moe.top_k=1,2", "latency.batches=[1,4]"});
  REQUIRE(experiment.suites[0].arms.size() == 2);
  CHECK(experiment.suites[0].arms[1].label == "sparse_moe top_k=2");
  CHECK(experiment.latency.at("batches") == Json{1, 4});
  CHECK(contains(refusal(text, {"latency.batches=1,4"}), "a sweep may stand only inside an arm or a suite's settings"));
  CHECK(contains(refusal(text, {"columns=free,memory"}), "lists are written [a, b]"));
}

TEST_CASE("[compose] defaults compose depth first: maps merge, lists and scalars are replaced") {
  const ConfigFolder folder;
  folder.write("parts/deep.yaml", "seeds: 1\ntrain: {batch: 1, warmup: 0.1, beta1: 0.5}\ncolumns: [free]\n");
  folder.write("parts/base.yaml",
               "defaults: [deep.yaml]\ntrain: {batch: 2, warmup: 0.2}\ncolumns: [serving, memory]\n");
  folder.write("more.yaml", "train: {batch: 3}\n");
  const auto file =
      folder.write("x.yaml", "defaults: [parts/base.yaml, more.yaml]\ntrain: {checks: 9}\n" + std::string(kSmall));
  const SuiteConfig suite = load_experiment(file, {}, false, testing::config_facts()).suites[0];
  CHECK(suite.seeds == 1);
  CHECK(suite.columns == Texts{"serving", "memory"});
  CHECK(suite.train.at("beta1") == 0.5);
  CHECK(suite.train.at("warmup") == 0.2);
  CHECK(suite.train.at("batch") == 3);
  CHECK(suite.train.at("checks") == 9);
}

TEST_CASE("[compose] a mistake in two files is told where it was written last") {
  const ConfigFolder folder;
  folder.write("base.yaml", "\ncolums: [free]\ntrain: {batch: none}\n");
  const auto file = folder.write("x.yaml", "defaults: [base.yaml]\n" + std::string(kSmall) + "colums: [memory]\n");
  CHECK_THROWS_WITH_AS(load_experiment(file, {}, false, testing::config_facts()),
                       doctest::Contains("x.yaml:5:1: error: unknown key 'colums'"), InputError);
  CHECK_THROWS_WITH_AS(load_experiment(file, {}, false, testing::config_facts()),
                       doctest::Contains("base.yaml:3:16: error: train.batch: expected"), InputError);
}

TEST_CASE("[compose] defaults may nest 8 deep, and a file may be read twice but not lead to itself") {
  const ConfigFolder folder;
  folder.write("d8.yaml", "seeds: 8\n");
  for (int i = 7; i >= 1; --i)
    folder.write("d" + std::to_string(i) + ".yaml", "defaults: [d" + std::to_string(i + 1) + ".yaml]\n");
  const FactSheet facts = testing::config_facts();
  const auto good = folder.write("good.yaml", "defaults: [d1.yaml, d8.yaml]\n" + std::string(kSmall));
  CHECK(load_experiment(good, {}, false, facts).suites[0].seeds == 8);
  folder.write("d8.yaml", "defaults: [d9.yaml]\n");
  folder.write("d9.yaml", "seeds: 9\n");
  CHECK_THROWS_WITH_AS(load_experiment(good, {}, false, facts), doctest::Contains("nested deeper than 8 files"),
                       InputError);
  folder.write("d8.yaml", "defaults: [d1.yaml]\n");
  CHECK_THROWS_WITH_AS(load_experiment(good, {}, false, facts), doctest::Contains("leads back to itself"), InputError);
}

TEST_CASE("[compose] a file that cannot be read is one line naming the nearest") {
  const ConfigFolder folder;
  folder.write("quickstart.yaml", kSmall);
  const FactSheet facts = testing::config_facts();
  const auto told = [&](const std::filesystem::path& file) -> std::string {
    try {
      load_experiment(file, {}, false, facts);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string near = told(folder.path() / "quikstart.yaml");
  CHECK(contains(
      near, "quikstart.yaml does not exist; did you mean '" + (folder.path() / "quickstart.yaml").string() + "'?"));
  CHECK(near.find('\n') == std::string::npos);
  CHECK(contains(told(folder.path()), "is a folder, not a config"));
  CHECK(contains(told(folder.path() / "nowhere" / "x.yaml"), "does not exist"));
  CHECK(contains(told("/dev/null"), "is not a regular file"));
  CHECK(contains(told(folder.write("big.yaml", std::string(2 << 20, '#'))), "at most 1048576"));
}

}  // namespace
}  // namespace loom::compose_test
