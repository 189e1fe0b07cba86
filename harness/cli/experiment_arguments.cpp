// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/experiment_arguments.h"

#include <CLI/CLI.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/table_look.h"
#include "harness/imported_config.h"
#include "harness/planting.h"
#include "harness/run_experiment.h"
#include "tasks/all.h"

namespace loom {

void ExperimentArguments::add_to(CLI::App& verb) {
  verb.add_option("CONFIG", words, "a config, and key=value overrides")->required();
  verb.add_option("-j,--jobs", jobs, "jobs side by side, one thread each (default: one per core)")
      ->check(CLI::Range(1, 1024));
  verb.add_flag("--quick", quick, "the whole path on a tiny budget; results/<name>-quick");
}

int ExperimentArguments::workers() const { return jobs > 0 ? jobs : default_workers(); }

Experiment ExperimentArguments::load(Context& context) const {
  const ConfigArguments sorted = sort_arguments(words);
  if (sorted.files.size() != 1)
    throw InputError(sorted.files.empty()
                         ? "no config named: loom run CONFIG [key=value ...]"
                         : "one config at a time; '" + sorted.files[1] + "' is a second one (overrides are key=value)");
  return load_experiment(sorted.files[0], sorted.overrides, quick, context.facts());
}

Json suite_digests(const Experiment& experiment, imported::ImportedOutcomes& outcomes) {
  Json digests = Json::object();
  for (const SuiteConfig& suite : experiment.suites) {
    if (imported_config::is_imported(suite.suite)) {
      digests[suite.label] = outcomes.tables(experiment).at(suite.label).digest;
      continue;
    }
    for (const SuiteSource& source : all_suites())
      if (source.facts.name == suite.suite.at("name"))
        digests[suite.label] = source.planted ? planted_digest(suite.suite) : source.load(suite.suite).digest();
  }
  return digests;
}

std::vector<LocalPlanner> local_planners() {
  return {planted_planner(all_suites(), all_closed_forms(), code_digests())};
}

Table print_table(const ResultStore& store, bool json, Context& context) {
  TableOptions look;
  if (json) look.format = Format::json;
  look.colour = wants_colour("auto", context.terminal);
  look.width = line_width(context.terminal);
  Table table = make_table(store);
  context.out << render(table, look);
  return table;
}

}  // namespace loom
