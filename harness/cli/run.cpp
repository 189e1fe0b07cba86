// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/claims.h"
#include "harness/cli/commands.h"
#include "harness/cli/experiment_arguments.h"
#include "harness/closing_summary.h"
#include "harness/io.h"
#include "harness/phase.h"
#include "harness/run_experiment.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"
#include "harness/words.h"

namespace loom {
namespace run_command {
namespace {

struct Options {
  ExperimentArguments arguments;
  bool dry_run = false, json = false;
  double timeout_s = 0;
};

// The first interrupt ends the workers and puts everything away; the second does not wait for that.
void on_interrupt(int signal) {
  if (interrupted().exchange(true)) _exit(128 + signal);
}

std::string retype(const Options& options) {
  std::string command = "loom run";
  for (const std::string& word : options.arguments.words) command += " " + shell_word(word);
  return command + (options.arguments.quick ? " --quick" : "");
}

void report(const RunSummary& summary, const Experiment& experiment, Context& context) {
  char text[320];
  if (summary.spent.members + summary.spent.trials + summary.failed_trials == 0) {
    std::snprintf(text, sizeof text, "%s: nothing to train, all trials are recorded (%.1f s)\n",
                  experiment.name.c_str(), summary.wall_s);
  } else {
    const double share = summary.spent.cpu_s > 0 ? 1 - summary.spent.work_cpu_s / summary.spent.cpu_s : 0;
    std::snprintf(text, sizeof text,
                  "%s: %d members trained, %d trials recorded in %.0f s (%.0f CPU s in jobs, harness share %.1f %%, "
                  "%.3g training FLOPs)\n",
                  experiment.name.c_str(), summary.spent.members, summary.spent.trials, summary.wall_s,
                  summary.spent.cpu_s, 100 * share, summary.spent.flops);
  }
  context.err << text;
  if (summary.failed_trials > 0)
    context.err << summary.failed_trials << " trials failed or diverged; see "
                << (context.results_root / experiment.name).string() << "/trials/*.failed.json and the status column\n";
}

// One line for each search of the plan.
void report_searches(const Json& plan, Context& context) {
  for (const Json& search : plan.value("searches", Json::array())) {
    const std::string over = search.at("over"), one = search.at("between")[0], other = search.at("between")[1];
    context.err << search.at("suite").get<std::string>() << ": ";
    if (search.at("found").is_null()) {
      context.err << search.at("message").get<std::string>() << " of " << over;
    } else {
      char text[160];
      std::snprintf(text, sizeof text, "crossover at %s %.4f [%.4f, %.4f]", over.c_str(),
                    search.at("found").get<double>(), search.at("low").get<double>(), search.at("high").get<double>());
      context.err << text;
    }
    context.err << " between '" << printable(one) << "' and '" << printable(other) << "', " << search.at("probes")
                << " probes";
    if (!search.at("true").is_null())
      context.err << "; by closed form " << number_text(std::round(search.at("true").get<double>() * 1e4) / 1e4);
    context.err << "\n";
  }
}

// Searches over data make a map instead of a table for each of their probes; false where there are none.
bool print_map(const ResultStore& store, bool json, Context& context) {
  const std::filesystem::path& results = store.folder;
  const std::vector<PhasePanel> panels = phase_panels(store);
  if (panels.empty()) return false;
  write_file_atomic(results / "phase.svg", phase_svg(panels));
  if (json) return false;
  context.out << phase_text(panels);
  context.err << "drawn: " << (results / "phase.svg").string() << "; every probe: loom table "
              << results.filename().string() << "\n";
  return true;
}

void run(const Options& options, Context& context) {
  const Experiment experiment = options.arguments.load(context);
  const RunOptions settings{options.arguments.workers(), options.timeout_s, ::isatty(STDERR_FILENO) != 0,
                            context.results_root};
  imported::ImportedOutcomes outcomes;
  std::vector<LocalPlanner> local = local_planners();
  local.push_back(outcomes.planner(context.results_root));
  const SuiteDigests digests = [&](const Experiment& asked) { return suite_digests(asked, outcomes); };
  if (options.dry_run) {
    const Places places = places_of(experiment, context.results_root);
    context.out << plan_listing(plan_experiment(experiment, settings, digests, local), stored_plan(places), places,
                                settings.workers);
    return;
  }
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  RunSummary summary;
  try {
    summary = run_experiment(experiment, settings, digests, local);
  } catch (const std::exception&) {
    if (!interrupted()) throw;
    summary.interrupted = true;
  }
  if (summary.interrupted) {
    context.err << "interrupted: what was finished is kept; continue with: " << retype(options) << "\n";
    context.exit = ExitCode::interrupted;
    return;
  }
  const ResultStore store = load_results(places_of(experiment, context.results_root).results);
  std::string closing;
  if (!print_map(store, options.json, context))
    closing = closing_summary(print_table(store, options.json, context),
                              shell_word(result_name(context.results_root, store.folder)));
  if (!experiment.claims.empty()) closing += "claims:\n" + claims_lines(judge_claims(store));
  report_searches(stored_plan(places_of(experiment, context.results_root)), context);
  report(summary, experiment, context);
  context.out.flush();
  context.err << closing;
  if (summary.failed_trials > 0) context.exit = ExitCode::trials_failed;
}

}  // namespace
}  // namespace run_command

void add_run(CLI::App& app, Context& context) {
  using namespace run_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("run", "train, evaluate, measure, record, show the table; again = continue");
  options->arguments.add_to(*verb);
  verb->add_flag("--dry-run", options->dry_run, "only show the plan");
  verb->add_flag("--json", options->json, "print the table as JSON");
  verb->add_option("--timeout", options->timeout_s, "seconds a job may take (default: none)")
      ->check(CLI::NonNegativeNumber);
  verb->footer(
      "Examples:\n  loom run configs/quickstart.yaml\n  loom run configs/digits4.yaml seeds=3 -j 2\n  loom run "
      "configs/digits4.yaml --quick");
  verb->callback([options, &context] { run(*options, context); });
}

}  // namespace loom
