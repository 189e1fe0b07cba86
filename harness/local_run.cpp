// SPDX-License-Identifier: Apache-2.0
#include "harness/local_run.h"

#include <ctime>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/planning.h"

namespace loom {
namespace local_run_detail {
namespace {

namespace fs = std::filesystem;

double thread_cpu_s() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Threads compute side by side; files and progress are handled by one at a time.
class Crew {
 public:
  Crew(std::vector<const LocalTrial*> trials, const Places& places, const std::function<void(const Progress&)>& show)
      : trials_(std::move(trials)), places_(places), show_(show) {
    progress_.total = static_cast<int>(trials_.size());
    for (const LocalTrial* trial : trials_) progress_.flops_total += trial->flops;
  }

  Spent run(int threads) {
    const auto size = std::min(static_cast<size_t>(std::max(threads, 1)), trials_.size());
    std::vector<std::thread> crew;
    for (size_t i = 0; i < size; ++i) crew.emplace_back([this] { work(); });
    for (std::thread& thread : crew) thread.join();
    if (broken_) std::rethrow_exception(broken_);
    return spent_;
  }

 private:
  struct Outcome {
    std::map<std::string, std::string> files;
    std::string status, message;  // of a failure
    double cpu_s = 0;
  };

  void work() {
    while (!stop_ && !interrupted()) {
      const size_t index = next_++;
      if (index >= trials_.size()) return;
      const LocalTrial& trial = *trials_[index];
      try {
        const Outcome outcome = attempt(trial);
        const std::lock_guard lock(mutex_);
        finish(trial, outcome);
      } catch (...) {  // the environment's or ours: nothing gets better by going on
        const std::lock_guard lock(mutex_);
        if (!broken_) broken_ = std::current_exception();
        stop_ = true;
      }
    }
  }

  Outcome attempt(const LocalTrial& trial) const {
    Outcome outcome;
    const double start_s = thread_cpu_s();
    try {
      outcome.files = trial.run();
    } catch (const EnvironmentError&) {
      throw;
    } catch (const std::bad_alloc&) {
      outcome.status = "memory";
      outcome.message = "out of memory";
    } catch (const std::exception& error) {
      outcome.status = "failed";
      outcome.message = error.what();
    }
    outcome.cpu_s = thread_cpu_s() - start_s;
    return outcome;
  }

  void finish(const LocalTrial& trial, const Outcome& outcome) {
    const fs::path mark = places_.results / "trials" / (trial.id + ".failed.json");
    if (!outcome.status.empty()) {
      ++progress_.failed;
      write_file_atomic(
          mark, Json{{"status", outcome.status}, {"message", outcome.message}, {"job", "local " + trial.id}}.dump(1));
    } else if (!outcome.files.empty()) {
      commit_artefact(places_.results / "trials" / trial.id, outcome.files);
      std::error_code ignored;
      fs::remove(mark, ignored);
      ++progress_.done;
      ++spent_.trials;
      spent_.flops += trial.flops;
      progress_.flops_done += trial.flops;
    }
    spent_.cpu_s += outcome.cpu_s;
    spent_.work_cpu_s += outcome.cpu_s;
    show_(progress_);
  }

  std::vector<const LocalTrial*> trials_;
  const Places& places_;
  const std::function<void(const Progress&)>& show_;
  std::atomic<size_t> next_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::exception_ptr broken_;
  Progress progress_;
  Spent spent_;
};

void add(Spent& total, const Spent& part) {
  total.cpu_s += part.cpu_s;
  total.work_cpu_s += part.work_cpu_s;
  total.flops += part.flops;
  total.trials += part.trials;
}

std::vector<LocalTrial> chosen(const LocalPlan& plan, const std::vector<std::string>& ids) {
  std::vector<LocalTrial> out;
  for (const LocalTrial& trial : plan.trials)
    if (std::ranges::count(ids, trial.id) > 0) out.push_back(trial);
  return out;
}

}  // namespace
}  // namespace local_run_detail

const LocalPlanner* find_planner(const Experiment& experiment, std::span<const LocalPlanner> planners) {
  for (const LocalPlanner& planner : planners) {
    const SuiteConfig *inside = nullptr, *outside = nullptr;
    for (const SuiteConfig& suite : experiment.suites) (planner.takes(suite) ? inside : outside) = &suite;
    if (inside == nullptr) continue;
    if (outside == nullptr) return &planner;
    throw InputError(experiment.file.string() + ": '" + inside->label + "' is " + planner.name + " and '" +
                     outside->label + "' is not; one experiment holds one kind: write two configs");
  }
  return nullptr;
}

Spent execute_local(std::span<const LocalTrial> trials, const Places& places, int threads,
                    const std::function<void(const Progress&)>& show) {
  std::vector<const LocalTrial*> missing;
  for (const LocalTrial& trial : trials)
    if (!artefact_complete(places.results / "trials" / trial.id)) missing.push_back(&trial);
  return local_run_detail::Crew(std::move(missing), places, show).run(threads);
}

LocalPlan plan_local(const LocalPlanner& planner, const Experiment& experiment, const Places& places,
                     const std::string& key) {
  LocalPlan made = planner.plan(experiment, [&](const std::string& id) -> std::optional<Json> {
    const auto folder = places.results / "trials" / id;
    if (!artefact_complete(folder)) return std::nullopt;
    return parse_json(read_artefact(folder, "record.json"), (folder / "record.json").string());
  });
  made.plan["key"] = key;
  made.plan["experiment"] = experiment.resolved;
  made.plan["code"] = planner.code;
  return made;
}

LocalRun run_local(const LocalPlanner& planner, const Experiment& experiment, const Places& places,
                   const std::string& key, int threads, const std::function<void(const Progress&)>& show) {
  using namespace local_run_detail;
  LocalRun out;
  Json stored = stored_plan(places);
  if (stored.is_object() && stored.value("key", "") == key &&
      missing_jobs(stored, places, reported_trials(stored)).trials.empty()) {
    stored["experiment"] = experiment.resolved;  // its claims may be others
    store_plan(stored, places);
    out.plan = std::move(stored);
    return out;
  }
  LocalPlan made = plan_local(planner, experiment, places, key);
  while (!made.plan.at("pending").empty() && !interrupted()) {
    const std::vector<std::string> before = pending_trials(made.plan);
    add(out.spent, execute_local(chosen(made, before), places, threads, show));
    if (interrupted()) break;
    made = plan_local(planner, experiment, places, key);
    if (pending_trials(made.plan) == before)
      throw EnvironmentError("the trials that the plan waits for fail; see " + (places.results / "trials").string() +
                             "/*.failed.json");
  }
  if (!interrupted()) {
    store_plan(made.plan, places);
    add(out.spent, execute_local(chosen(made, reported_trials(made.plan)), places, threads, show));
  }
  out.plan = std::move(made.plan);
  return out;
}

}  // namespace loom
