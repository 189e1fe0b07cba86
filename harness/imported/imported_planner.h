// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "harness/imported/imported_plan.h"
#include "harness/local_run.h"

namespace loom::imported {

struct TrialFiles {
  std::map<std::string, std::string> files;  // of the artefact
  std::string layout_id, layout;
};
// Judges one planned trial: record, outcomes, layout of the test cells. A pure function of its arguments, but for the
// CPU time in `measured`.
TrialFiles trial_files(const std::string& id, const Json& trial, const OutcomeTable& table);

// Runs experiments on imported outcomes inside loom. The files are read once and must outlive planner and trials.
class ImportedOutcomes {
 public:
  const Tables& tables(const Experiment& experiment);
  // Its trials also write what no trial owns: the layout of the test cells, and the members' outcomes below .members/.
  LocalPlanner planner(const std::filesystem::path& results_root);

 private:
  std::shared_ptr<const Tables> tables_;
};

}  // namespace loom::imported
