// SPDX-License-Identifier: Apache-2.0
#include "harness/planning.h"

#include <set>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/version.h"

namespace loom {
namespace planning_detail {

namespace fs = std::filesystem;

std::string lock_text(const Json& plan) {
  std::string text =
      "# The resolved experiment, frozen: loom run lock.yaml runs exactly this. Trials of this plan, by row and "
      "seed:\n";
  for (const Json& row : plan.at("rows")) {
    text += "#   " + row.at("suite").get<std::string>() + " | " + row.at("column").get<std::string>() + " | " +
            row.at("arm").get<std::string>() + ":";
    if (row.at("status") != "ok") text += " " + row.at("status").get<std::string>();
    for (const Json& id : row.at("trials")) text += " " + id.get<std::string>();
    text += "\n";
  }
  Json body = plan.at("experiment");
  return text + body.dump(2) + "\n";  // JSON is YAML
}

}  // namespace planning_detail

using namespace planning_detail;

Json code_digests() {
  const fs::path file = program_folder() / "digests.json";
  Json digests = parse_json(read_file(file), file.string());
  if (digests.value("build", "") != kBuildCode)  // else ids would name code that did not make the bits
    throw EnvironmentError(fs::read_symlink("/proc/self/exe").string() + " was built from other sources than " +
                           file.string() + " tells of; build both again: scripts/build");
  digests.erase("build");
  return digests;
}

std::string plan_key(const Experiment& experiment, const Json& code, const Json& suite_digests) {
  Json experiment_alone = experiment.resolved;
  experiment_alone.erase("claims");  // they judge trials and change none
  return sha256(canonical({{"experiment", experiment_alone},
                           {"engine", code.at("engine")},
                           {"components", code.at("components")},
                           {"suites", suite_digests}}));
}

Json stored_plan(const Places& places) {
  const fs::path file = places.results / "plan.json";
  if (!fs::exists(file)) return nullptr;
  try {
    return Json::parse(read_file(file));
  } catch (const std::exception&) {
    return nullptr;  // derived: it is made again
  }
}

std::vector<std::string> pending_trials(const Json& plan) { return plan.at("pending").get<std::vector<std::string>>(); }

std::vector<std::string> reported_trials(const Json& plan) {
  std::set<std::string> unique;
  for (const Json& row : plan.at("rows"))
    for (const Json& id : row.at("trials")) unique.insert(id.get<std::string>());
  return {unique.begin(), unique.end()};
}

Json obtain_plan(const Experiment& experiment, const Places& places, const std::string& key,
                 const std::function<WorkerPool&()>& ask) {
  Json old = stored_plan(places);
  if (old.is_object() && old.value("key", "") == key && old.at("pending").empty()) {
    old["experiment"] = experiment.resolved;  // its claims may be others
    return old;
  }
  Json plan = run_single_job(ask(), {{"kind", "plan"},
                                     {"experiment", experiment.resolved},
                                     {"results", places.results.string()},
                                     {"device", experiment.device}});
  plan["key"] = key;
  plan["experiment"] = experiment.resolved;
  plan["code"] = code_digests();
  return plan;
}

void store_plan(const Json& plan, const Places& places) {
  make_folders(places.results / "trials");
  const Json old = stored_plan(places);
  const fs::path lock = places.results / "lock.yaml";
  if (old.is_object() && old.value("key", "") != plan.at("key") && fs::exists(lock)) {
    int number = 1;
    while (fs::exists(places.results / ("lock." + std::to_string(number) + ".yaml"))) ++number;
    write_file_atomic(places.results / ("lock." + std::to_string(number) + ".yaml"), read_file(lock));
  }
  write_file_atomic(lock, lock_text(plan));
  write_file_atomic(places.results / "plan.json", plan.dump());
}

}  // namespace loom
