// SPDX-License-Identifier: Apache-2.0
#include "harness/experiment.h"

#include <doctest/doctest.h>

#include "harness/error.h"
#include "tests/config_facts.h"

namespace loom::experiment_test {
namespace {

using testing::ConfigFolder;
using testing::contains;
using testing::kHead;
using testing::kSmall;
using testing::load;
using testing::refusal;

constexpr const char* kQuickstart = R"(# configs/quickstart.yaml
suites:
  - digits4
  - suite: bytes9
    columns: [serving]
    seeds: 3
    reference: {dense: {backbone: {transformer: {width: 32, depth: 2, hidden: 192}}}, samples: 2344}
    arms: [dense, {sparse_moe: {experts: 4, top_k: 1}}, {specialists: {combiner: posterior_mixture}}]
    train: {batch: 8}
  - {suite: {folder: my/data}, seeds: 6}
reference: {dense: {backbone: mlp}, width: 64, samples: 120000}
columns: [free, serving, memory]
seeds: 6
arms:
  - dense
  - sparse_moe: {experts: 4, top_k: 1}
  - specialists: {partition: domain, birth: cold, combiner: router}
  - specialists: {birth: {branch: 0.25}, combiner: uniform_soup}
  - specialists: {combiner: {router: {mode: soft}}, label: soft routed}
train: {batch: 64, optimizer: adamw, learning_rate: 2e-3, schedule: one_cycle}
latency: {seconds: 40, batches: [1, 8, 64, 512]}
)";

std::vector<std::string> labels(const std::string& arms, const std::string& head = kHead) {
  std::vector<std::string> out;
  const Experiment experiment = load(head + "arms:\n" + arms);
  for (const ArmConfig& arm : experiment.suites[0].arms) out.push_back(arm.label);
  return out;
}

Json component(const std::string& arm, const std::string& head = kHead) {
  return load(head + "arms:\n  - " + arm + "\n").suites[0].arms[0].component;
}

Json mlp(int width, const Json& hidden, int depth) {
  return {{"name", "mlp"}, {"width", width}, {"hidden", hidden}, {"depth", depth}};
}

using Texts = std::vector<std::string>;

TEST_CASE("[experiment] the quickstart loads with every value in its place") {
  const Experiment experiment = load(kQuickstart);
  CHECK(experiment.name == "demo");
  CHECK(experiment.device == "cpu");
  REQUIRE(experiment.suites.size() == 3);
  const SuiteConfig& digits = experiment.suites[0];
  CHECK(digits.label == "digits4");
  CHECK(digits.suite == Json{{"name", "digits4"}});
  CHECK(digits.columns == Texts{"free", "serving", "memory"});
  CHECK(digits.samples == 120000);
  CHECK(digits.reference.component == Json{{"name", "dense"}, {"backbone", mlp(64, nullptr, 2)}});
  CHECK(digits.train.at("learning_rate") == 2e-3);
  CHECK(digits.train.at("beta2") == 0.999);
  CHECK(digits.free_widths == std::vector<double>{0.5, 1, 1.5, 2});
  CHECK(digits.margin.is_null());
  CHECK(experiment.latency == Json{{"seconds", 40.0}, {"batches", {1, 8, 64, 512}}});
}

TEST_CASE("[experiment] a suite's own values replace the top level's, train merges key by key") {
  const Experiment experiment = load(kQuickstart);
  const SuiteConfig& bytes = experiment.suites[1];
  CHECK(bytes.columns == Texts{"serving"});
  CHECK(bytes.seeds == 3);
  CHECK(bytes.samples == 2344);
  CHECK(bytes.reference.component.at("backbone").at("name") == "transformer");
  CHECK(bytes.reference.component.at("backbone").at("hidden") == 192);
  CHECK(bytes.arms.size() == 3);
  CHECK(bytes.train.at("batch") == 8);
  CHECK(bytes.train.at("schedule") == "one_cycle");
  const SuiteConfig& folder = experiment.suites[2];
  CHECK(folder.label == "data");
  CHECK(folder.suite == Json{{"name", "folder"}, {"path", "my/data"}});
  CHECK(folder.arms.size() == 5);
}

TEST_CASE("[experiment] arms are labelled by the settings in which they differ") {
  const Experiment experiment = load(kQuickstart);
  Texts seen;
  for (const ArmConfig& arm : experiment.suites[0].arms) seen.push_back(arm.label);
  CHECK(seen ==
        Texts{"dense", "sparse_moe", "specialists cold router", "specialists branch uniform_soup", "soft routed"});
  Texts second;
  for (const ArmConfig& arm : experiment.suites[1].arms) second.push_back(arm.label);
  CHECK(second == Texts{"dense", "sparse_moe", "specialists"});
}

TEST_CASE("[experiment] labels print non-default values: numbers with their key, choices bare") {
  CHECK(labels("  - sparse_moe\n  - sparse_moe: {top_k: 2}\n") == Texts{"sparse_moe top_k=1", "sparse_moe top_k=2"});
  CHECK(labels("  - specialists\n  - specialists: {combiner: {router: {mode: soft, hidden: 32}}}\n") ==
        Texts{"specialists router", "specialists router soft hidden=32"});
  CHECK(labels("  - specialists: {birth: branch}\n  - specialists: {birth: {branch: 0.5}}\n") ==
        Texts{"specialists branch", "specialists branch share=0.5"});
  CHECK(labels("  - dense\n  - dense: {width: 128}\n") == Texts{"dense mlp", "dense mlp width=128"});
}

TEST_CASE("[experiment] an arm without a backbone inherits the reference's, settings override single ones") {
  const std::string head =
      "suites: [digits4]\nreference: {dense: {backbone: {mlp: {width: 96, depth: 3}}}, samples: 10}\n";
  CHECK(component("dense", head).at("backbone") == mlp(96, nullptr, 3));
  CHECK(component("sparse_moe: {depth: 1}", head).at("backbone") == mlp(96, nullptr, 1));
  CHECK(component("dense: {backbone: mlp}", head).at("backbone") == mlp(64, nullptr, 2));
  CHECK(component("dense: {backbone: mlp, hidden: 8}", head).at("backbone") == mlp(64, 8, 2));
  CHECK(component("dense: {backbone: {mlp: {width: 5}}, hidden: 8}", head).at("backbone") == mlp(5, 8, 2));
  CHECK(component("dense: transformer", head).at("backbone").at("width") == 32);
}

TEST_CASE("[experiment] every way to write the reference gives the same") {
  const Json expected = {{"name", "dense"}, {"backbone", mlp(80, nullptr, 2)}};
  for (const char* text :
       {"{dense: {backbone: mlp, width: 80}, samples: 7}", "{dense: {backbone: mlp}, width: 80, samples: 7}",
        "{dense: {backbone: {mlp: {width: 80}}}, samples: 7}", "{dense: {backbone: {mlp: 80}}, samples: 7}",
        "{dense: mlp, width: 80, samples: 7}", "{name: dense, backbone: {name: mlp, width: 80}, samples: 7}",
        "{label: big, component: {name: dense, backbone: {mlp: 80}}, samples: 7}"}) {
    CAPTURE(text);
    const Experiment experiment = load(std::string("suites: [digits4]\narms: [dense]\nreference: ") + text);
    CHECK(experiment.suites[0].reference.component == expected);
    CHECK(experiment.suites[0].samples == 7);
  }
}

TEST_CASE("[experiment] samples come from the nearest level that has them") {
  const std::string arms = "arms: [dense]\n";
  const auto samples = [&](const std::string& suite, const std::string& top) {
    return load("suites: [" + suite + "]\n" + arms + top).suites[0].samples;
  };
  CHECK(samples("digits4", "reference: {dense: {}}\nsamples: 1e5\n") == 100000);
  CHECK(samples("{suite: digits4, samples: 5}", "reference: {dense: {}, samples: 9}\n") == 5);
  CHECK(samples("{suite: digits4, reference: {dense: {}, samples: 4}}", "samples: 9\n") == 4);
  CHECK(samples("{suite: digits4, reference: {dense: {}}}", "reference: {dense: {}, samples: 9}\n") == 9);
}

TEST_CASE("[experiment] columns keep one order and numbers their type") {
  const Experiment experiment =
      load(std::string(kSmall) + "columns: [memory, free]\nstatistics: {margin: 2}\nfree: [1, 2, 3, 4]\n");
  CHECK(experiment.suites[0].columns == Texts{"free", "memory"});
  CHECK(experiment.statistics.at("margin").is_number_float());
  CHECK(experiment.suites[0].margin == 2.0);
  CHECK(experiment.statistics.at("resamples") == 2000);
  CHECK(load("suites: [{suite: digits4, margin: 0.5}]\n" + std::string(kSmall).substr(18)).suites[0].margin == 0.5);
}

TEST_CASE("[experiment] a resolved experiment loads again to the same") {
  for (const std::string& text :
       {std::string(kQuickstart), std::string(kSmall) + "statistics: {margin: 1}\nthreads: 1\n",
        std::string(kHead) + "arms: [{sparse_moe: {top_k: {sweep: [1, 2]}, width: {sweep: [8, 16]}}}]\n"}) {
    for (const bool quick : {false, true}) {
      const Json first = load(text, {}, quick).resolved;
      CHECK(load(first.dump()).resolved == first);
      CHECK(load(first.dump(1)).resolved == first);
      CHECK(load(first.dump(2), {}, quick).resolved == first);
      CHECK(load(load(first.dump()).resolved.dump()).resolved.dump() == first.dump());
    }
  }
}

TEST_CASE("[experiment] a lock with the plan's own notes is a config") {
  Json lock = load(kSmall).resolved;
  const Json before = lock;
  lock["lock"] = {{"trials", {"a1", "b2"}}, {"schema", 1}};
  CHECK(load(lock.dump()).resolved == before);
}

TEST_CASE("[experiment] quick cuts samples, seeds and latency and says so") {
  const Experiment quick = load(kQuickstart, {}, true);
  CHECK(quick.name == "demo-quick");
  CHECK(quick.resolved.at("quick") == true);
  CHECK(quick.suites[0].samples == 120000 / 16);
  CHECK(quick.suites[1].samples == 2344 / 16);  // more than 4 batches of 8
  CHECK(quick.suites[0].seeds == 2);
  CHECK(quick.latency.at("seconds") == 5.0);
  CHECK(load(std::string(kSmall) + "latency: {seconds: 0}\n", {}, true).latency.at("seconds") == 0.0);
  CHECK(load(kSmall, {}, true).suites[0].samples == 4 * 64);  // 1000 / 16 is less than four batches
  CHECK(load(kSmall, {"reference.samples=100"}, true).suites[0].samples == 100);
  CHECK(load(kSmall).resolved.at("quick") == false);
}

TEST_CASE("[experiment] a component may be written in its resolved form") {
  CHECK(component("{name: specialists, combiner: {name: router, mode: soft}}") ==
        component("specialists: {combiner: {router: {mode: soft}}}"));
  CHECK(component("{label: x, component: {name: sparse_moe, top_k: 2}}").at("top_k") == 2);
}

TEST_CASE("[experiment] scalars are read strictly") {
  CHECK(load(std::string(kSmall) + "train: {batch: 1e2}\n").suites[0].train.at("batch") == 100);
  for (const char* value : {"0777", "0x10", "1_0", "'8'", "\"8\"", "2.5", "1e-3", "-8", "nan", ".inf", "8 items",
                            "true", "[8]", "{a: 8}", "1e300"}) {
    CAPTURE(value);
    CHECK(contains(refusal(std::string(kSmall) + "train: {batch: " + value + "}\n"),
                   "train.batch: expected a whole number from 1 to 65536"));
  }
  for (const char* value : {"yes", "no", "on", "off", "True", "1", "'true'"}) {
    CAPTURE(value);
    CHECK(contains(refusal(std::string(kSmall) + "quick: " + value + "\n"), "quick: expected true or false"));
  }
}

TEST_CASE("[experiment] every mistake is told at once, each once") {
  const std::string told = refusal(
      "suites: [digits4, bytes9, digit]\nreference: {dense: {widht: 3}, samples: none}\narms: [dens, {sparse_moe: "
      "{top_k: 0}}]\n"
      "seeds: 0\ntrain: {bach: 3, warmup: 2}\nlatency: 3\n");
  for (const char* part : {"no suite 'digit'", "unknown key 'widht'", "reference.samples: expected",
                           "no architecture 'dens'", "sparse_moe.top_k: expected", "seeds: expected",
                           "unknown key 'bach'", "train.warmup: expected", "latency: expected settings"}) {
    CAPTURE(part);
    CHECK(contains(told, part));
    CHECK(told.find(part) == told.rfind(part));
  }
  CHECK(contains(told, "9 errors; nothing was run"));
}

TEST_CASE("[experiment] top-level values that every suite replaces are checked all the same") {
  const std::string suite =
      "suites: [{suite: digits4, seeds: 2, samples: 5, reference: {dense: {}}, arms: [dense], columns: [free]}]\n";
  CHECK(load(suite).suites[0].seeds == 2);
  CHECK(contains(refusal(suite + "columns: [fre]\n"), "columns: expected one of"));
  CHECK(contains(refusal(suite + "seeds: x\n"), "seeds: expected"));
  CHECK(contains(refusal(suite + "reference: {dens: {}}\n"), "no architecture 'dens'"));
  CHECK(contains(refusal(suite + "reference: {dense: {}}\narms: [dens]\n"), "no architecture 'dens'"));
}

TEST_CASE("[experiment] the name is the file's unless given, and always fit for a folder") {
  CHECK(load(std::string(kSmall) + "name: other\n").name == "other");
  const ConfigFolder folder;
  const auto odd = folder.write("my config.yaml", kSmall);
  CHECK_THROWS_WITH_AS(load_experiment(odd, {}, false, testing::config_facts()),
                       doctest::Contains("cannot name a folder"), InputError);
  CHECK(contains(refusal(std::string(kSmall) + "name: " + std::string(125, 'x') + "\n", {"seeds=3"}),
                 "cannot name a folder"));
}

TEST_CASE("[experiment] suites and arms are bounded") {
  std::string many = "suites: [";
  for (int i = 0; i < 101; ++i) many += "{suite: digits4, label: s" + std::to_string(i) + "},";
  CHECK(contains(refusal(many + "]\n" + std::string(kSmall).substr(18)), "expected a list of 1 to 100 suites"));
  std::string arms = std::string(kHead) + "arms:\n";
  for (int i = 0; i < 257; ++i) arms += "  - dense: {width: " + std::to_string(i + 1) + "}\n";
  CHECK(contains(refusal(arms), "more than 256 arms"));
}

TEST_CASE("[experiment] every key of every section is refused with a wrong type") {
  for (const Section& section : config_sections()) {
    if (section.name == "suite") continue;
    for (const Field& field : section.fields) {
      if (field.name == "lock" || field.name == "defaults") continue;
      const bool text = field.type == FieldType::text;
      const std::string value = text ? "[a]" : "'no such value'";
      std::string config = section.name.empty() ? field.name + ": " + value + "\n"
                                                : section.name + ": {" + field.name + ": " + value + "}\n";
      for (const char* key : {"suites", "reference", "arms"}) {
        if (field.name != key)
          config += key == std::string("suites") ? "suites: [digits4]\n"
                    : key == std::string("arms") ? "arms: [dense]\n"
                                                 : "reference: {dense: {}, samples: 10}\n";
      }
      CAPTURE(config);
      const std::string told = refusal(config);
      CHECK(contains(told, "demo.yaml:1:"));
      CHECK(contains(told, "(loom show "));
    }
  }
}

}  // namespace
}  // namespace loom::experiment_test
