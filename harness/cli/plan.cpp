// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/experiment_arguments.h"
#include "harness/run_experiment.h"

namespace loom {
namespace plan_command {
namespace {

struct Options {
  ExperimentArguments arguments;
  bool json = false;
};

void plan(const Options& options, Context& context) {
  const Experiment experiment = options.arguments.load(context);
  const RunOptions settings{options.arguments.workers(), 0, false, context.results_root};
  const Places places = places_of(experiment, context.results_root);
  imported::ImportedOutcomes outcomes;
  std::vector<LocalPlanner> local = local_planners();
  local.push_back(outcomes.planner(context.results_root));
  const SuiteDigests digests = [&](const Experiment& asked) { return suite_digests(asked, outcomes); };
  const Json made = plan_experiment(experiment, settings, digests, local);
  if (options.json)
    context.out << made.at("rows").dump(1) << "\n";
  else
    context.out << plan_listing(made, stored_plan(places), places, settings.workers);
}

}  // namespace
}  // namespace plan_command

void add_plan(CLI::App& app, Context& context) {
  using namespace plan_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("plan", "what would run and why: jobs, sizes, ratios, time; writes nothing");
  options->arguments.add_to(*verb);
  verb->add_flag("--json", options->json, "the rows as JSON");
  verb->footer(
      "Examples:\n  loom plan configs/quickstart.yaml\n  loom plan configs/digits4.yaml reference.samples=60000");
  verb->callback([options, &context] { plan(*options, context); });
}

}  // namespace loom
