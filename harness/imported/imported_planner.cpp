// SPDX-License-Identifier: Apache-2.0
#include "harness/imported/imported_planner.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "harness/cells.h"
#include "harness/hash.h"
#include "harness/imported/fabric_replay.h"
#include "harness/io.h"
#include "harness/member_scores.h"
#include "harness/metrics.h"
#include "harness/run_experiment.h"

namespace loom::imported {
namespace imported_planner_detail {
namespace {

namespace fs = std::filesystem;

Json scores_json(const Scores& scores) {
  return {{"domain", numbers_or_null(scores.domain)},
          {"macro", scores.macro},
          {"worst", scores.worst},
          {"iqm", scores.iqm},
          {"nll", number_or_null(scores.nll)},
          {"ece", scores.ece ? Json(*scores.ece) : Json(nullptr)},
          {"brier", scores.brier ? Json(*scores.brier) : Json(nullptr)}};
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Nothing was measured here but the replay.
Json measured(double assemble_cpu_s) {
  return {{"train_cpu_s", nullptr},
          {"assemble_cpu_s", assemble_cpu_s},
          {"peak_memory_bytes", nullptr},
          {"energy_j", nullptr},
          {"energy_reason", "predictions made elsewhere"},
          {"isa", ""}};
}

Json empty_record(const std::string& id, const Json& trial, const OutcomeTable& table) {
  return {{"format", 1},
          {"id", id},
          {"suite", trial.at("suite")},
          {"suite_digest", trial.at("suite_digest")},
          {"seed", trial.at("seed")},
          {"component", trial.at("component")},
          {"members", trial.at("members")},
          {"samples", 0},
          {"train", nullptr},
          {"metric", table.outputs > 0 ? "accuracy" : "score"},
          {"status", "ok"},
          {"message", ""},
          {"ledger", Json::array()},
          {"params_total", nullptr},
          {"params_active", nullptr},
          {"infer_flops", nullptr},
          {"bytes_moved", nullptr},
          {"late_gain", 0},
          {"undertrained", false},
          {"test_openings", Json::array({"trial " + id})}};
}

size_t seed_index(const Json& seed, const OutcomeTable& table) {
  return static_cast<size_t>(std::ranges::find(table.seeds, seed.get<int64_t>()) - table.seeds.begin());
}

// What a model said, kept where the members of trained fabrics are, so that decompositions find both alike.
void commit_member(const std::string& id, const Json& run, const OutcomeTable& table, const fs::path& store) {
  if (artefact_complete(store / id)) return;
  const auto found = std::ranges::lower_bound(table.models, run.at("model").get_ref<const std::string&>());
  const auto model = static_cast<size_t>(found - table.models.begin());
  const size_t seed = seed_index(run.at("seed"), table);
  const Json none = {{"train_cpu_s", 0}, {"peak_memory_bytes", 0}, {"stacked_with", 0}};
  const Json member = {{"id", id},       {"run", run},        {"curve", Json::array()},
                       {"best_step", 0}, {"diverged", false}, {"measured", none}};
  std::map<std::string, std::string> files = {{"member.json", member.dump(1)}};
  for (const Split split : {Split::validation, Split::test})
    files["outcomes-" + std::string(name(split)) + ".safetensors"] =
        encode_outcomes(model_outcomes(table, model, seed, split));
  commit_artefact(store / id, files);
}

std::map<std::string, std::string> run_trial(const std::string& id, const Json& plan, const OutcomeTable& table,
                                             const Places& places) {
  const Json& trial = plan.at("trials").at(id);
  for (const Json& member : trial.at("members"))
    commit_member(member, plan.at("members").at(member.get<std::string>()), table, places.store);
  TrialFiles made = trial_files(id, trial, table);
  if (const fs::path file = places.results / "layouts" / (made.layout_id + ".json"); !fs::exists(file))
    write_file_atomic(file, made.layout);
  return std::move(made.files);
}

}  // namespace
}  // namespace imported_planner_detail

using namespace imported_planner_detail;

TrialFiles trial_files(const std::string& id, const Json& trial, const OutcomeTable& table) {
  const double start = cpu_seconds();
  const Json& component = trial.at("component");
  const FabricReplay fabric(table, members_of(component, table), component.at("combiner"),
                            seed_index(trial.at("seed"), table));
  const FabricReplay::Result validation = fabric.on(Split::validation), test = fabric.on(Split::test);
  Json record = empty_record(id, trial, table);
  const auto domains = std::ssize(table.domains);
  const std::string metric = record.at("metric");
  const Scores on_test = score(test.outcomes, metric, domains);
  TrialFiles out;
  out.layout = cell_layout(on_test.cells).dump();
  out.layout_id = sha256(out.layout).substr(0, id.size());
  record["scores"] = {{"validation", scores_json(score(validation.outcomes, metric, domains))},
                      {"test", scores_json(on_test)}};
  record["member_scores"] = nullptr;
  if (trial.at("members").size() > 1) {
    record["member_scores"] = member_scores(fabric.said(Split::test), metric, domains);
    record["member_scores"]["params"] = nullptr;
  }
  record["cells"] = encode_cells(on_test.cells);
  record["layout"] = out.layout_id;
  record["routing"] = test.routing;
  record["choice"] = fabric.state();
  record["declared"] = {{"cost", number_or_null(test.cost)}, {"latency_s", number_or_null(test.latency_s)}};
  record["digest"] = sha256(canonical(record));
  record["measured"] = measured(cpu_seconds() - start);
  out.files["outcomes-validation.safetensors"] = encode_outcomes(validation.outcomes);
  out.files["outcomes-test.safetensors"] = encode_outcomes(test.outcomes);
  out.files["metrics.jsonl"] = "";
  out.files["record.json"] = record.dump(1);
  return out;
}

const Tables& ImportedOutcomes::tables(const Experiment& experiment) {
  if (!tables_) tables_ = std::make_shared<const Tables>(read_tables(experiment));
  return *tables_;
}

LocalPlanner ImportedOutcomes::planner(const std::filesystem::path& results_root) {
  const Json code = code_digests();
  Json own = code;
  own["engine"] = code.at("imported");  // nothing of the engine takes part
  return {.name = "imported",
          .takes = [](const SuiteConfig& suite) { return suite.suite.at("name") == "imported"; },
          .code = own,
          .plan =
              [this, code, results_root](const Experiment& experiment, const RecordReader&) {
                tables(experiment);
                auto plan = std::make_shared<const Json>(make_plan(experiment, *tables_, code));
                LocalPlan out{.plan = *plan, .trials = {}};
                for (const auto& [id, trial] : plan->at("trials").items())
                  for (const auto& [label, table] : *tables_)
                    if (table.digest == trial.at("suite_digest")) {
                      const Places places = places_of(experiment, results_root);
                      const auto run = [id, plan, tables = tables_, &table, places] {
                        return run_trial(id, *plan, table, places);
                      };
                      out.trials.push_back({.id = id, .flops = 0, .run = run});
                      break;
                    }
                return out;
              }};
}

}  // namespace loom::imported
