// SPDX-License-Identifier: Apache-2.0
#include "harness/run_experiment.h"

#include <unistd.h>

#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "harness/claim_file.h"
#include "harness/claim_registry.h"
#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"

namespace loom {
namespace run_experiment_detail {

namespace fs = std::filesystem;

// Starts workers when first asked: a run with nothing to do starts none.
class LazyPool {
 public:
  explicit LazyPool(int workers) : workers_(workers) {}
  WorkerPool& get(int wanted = 0) {
    const int size = wanted > 0 ? wanted : workers_;
    if (pool_ != nullptr && pool_->size() != size) pool_.reset();
    if (pool_ == nullptr) pool_ = std::make_unique<WorkerPool>(program_folder() / "loom-worker", size);
    return *pool_;
  }
  void close() { pool_.reset(); }

 private:
  int workers_;
  std::unique_ptr<WorkerPool> pool_;
};

// Seed 0 of every ranked arm and reference that has a network; identical trials once.
Json latency_models(const Json& plan, const Places& places) {
  Json models = Json::array();
  std::set<std::string> seen;
  for (const Json& row : plan.at("rows")) {
    if (row.at("status") != "ok" || row.at("role") == "null" || row.at("trials").empty()) continue;
    const std::string id = row.at("trials")[0];
    if (!seen.insert(id).second || !fs::exists(places.results / "trials" / id / "model.json")) continue;
    const Json& costs = row.at("costs");
    models.push_back({{"trial", id},
                      {"suite", plan.at("trials").at(id).at("suite")},
                      {"architecture", row.at("architecture")},
                      {"column", row.at("column")},
                      {"infer_flops", costs.at("infer_flops")},
                      {"params_active", costs.at("params_active")},
                      {"width", row.at("component").at("backbone").at("width")}});
  }
  return models;
}

bool measure_latency(const Json& plan, const Places& places, LazyPool& pool) {
  const Json& settings = plan.at("experiment").at("latency");
  if (settings.at("seconds").get<double>() <= 0) return false;
  const Json models = latency_models(plan, places);
  if (models.empty()) return false;
  Json job = {{"kind", "latency"},
              {"models", models},
              {"seconds", settings.at("seconds")},
              {"batches", settings.at("batches")},
              {"device", plan.at("experiment").at("device")}};
  job["session"] = sha256(canonical(job)).substr(0, 16);
  if (artefact_complete(places.results / "latency" / job["session"].get<std::string>())) return false;
  job["results"] = places.results.string();
  run_single_job(pool.get(1), job);  // alone on the machine
  return true;
}

int count_failed(const Json& plan, const Places& places) {
  int failed = 0;
  for (const std::string& id : reported_trials(plan)) {
    const fs::path record = places.results / "trials" / id / "record.json";
    failed += !fs::exists(record) || parse_json(read_file(record), id).at("status") != "ok";
  }
  return failed;
}

// What killed writers left. One killed a moment ago may not be reaped yet and then counts as alive, so this is done at
// both ends of a run.
void clear_leftovers(const Places& places) {
  collect_garbage(places.results);
  collect_garbage(places.store);
}

void add(Spent& total, const Spent& part) {
  total.cpu_s += part.cpu_s;
  total.work_cpu_s += part.work_cpu_s;
  total.flops += part.flops;
  total.members += part.members;
  total.trials += part.trials;
}

// Plans, trains and measures on workers; returns early when interrupted.
Json run_on_workers(const Experiment& experiment, const RunOptions& options, const Places& places,
                    const std::string& key, const std::function<void(const Progress&)>& show, RunSummary& summary) {
  LazyPool pool(options.workers);
  const auto ask = [&]() -> WorkerPool& { return pool.get(); };
  Json plan = obtain_plan(experiment, places, key, ask);
  while (!plan.at("pending").empty() && !interrupted()) {  // settings and widths are chosen on validation first
    const std::vector<std::string> before = pending_trials(plan);
    add(summary.spent, execute(plan, places, before, pool.get(), show, options.timeout_s));
    if (interrupted()) break;
    plan = obtain_plan(experiment, places, key, ask);
    if (pending_trials(plan) == before)
      throw EnvironmentError("the trials that choose settings and widths fail; see " +
                             (places.results / "trials").string() + "/*.failed.json");
  }
  if (interrupted()) return plan;
  store_plan(plan, places);
  const std::vector<std::string> trials = reported_trials(plan);
  if (!missing_jobs(plan, places, trials).trials.empty())
    add(summary.spent, execute(plan, places, trials, pool.get(), show, options.timeout_s));
  if (!interrupted()) summary.latency_measured = measure_latency(plan, places, pool);
  return plan;
}

std::string key_of(const Experiment& experiment, const LocalPlanner* planner, const SuiteDigests& digests) {
  return plan_key(experiment, planner != nullptr ? planner->code : code_digests(), digests(experiment));
}

}  // namespace run_experiment_detail

using namespace run_experiment_detail;

int default_workers() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

Places places_of(const Experiment& experiment, const fs::path& results_root) {
  const fs::path root = fs::absolute(results_root);
  return {root / experiment.name, root / ".members"};
}

RunSummary run_experiment(const Experiment& experiment, const RunOptions& options, const SuiteDigests& digests,
                          std::span<const LocalPlanner> local) {
  const auto start = std::chrono::steady_clock::now();
  const LocalPlanner* planner = find_planner(experiment, local);
  const Places places = places_of(experiment, options.results_root);
  make_folders(places.results / "trials");
  make_folders(places.results / "layouts");
  make_folders(places.results / "latency");
  make_folders(places.store);
  const ClaimFile claim(places.results / ".running");
  clear_leftovers(places);
  register_claims(experiment.claims, places.results, code_digests(), experiment.resolved);  // before the first trial
  const std::string key = key_of(experiment, planner, digests);
  RunSummary summary;
  ProgressLine line(options.terminal);
  const std::function<void(const Progress&)> show = [&line](const Progress& progress) { line.show(progress); };
  Json plan;
  if (planner != nullptr) {
    LocalRun run = run_local(*planner, experiment, places, key, options.workers, show);
    plan = std::move(run.plan);
    summary.spent = run.spent;
  } else {
    plan = run_on_workers(experiment, options, places, key, show, summary);
  }
  if (!interrupted()) summary.failed_trials = count_failed(plan, places);
  clear_leftovers(places);
  summary.interrupted = interrupted();
  summary.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

Json plan_experiment(const Experiment& experiment, const RunOptions& options, const SuiteDigests& digests,
                     std::span<const LocalPlanner> local) {
  const LocalPlanner* planner = find_planner(experiment, local);
  const Places places = places_of(experiment, options.results_root);
  const std::string key = key_of(experiment, planner, digests);
  if (planner != nullptr) return plan_local(*planner, experiment, places, key).plan;
  LazyPool pool(1);
  return obtain_plan(experiment, places, key, [&]() -> WorkerPool& { return pool.get(); });
}

}  // namespace loom
