// SPDX-License-Identifier: Apache-2.0
#include "harness/experiment.h"

#include <algorithm>

#include "harness/claim_config.h"
#include "harness/compose.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/resolve.h"
#include "harness/suites.h"

namespace loom {
namespace experiment_detail {
namespace {

constexpr int64_t kQuickDivisor = 16;
constexpr int64_t kQuickBatches = 4;
constexpr int kQuickSeeds = 2;
constexpr int64_t kQuickReplicates = 20;
constexpr double kQuickLatency_s = 5;

Json top_value(const Scope& scope, const Node& root, std::string_view key) {
  Field field = config_field("", key);
  const Node* node = root.find(key);
  if (node == nullptr) return resolve_default(scope, field);
  field.required = true;
  const std::string path(key);
  return resolve_field(scope, field, *node, {path, path});
}

// The part of the name that makes an override's results stand apart.
std::string override_suffix(std::span<const std::string> overrides) {
  if (overrides.empty()) return "";
  std::string all;
  for (const std::string& argument : overrides) all += (all.empty() ? "" : "\n") + argument;
  return "+" + sha256(all).substr(0, 6);
}

std::string resolve_name(const Scope& scope, const Node& root, const Experiment& experiment,
                         const std::string& suffix) {
  const Node* node = root.find("name");
  const Mark mark = node != nullptr ? node->mark : Mark{root.mark.file};
  const Json given = node != nullptr ? top_value(scope, root, "name") : Json(experiment.file.stem().string());
  if (!given.is_string()) return "";
  const std::string name = given.get<std::string>() + suffix;
  if (!safe_name(name)) {
    scope.diagnostics.error(
        mark, "'" + name + "' cannot name a folder of results", node != nullptr ? "" : "write name: NAME in the config",
        "letters, digits, '.', '_', '+' and '-', at most 128, a letter or digit first   (loom show name)");
  }
  return name;
}

void make_quick(Experiment& experiment) {
  for (SuiteConfig& suite : experiment.suites) {
    suite.seeds = std::min(suite.seeds, kQuickSeeds);
    suite.replicates = std::min(suite.replicates, kQuickReplicates);
    if (suite.replicates > 0) continue;
    const int64_t least = kQuickBatches * suite.train.at("batch").get<int64_t>();
    suite.samples = std::min(suite.samples, std::max(suite.samples / kQuickDivisor, least));
  }
  experiment.latency["seconds"] = std::min(experiment.latency.at("seconds").get<double>(), kQuickLatency_s);
}

Json resolved(const Experiment& experiment, bool quick) {
  Json suites = Json::array();
  for (const SuiteConfig& suite : experiment.suites) suites.push_back(to_json(suite));
  Json out = {{"name", experiment.name},
              {"suites", suites},
              {"latency", experiment.latency},
              {"statistics", experiment.statistics},
              {"device", experiment.device},
              {"threads", experiment.threads},
              {"quick", quick}};
  for (const Claim& claim : experiment.claims) out["claims"].push_back(to_json(claim));
  return out;
}

}  // namespace
}  // namespace experiment_detail

Experiment load_experiment(const std::filesystem::path& file, std::span<const std::string> overrides, bool quick,
                           const FactSheet& facts) {
  using namespace experiment_detail;
  Diagnostics diagnostics;
  const Node root = compose_config(file, overrides, diagnostics);
  diagnostics.throw_if_any();
  const Scope scope = {facts, diagnostics};
  refuse_unknown_keys(scope, config_section(""), root);
  Experiment experiment;
  experiment.file = file;
  const bool already_quick = top_value(scope, root, "quick") == Json(true);  // a lock of a quick run is not cut again
  const std::string suffix = override_suffix(overrides) + (quick && !already_quick ? "-quick" : "");
  experiment.name = resolve_name(scope, root, experiment, suffix);
  experiment.latency = resolve_section(scope, config_section("latency"), root.find("latency"));
  experiment.statistics = resolve_section(scope, config_section("statistics"), root.find("statistics"));
  experiment.device = top_value(scope, root, "device").get<std::string>();
  experiment.threads = static_cast<int>(top_value(scope, root, "threads").get<int64_t>());
  experiment.suites = resolve_suites(scope, root, experiment.statistics);
  const bool sound = diagnostics.empty();
  experiment.claims = resolve_claims(
      scope, root, file, sound ? std::span<const SuiteConfig>(experiment.suites) : std::span<const SuiteConfig>());
  diagnostics.throw_if_any();
  if (quick && !already_quick) make_quick(experiment);
  experiment.resolved = resolved(experiment, quick || already_quick);
  return experiment;
}

}  // namespace loom
