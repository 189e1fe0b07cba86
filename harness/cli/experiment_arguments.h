// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/cli/context.h"
#include "harness/experiment.h"
#include "harness/imported/imported_planner.h"
#include "harness/local_run.h"
#include "harness/table.h"

namespace CLI {
class App;
}

namespace loom {

// CONFIG [key=value ...] [-j N] [--quick], as run and plan take them.
struct ExperimentArguments {
  std::vector<std::string> words;
  int jobs = 0;
  bool quick = false;

  void add_to(CLI::App& verb);
  Experiment load(Context& context) const;  // InputError unless exactly one config is named
  int workers() const;                      // -j, or one per core
};

// Digest of each suite's data as it lies on disk now, by label. `outcomes` reads the imported ones.
Json suite_digests(const Experiment& experiment, imported::ImportedOutcomes& outcomes);

std::vector<LocalPlanner> local_planners();  // of everything in this build that needs no worker

// The table of results on standard output, coloured on a terminal.
Table print_table(const ResultStore& store, bool json, Context& context);

}  // namespace loom
