// SPDX-License-Identifier: Apache-2.0
#include "harness/schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/error.h"
#include "harness/io.h"
#include "tests/support/result_fixture.h"

namespace loom::schedule_test {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::string>;

// Answers every job at once and writes it down. What an id contains decides the answer: bad fails, deaf kills the
// worker, full says that the disk is full; unborn and mute end before their process began and tell no CPU time.
constexpr const char* kWorker = R"(#!/bin/sh
while read -r line; do
  printf '%s\n' "$line" >>"$(dirname "$0")/jobs"
  job=$(printf '%s' "$line" | sed 's/.*"job":\(-\{0,1\}[0-9]*\).*/\1/')
  case $line in
    *'"id":"deaf'*) exit 1 ;;
    *'"id":"bad'*) echo "{\"job\":$job,\"ok\":false,\"error\":\"went wrong\",\"code\":1,\"cpu_s\":1}" ;;
    *'"id":"unborn'*) echo "{\"job\":$job,\"ok\":false,\"error\":\"cannot fork a job\",\"code\":3}" ;;
    *'"id":"mute'*) echo "{\"job\":$job,\"ok\":false,\"error\":\"no such suite\",\"code\":1}" ;;
    *'"id":"full'*) echo "{\"job\":$job,\"ok\":false,\"error\":\"disk is full\",\"code\":3,\"cpu_s\":1}" ;;
    *) echo "{\"job\":$job,\"ok\":true,\"cpu_s\":2,\"result\":{\"work_cpu_s\":1.5}}" ;;
  esac
done
)";

std::string description(const Json& job) {
  std::string words = job.at("kind");
  const bool train = words == "train";
  const auto sizes = job.at("stack_sizes").get<std::vector<size_t>>();
  size_t stack = 0, left = train ? sizes.at(0) : 0;
  for (const Json& entry : job.at(train ? "members" : "trials")) {
    if (train && left == 0) {
      words += " |";
      left = sizes.at(++stack);
    }
    words += " " + entry.at("id").get<std::string>();
    --left;
  }
  return words;
}

class Bench {
 public:
  Bench() : places{scratch_.path() / "results", scratch_.path() / ".members"} {
    make_folders(places.results / "trials");
    make_folders(places.store);
    write_file_atomic(scratch_.path() / "worker", kWorker);
    fs::permissions(scratch_.path() / "worker", fs::perms::owner_all);
    plan = {{"members", Json::object()}, {"trials", Json::object()}, {"experiment", {{"device", "cpu"}}}};
  }
  void member(const std::string& id, int width = 8, const std::string& parent = "", double step_flops = 1e6) {
    plan["members"][id] = {{"network", {{"width", width}, {"layer", {{"name", "dense"}}}}},
                           {"steps", 10},
                           {"suite", {{"name", "digits4"}}},
                           {"train", {{"batch", 64}}},
                           {"parent", parent},
                           {"validation_items", 5},
                           {"flops", 10 * step_flops},
                           {"step_flops", step_flops}};
  }
  void trial(const std::string& id, const Ids& members, int seed = 0) {
    Json charges = Json::array();
    for (const std::string& name : members) charges.push_back({{"member", name}});
    plan["trials"][id] = {{"suite", {{"name", "digits4"}}}, {"seed", seed}, {"charges", charges}};
  }
  Ids trials() const {
    Ids ids;
    for (const auto& [id, trial] : plan.at("trials").items()) ids.push_back(id);
    return ids;
  }
  Spent run(int workers = 1) {
    WorkerPool pool(scratch_.path() / "worker", workers);
    return execute(
        plan, places, trials(), pool, [this](const Progress& now) { progress = now; }, 0);
  }
  // "train a b | c" (two stacks in one job), "assemble t" in the order in which workers got them.
  Ids jobs() const {
    Ids words;
    if (!fs::exists(scratch_.path() / "jobs")) return words;
    std::istringstream lines(read_file(scratch_.path() / "jobs"));
    for (std::string line; std::getline(lines, line);) words.push_back(description(Json::parse(line)));
    return words;
  }
  Json failure(const std::string& trial) const {
    const fs::path file = places.results / "trials" / (trial + ".failed.json");
    return fs::exists(file) ? Json::parse(read_file(file)) : Json();
  }

 private:
  testing::ScratchFolder scratch_;

 public:
  Places places;
  Json plan;
  Progress progress;
};

size_t place_of(const Ids& jobs, const std::string& job) {
  return static_cast<size_t>(std::ranges::find(jobs, job) - jobs.begin());
}

TEST_CASE("[schedule] missing is what no artefact shows, and members only of missing trials") {
  Bench bench;
  for (const char* id : {"a", "b", "c"}) bench.member(id);
  bench.trial("t1", {"a"});
  bench.trial("t2", {"a", "b", "c"});
  commit_artefact(bench.places.results / "trials" / "t1", {{"record.json", "{}"}});
  commit_artefact(bench.places.store / "b", {{"member.json", "{}"}});
  const Missing missing = missing_jobs(bench.plan, bench.places, bench.trials());
  CHECK(missing.trials == Ids{"t2"});
  CHECK(missing.members == Ids{"a", "c"});
}

TEST_CASE(
    "[schedule] alike members train in one stack, short stacks share a job; the trials of a seed are assembled "
    "together") {
  Bench bench;
  for (const char* id : {"a", "b", "c"}) bench.member(id);
  bench.member("wide", 16);
  bench.trial("t1", {"a", "b"});
  bench.trial("t2", {"c", "wide"});
  bench.trial("t3", {"c"}, 1);
  const Spent spent = bench.run();
  CHECK(bench.jobs() == Ids{"train a b c | wide", "assemble t1 t2", "assemble t3"});
  CHECK(spent.members == 4);
  CHECK(spent.trials == 3);
  CHECK(spent.flops == 4 * 10 * 1e6);
  CHECK(spent.cpu_s == 3 * 2.0);
  CHECK(spent.work_cpu_s == 3 * 1.5);
  CHECK(bench.progress.total == 7);
}

TEST_CASE("[schedule] who has a teacher waits for it and trains alone, though all else is like another's") {
  Bench bench;
  for (const char* id : {"a", "b", "teacher"}) bench.member(id);
  bench.member("early", 8, "teacher");
  bench.member("pupil", 8, "teacher");
  bench.member("twin", 8, "teacher");
  for (const char* id : {"pupil", "twin"}) bench.plan["members"][id]["teacher"] = {{"members", {"teacher"}}};
  bench.trial("t", {"a", "b", "teacher", "early", "pupil", "twin"});
  bench.run();
  CHECK(bench.jobs() == Ids{"train a b teacher", "train early | pupil | twin", "assemble t"});
}

TEST_CASE("[schedule] stacks hold at most eight, and long members have a job each, before the others") {
  Bench bench;
  Ids small, large;
  for (int i = 0; i < 9; ++i) bench.member(small.emplace_back("s" + std::to_string(i)));
  for (int i = 0; i < 2; ++i) bench.member(large.emplace_back("l" + std::to_string(i)), 999, "", 1e12);
  bench.trial("t", small);
  bench.trial("u", large);
  bench.run();
  CHECK(bench.jobs() == Ids{"train l0", "train l1", "train s0 s1 s2 s3 s4 s5 s6 s7 | s8", "assemble t u"});
}

TEST_CASE("[schedule] a parent is trained before its children, with any number of workers") {
  for (const int workers : {1, 3}) {
    Bench bench;
    bench.member("z_parent");
    bench.member("child1", 8, "z_parent");
    bench.member("child2", 8, "z_parent");
    bench.trial("t", {"z_parent", "child1", "child2"});
    bench.run(workers);
    CHECK(bench.jobs() == Ids{"train z_parent", "train child1 child2", "assemble t"});
  }
}

TEST_CASE("[schedule] a stack that fails is retried one by one; only what fails alone is given up, with its trials") {
  Bench bench;
  for (const char* id : {"a", "bad", "c"}) bench.member(id);
  bench.trial("t1", {"a", "bad"});
  bench.trial("t2", {"a", "c"});
  const Spent spent = bench.run();
  const Ids jobs = bench.jobs();
  CHECK(jobs[0] == "train a bad c");
  for (const char* alone : {"train a", "train bad", "train c"}) CHECK(std::ranges::count(jobs, alone) == 1);
  CHECK(jobs.back() == "assemble t2");
  CHECK(jobs.size() == 5);
  CHECK(spent.members == 2);
  CHECK(bench.failure("t1").at("status") == "failed");
  CHECK(bench.failure("t1").at("message") == "went wrong");
  CHECK(bench.failure("t2").is_null());
}

TEST_CASE(
    "[schedule] a trial that fails is marked, the others of its batch are assembled, and a later success clears it") {
  Bench bench;
  bench.member("a");
  bench.trial("bad1", {"a"});
  bench.trial("t2", {"a"});
  bench.run();
  CHECK(bench.failure("bad1").at("job") == "assemble bad1");
  CHECK(std::ranges::count(bench.jobs(), "assemble t2") == 1);
  write_file_atomic(bench.places.results / "trials" / "t2.failed.json", "{}");
  bench.run();
  CHECK(bench.failure("t2").is_null());
}

TEST_CASE("[schedule] children of a member that failed are not tried") {
  Bench bench;
  bench.member("bad_parent");
  bench.member("child", 8, "bad_parent");
  bench.member("other", 16);
  bench.trial("t1", {"bad_parent", "child"});
  bench.trial("t2", {"other"});
  bench.run();
  for (const std::string& job : bench.jobs()) CHECK(job.find("child") == job.npos);
  CHECK(bench.failure("t1").at("status") == "failed");
  CHECK(place_of(bench.jobs(), "assemble t2") < bench.jobs().size());
}

TEST_CASE("[schedule] nor are children of those children, and what needs none of them goes on") {
  Bench bench;
  bench.member("bad_parent");
  bench.member("child", 8, "bad_parent");
  bench.member("a_grandchild", 8, "child");  // its name comes first
  bench.member("other", 16);
  bench.trial("t1", {"bad_parent", "child", "a_grandchild"});
  bench.trial("t2", {"other"});
  bench.run();
  for (const std::string& job : bench.jobs()) CHECK(job.find("child") == job.npos);
  CHECK(bench.failure("t1").at("status") == "failed");
  CHECK(place_of(bench.jobs(), "assemble t2") < bench.jobs().size());
}

TEST_CASE("[schedule] a worker that dies costs its job and is replaced") {
  Bench bench;
  bench.member("deaf");
  bench.member("other", 16);
  bench.trial("t1", {"deaf"});
  bench.trial("t2", {"other"});
  bench.run();
  CHECK(bench.failure("t1").at("message") == "the worker died");
  CHECK(bench.failure("t2").is_null());
  CHECK(bench.jobs().back() == "assemble t2");
}

TEST_CASE("[schedule] a full disk ends everything: going on would not make it better") {
  Bench bench;
  bench.member("full");
  bench.member("other", 16);
  bench.trial("t", {"full", "other"});
  CHECK_THROWS_WITH_AS(bench.run(), doctest::Contains("disk is full"), EnvironmentError);
  CHECK(bench.failure("t").is_null());
}

TEST_CASE("[schedule] an answer without a CPU time counts none and keeps its kind: the machine's, or the job's own") {
  Bench bench;
  bench.member("unborn");
  bench.trial("t", {"unborn"});
  CHECK_THROWS_WITH_AS(bench.run(), doctest::Contains("cannot fork a job"), EnvironmentError);
  Bench other;
  other.member("mute");
  other.trial("t", {"mute"});
  CHECK(other.run().cpu_s == 0);
  CHECK(other.failure("t").at("message") == "no such suite");
}

TEST_CASE("[schedule] an interrupt ends it early, without failures") {
  Bench bench;
  bench.member("a");
  bench.trial("t", {"a"});
  interrupted() = true;
  const Spent spent = bench.run();
  interrupted() = false;
  CHECK(spent.members == 0);
  CHECK(bench.jobs().empty());
  CHECK(bench.failure("t").is_null());
}

TEST_CASE("[schedule] a worker that cannot start, or is missing, is the machine's fault") {
  Bench bench;
  bench.member("a");
  bench.trial("t", {"a"});
  const testing::ScratchFolder scratch;
  write_file_atomic(scratch.path() / "worker", "#!/bin/sh\nexit 127\n");
  fs::permissions(scratch.path() / "worker", fs::perms::owner_all);
  WorkerPool pool(scratch.path() / "worker", 1);
  const auto show = [](const Progress&) {};
  CHECK_THROWS_WITH_AS(execute(bench.plan, bench.places, bench.trials(), pool, show, 0),
                       doctest::Contains("does not start"), EnvironmentError);
  CHECK_THROWS_AS(WorkerPool(scratch.path() / "missing", 1), EnvironmentError);
}

}  // namespace
}  // namespace loom::schedule_test
