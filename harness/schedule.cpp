// SPDX-License-Identifier: Apache-2.0
#include "harness/schedule.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <span>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/job_words.h"
#include "harness/stacks.h"

namespace loom {
namespace schedule_detail {

namespace fs = std::filesystem;
constexpr size_t kAssembleBatch = 12;
constexpr double kJobSeconds = 3;  // shorter stacks share a child process: starting one costs about 30 ms

std::vector<std::span<const std::string>> chunks(std::span<const std::string> ids, size_t largest) {
  std::vector<std::span<const std::string>> parts;
  for (; !ids.empty(); ids = ids.subspan(parts.back().size()))
    parts.push_back(ids.first(std::min(largest, ids.size())));
  return parts;
}

class Schedule {
 public:
  Schedule(const Json& plan, const Places& places, const std::vector<std::string>& trials, WorkerPool& pool,
           const std::function<void(const Progress&)>& show, double timeout_s)
      : plan_(plan), places_(places), pool_(pool), show_(show), timeout_s_(timeout_s), words_(plan) {
    const Missing missing = missing_jobs(plan, places, trials);
    open_members_.insert(missing.members.begin(), missing.members.end());
    open_trials_.insert(missing.trials.begin(), missing.trials.end());
    progress_.total = static_cast<int>(open_members_.size() + open_trials_.size());
    for (const std::string& id : missing.members) progress_.flops_total += run(id).at("flops").get<double>();
  }

  Spent run_all() {
    while (!interrupted() && (!open_members_.empty() || !open_trials_.empty() || !running_.empty())) {
      dispatch();
      tell_running();
      show_(progress_);
      check(!running_.empty() || queue_.empty(), "jobs are waiting though none runs");
      if (running_.empty()) break;
      if (const auto answer = pool_.next_answer(0.25)) finish(*answer);
    }
    return spent_;
  }

 private:
  struct Job {
    std::string kind;  // train | assemble
    std::vector<std::string> ids;
    std::vector<size_t> stack_sizes;  // train: consecutive ids trained in lockstep
    double estimate_s = 0;
    std::chrono::steady_clock::time_point start = {};  // once it runs, as the next
    std::string what = {};
  };

  void tell_running() {
    progress_.running = pool_.running();
    progress_.jobs.clear();
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [index, job] : running_)  // in the order in which they began
      progress_.jobs.push_back({job.what, std::chrono::duration<double>(now - job.start).count()});
  }

  const Json& run(const std::string& id) const { return plan_.at("members").at(id); }

  // Whose weights a run starts from, or whose outputs it learns or reads.
  std::set<std::string> parents(const std::string& id) const {
    std::set<std::string> all;
    if (const std::string parent = run(id).at("parent"); !parent.empty()) all.insert(parent);
    if (run(id).contains("stitched"))
      for (const Json& parent : run(id)["stitched"]) all.insert(parent.get<std::string>());
    if (run(id).contains("teacher"))
      for (const Json& teacher : run(id)["teacher"].at("members")) all.insert(teacher.get<std::string>());
    for (const auto& [part, lists] : {std::pair{"outer", "rounds"}, std::pair{"below", "layers"}})
      if (run(id).contains(part))
        for (const Json& list : run(id)[part].at(lists))
          for (const Json& other : list) all.insert(other.get<std::string>());
    return all;
  }

  bool parents_ready(const std::string& id) const {
    return std::ranges::none_of(parents(id), [&](const std::string& parent) {
      return open_members_.contains(parent) || failed_members_.contains(parent);
    });
  }

  // Ready members grouped into stacks, the longest first so that workers end together; short stacks share a job.
  std::vector<Job> ready_stacks() const {
    std::map<std::string, std::vector<std::string>> alike;
    for (const std::string& id : open_members_)
      if (!taken_.contains(id) && parents_ready(id)) alike[alone_.contains(id) ? id : stack_key(run(id))].push_back(id);
    std::vector<Job> stacks;
    for (const auto& [key, ids] : alike)
      for (const std::span<const std::string> own : chunks(ids, stack_limit(run(ids[0])))) {
        stacks.push_back({"train", {own.begin(), own.end()}, {own.size()}, 0});
        stacks.back().estimate_s = stack_seconds(run(ids[0]), own.size());
      }
    std::ranges::stable_sort(stacks, std::greater{}, &Job::estimate_s);
    std::vector<Job> jobs;
    for (Job& stack : stacks) {
      if (jobs.empty() || alone_.contains(stack.ids[0]) || alone_.contains(jobs.back().ids[0]) ||
          jobs.back().estimate_s + stack.estimate_s > kJobSeconds) {
        jobs.push_back(std::move(stack));
        continue;
      }
      Job& last = jobs.back();
      last.ids.insert(last.ids.end(), stack.ids.begin(), stack.ids.end());
      last.stack_sizes.push_back(stack.ids.size());
      last.estimate_s += stack.estimate_s;
    }
    return jobs;
  }

  bool members_ready(const std::string& trial) const {
    return std::ranges::none_of(plan_.at("trials").at(trial).at("charges"),
                                [&](const Json& charge) { return open_members_.contains(charge.at("member")); });
  }

  // Trials of one suite and seed share their members' outcomes: one job reads them once.
  std::vector<Job> ready_batches() const {
    std::map<std::string, std::vector<std::string>> alike;
    for (const std::string& id : open_trials_) {
      if (taken_.contains(id) || !members_ready(id)) continue;
      const Json& trial = plan_.at("trials").at(id);
      alike[alone_.contains(id) ? id : trial.at("suite").dump() + trial.at("seed").dump()].push_back(id);
    }
    std::vector<Job> jobs;
    for (const auto& [key, ids] : alike)
      for (const std::span<const std::string> own : chunks(ids, kAssembleBatch))
        jobs.push_back({"assemble", {own.begin(), own.end()}, {}, 0});
    return jobs;
  }

  void dispatch() {
    if (!pool_.idle_worker()) return;
    if (queue_.empty()) {
      for (Job& job : ready_stacks()) queue_.push_back(std::move(job));
      if (open_members_.empty())
        for (Job& job : ready_batches()) queue_.push_back(std::move(job));
      for (const Job& job : queue_) taken_.insert(job.ids.begin(), job.ids.end());
    }
    while (!queue_.empty() && pool_.idle_worker()) {
      pool_.submit(message(queue_.front()));
      queue_.front().start = std::chrono::steady_clock::now();
      queue_.front().what = words_.of(queue_.front().kind, queue_.front().ids);
      running_[next_++] = std::move(queue_.front());
      queue_.pop_front();
    }
  }

  Json message(const Job& job) const {
    const bool train = job.kind == "train";
    Json list = Json::array();
    for (const std::string& id : job.ids) {
      Json entry = plan_.at(train ? "members" : "trials").at(id);
      entry["id"] = id;
      list.push_back(std::move(entry));
    }
    return {{"job", next_},
            {"kind", job.kind},
            {train ? "members" : "trials", std::move(list)},
            {"stack_sizes", job.stack_sizes},
            {"store", places_.store.string()},
            {"results", places_.results.string()},
            {"device", plan_.at("experiment").value("device", "cpu")},
            {"timeout_s", timeout_s_}};
  }

  void finish(const Json& answer) {
    const auto found = running_.find(answer.at("job").get<int>());
    check(found != running_.end(), "an answer to a job that does not run");
    const Job job = std::move(found->second);
    running_.erase(found);
    spent_.cpu_s += answer.value("cpu_s", 0.0);  // a job that ended before its process began tells none
    if (answer.at("ok").get<bool>()) {
      spent_.work_cpu_s += answer.at("result").at("work_cpu_s").get<double>();
      for (const std::string& id : job.ids) complete(job.kind, id);
    } else if (answer.value("code", 1) == static_cast<int>(ExitCode::environment)) {
      throw_job_error(answer);  // a full disk will not get better by going on
    } else if (job.ids.size() > 1) {
      for (const std::string& id : job.ids) {
        alone_.insert(id);
        taken_.erase(id);
      }
    } else {
      give_up(job.kind, job.ids[0], answer);
    }
  }

  void complete(const std::string& kind, const std::string& id) {
    ++progress_.done;
    if (kind == "train") {
      open_members_.erase(id);
      ++spent_.members;
      spent_.flops += run(id).at("flops").get<double>();
      progress_.flops_done += run(id).at("flops").get<double>();
    } else {
      open_trials_.erase(id);
      ++spent_.trials;
      std::error_code ignored;
      fs::remove(places_.results / "trials" / (id + ".failed.json"), ignored);
    }
  }

  // Whose parent failed cannot start, nor can its own children.
  void drop_descendants() {
    const auto orphan = std::ranges::find_if(open_members_, [&](const std::string& id) {
      return std::ranges::any_of(parents(id),
                                 [&](const std::string& parent) { return failed_members_.contains(parent); });
    });
    if (orphan == open_members_.end()) return;
    failed_members_.insert(*orphan);
    open_members_.erase(orphan);
    drop_descendants();
  }

  void give_up(const std::string& kind, const std::string& id, const Json& answer) {
    ++progress_.failed;
    std::vector<std::string> trials = {id};
    if (kind == "train") {
      open_members_.erase(id);
      failed_members_.insert(id);
      drop_descendants();
      trials.clear();
      for (const std::string& trial : open_trials_)
        for (const Json& charge : plan_.at("trials").at(trial).at("charges"))
          if (failed_members_.contains(charge.at("member"))) {
            trials.push_back(trial);
            break;
          }
    }
    const std::string text = answer.value("error", "unknown error");
    const std::string status = answer.value("timed_out", false)                            ? "timeout"
                               : text == "out of memory" || answer.value("signal", 0) == 9 ? "memory"
                                                                                           : "failed";
    for (const std::string& trial : trials) {
      open_trials_.erase(trial);
      write_file_atomic(places_.results / "trials" / (trial + ".failed.json"),
                        Json{{"status", status}, {"message", text}, {"job", kind + " " + id}}.dump(1));
    }
  }

  const Json& plan_;
  const Places& places_;
  WorkerPool& pool_;
  const std::function<void(const Progress&)>& show_;
  double timeout_s_;
  JobWords words_;
  std::set<std::string> open_members_, open_trials_, taken_, alone_, failed_members_;
  std::deque<Job> queue_;
  std::map<int, Job> running_;
  int next_ = 0;
  Progress progress_;
  Spent spent_;
};

}  // namespace schedule_detail

Missing missing_jobs(const Json& plan, const Places& places, const std::vector<std::string>& trials) {
  Missing missing;
  std::set<std::string> seen;
  for (const std::string& id : trials) {
    if (artefact_complete(places.results / "trials" / id)) continue;
    missing.trials.push_back(id);
    for (const Json& charge : plan.at("trials").at(id).at("charges"))
      if (const std::string member = charge.at("member");
          seen.insert(member).second && !artefact_complete(places.store / member))
        missing.members.push_back(member);
  }
  return missing;
}

Spent execute(const Json& plan, const Places& places, const std::vector<std::string>& trials, WorkerPool& pool,
              const std::function<void(const Progress&)>& show, double timeout_s) {
  return schedule_detail::Schedule(plan, places, trials, pool, show, timeout_s).run_all();
}

}  // namespace loom
