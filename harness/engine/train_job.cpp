// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ctime>
#include <filesystem>

#include "harness/engine/checkpoint.h"
#include "harness/engine/jobs.h"
#include "harness/engine/member_store.h"
#include "harness/engine/memory.h"
#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/partition.h"
#include "harness/stitch.h"

namespace loom {
namespace train_job_detail {

namespace fs = std::filesystem;

constexpr double kCheckpointSeconds = 30;  // shorter runs start over: nothing is written for them

// Of those very members in that very order: in another stack they would have other neighbours in the state.
std::string stack_name(const Json& members) {
  std::string ids;
  for (const Json& run : members) ids += run.at("id").get<std::string>();
  return sha256(ids).substr(0, 16);
}

std::shared_ptr<const Teacher> teacher_of(const Json& run, const fs::path& store, at::Device device) {
  if (!run.contains("teacher")) return nullptr;
  const Json& given = run["teacher"];
  auto teacher = std::make_shared<Teacher>();
  teacher->by_domain = given.at("by_domain");
  teacher->temperature = given.at("temperature");
  teacher->share = given.at("share");
  MemberStore members(store);
  for (const Json& id : given.at("members")) teacher->members.push_back(members.network(id, device));
  return teacher;
}

Split split_of(const Json& run) {
  const std::string wanted = run.value("split", "train");
  const auto found = std::ranges::find(kTrainSideSplits, wanted, [](Split split) { return name(split); });
  check(found != kTrainSideSplits.end(), "a run learns from the train side");
  return *found;
}

MemberData member_data(const Json& run, const LoadedSuite& suite, const TrainConfig& train) {
  const uint64_t seed = run.at("seed");
  const auto& partition = run.at("partition");
  const auto part = run.at("part").get<int32_t>();
  MemberData data;
  const Split split = split_of(run);
  data.order = suite.order(seed, split)
                   .take(run.at("begin"), run.at("steps").get<int64_t>() * train.batch,
                         suite.parts(partition, seed, split), part);
  if (run.contains("trains")) data.trains = trains_from_name(run["trains"].get<std::string>());
  if (run.contains("schedule")) {
    data.schedule_begin = run["schedule"].at("begin");
    data.schedule_steps = run["schedule"].at("steps");
  }
  const auto& validation = suite.indices(Split::validation, seed);
  const auto& parts = suite.parts(partition, seed, Split::validation);
  for (size_t i = 0; i < validation.size(); ++i)
    if (parts[i] == part) data.validation.push_back(validation[i]);
  return data;
}

// What the backbone was given as weights, in place of what was drawn.
void start_from_file(Network& network, int64_t member) {
  const auto source = find_backbone(network.spec().backbone.at("name").get<std::string>()).weights;
  const Arrays given = source != nullptr ? source(network.spec()) : Arrays();
  if (given.empty()) return;
  Arrays all = network.parameters().save(member);
  for (const auto& [name, array] : given) all[name] = array;
  network.parameters().load(member, all, "the given weights");
}

void start_weights(Network& network, const Json& members, const fs::path& store) {
  std::vector<uint64_t> seeds, index;
  for (const Json& run : members) {
    seeds.push_back(run.at("seed"));
    index.push_back(run.at("init_index"));
  }
  network.parameters().initialise(seeds, index);
  for (size_t k = 0; k < members.size(); ++k) {
    const auto member = static_cast<int64_t>(k);
    const auto weights_of = [&](const std::string& id) {
      return decode_safetensors(read_artefact(store / id, "weights.safetensors"), id);
    };
    if (const std::string parent = members[k].at("parent"); !parent.empty())
      network.parameters().load(member, weights_of(parent), parent);
    else
      start_from_file(network, member);
    const auto all_of = [&](const Json& ids) {
      std::vector<Arrays> all;
      for (const Json& id : ids) all.push_back(weights_of(id));
      return all;
    };
    Arrays weights = network.parameters().save(member);
    if (members[k].contains("stitched")) {
      const Json scaling = members[k].value("scaling", Json());
      stitch(all_of(members[k]["stitched"]), weights,
             scaling.is_null() ? std::nullopt : std::optional(scaling.get<double>()),
             members[k].value("shares", std::vector<double>()));
    }
    if (members[k].contains("outer")) {
      const Json& outer = members[k]["outer"];
      std::vector<std::vector<Arrays>> rounds;
      for (const Json& ids : outer.at("rounds")) rounds.push_back(all_of(ids));
      weights = outer_steps(std::move(weights), rounds, {outer.at("learning_rate"), outer.at("momentum")});
    }
    network.parameters().load(member, weights, "stitched weights");
  }
}

Json curve(const Trained& trained) {
  Json lines = Json::array();
  for (const Check& check : trained.checks) {
    lines.push_back({{"step", check.step},
                     {"train_loss", number_or_null(check.train_loss)},
                     {"validation_loss", number_or_null(check.validation_loss)},
                     {"validation_accuracy", check.validation_accuracy}});
  }
  return lines;
}

// Outcomes of one trained member on the splits that every trial replays. This is the evaluator's part: training is
// over.
void add_outcomes(std::map<std::string, std::string>& files, const Network& stack, int64_t k, const Json& run,
                  LoadedSuite& suite, const NetworkLayers& below) {
  auto single = std::make_shared<Network>(stack.spec(), 1, stack.parameters().device());
  single->parameters().load(0, stack.parameters().save(k), "member");
  const auto model = member_model(single, below, run);
  const uint64_t seed = run.at("seed");
  files["outcomes-validation.safetensors"] = encode_outcomes(
      forward_outcomes(*model, {suite.suite().train_side(), suite.data(), suite.indices(Split::validation, seed)}));
  const Items& test = suite.open_test("member " + run.at("id").get<std::string>());
  files["outcomes-test.safetensors"] =
      encode_outcomes(forward_outcomes(*model, {test, suite.test_data(), suite.test_indices()}));
}

// Trains members in lockstep and commits each; returns the CPU seconds of training and evaluation.
double train_stack(const Json& members, const fs::path& store, LoadedSuite& suite, at::Device device) {
  const Json& first = members.at(0);
  const TrainConfig config = train_config(first.at("train"));
  std::vector<MemberData> data;
  for (const Json& run : members) {
    data.push_back(member_data(run, suite, config));
    data.back().teacher = teacher_of(run, store, device);
  }
  Network network(network_spec_from_json(first.at("network")), std::ssize(members), device);
  start_weights(network, members, store);
  reset_memory_peak();
  const int64_t resident = memory_live_bytes();
  const double start = cpu_seconds();
  Checkpoint checkpoint(store / "unfinished" / (stack_name(members) + ".state"), kCheckpointSeconds);
  const NetworkLayers below = MemberStore(store).below(first, device);
  const Dataset heard = below.empty() ? suite.data() : with_said(suite.data(), below, first["below"].at("temperature"));
  const std::vector<Trained> trained = train(network, heard, data, config, &checkpoint);
  double work = cpu_seconds() - start;
  const Json measured = {{"train_cpu_s", work / static_cast<double>(members.size())},
                         {"peak_memory_bytes", (memory_peak_bytes() - resident) / std::ssize(members)},
                         {"stacked_with", members.size() - 1}};
  for (size_t k = 0; k < members.size(); ++k) {
    const Json& run = members[k];
    std::map<std::string, std::string> files;
    files["weights.safetensors"] = encode_safetensors(network.parameters().save(static_cast<int64_t>(k)));
    const double before = cpu_seconds();
    if (!trained[k].diverged) add_outcomes(files, network, static_cast<int64_t>(k), run, suite, below);
    work += cpu_seconds() - before;
    files["member.json"] = Json{
        {"id", run.at("id")},
        {"run", run},
        {"curve", curve(trained[k])},
        {"best_step", trained[k].best_step},
        {"diverged", trained[k].diverged},
        {"measured", measured}}.dump(1);
    commit_artefact(store / run.at("id").get<std::string>(), files);
  }
  checkpoint.remove();
  return work;
}

}  // namespace train_job_detail

using namespace train_job_detail;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Json run_train_job(const Json& job, Suites& suites, at::Device device) {
  const fs::path store = job.at("store").get<std::string>();
  auto next = job.at("members").begin();
  double work = 0;
  for (const int64_t size : job.at("stack_sizes").get<std::vector<int64_t>>()) {
    const Json stack = Json::array_t(next, next + size);
    next += size;
    work += train_stack(stack, store, load_suite(suites, stack[0].at("suite"), device), device);
  }
  return {{"work_cpu_s", work}};
}

}  // namespace loom
