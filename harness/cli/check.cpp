// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <set>

#include "harness/cli/commands.h"
#include "harness/config_schema.h"
#include "harness/experiment.h"

namespace loom {
namespace check_command {
namespace {

struct Options {
  std::vector<std::string> arguments;
  bool json = false, quick = false, schema = false;
};

std::string number_of(size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::string summary(const Experiment& experiment) {
  size_t arms = 0;
  std::set<std::string> columns;
  std::set<int> seeds;
  for (const SuiteConfig& suite : experiment.suites) {
    arms += suite.arms.size();
    columns.insert(suite.columns.begin(), suite.columns.end());
    seeds.insert(suite.seeds);
  }
  std::string text = number_of(experiment.suites.size(), "suite") + ", " + number_of(arms, "arm") + ", " +
                     number_of(columns.size(), "column");
  for (const int count : seeds) text += ", " + number_of(static_cast<size_t>(count), "seed");
  return text + ", results in " + experiment.name;
}

void check_files(const Options& options, Context& context) {
  if (options.schema) {
    if (!options.arguments.empty()) throw InputError("--schema takes no config: loom check --schema > FILE");
    context.out << config_schema(context.facts()).dump(1) << "\n";
    return;
  }
  const ConfigArguments arguments = sort_arguments(options.arguments);
  if (arguments.files.empty()) throw InputError("no config named: loom check CONFIG...");
  Json verdicts = Json::array();
  for (const std::string& file : arguments.files) {
    try {
      const Experiment experiment = load_experiment(file, arguments.overrides, options.quick, context.facts());
      verdicts.push_back({{"file", file}, {"ok", true}, {"message", summary(experiment)}});
      if (!options.json) context.out << file << ": ok: " << summary(experiment) << "\n";
    } catch (const InputError& error) {
      verdicts.push_back({{"file", file}, {"ok", false}, {"message", error.what()}});
      context.exit = ExitCode::input;
      if (!options.json) context.err << error.what() << (std::string(error.what()).ends_with('\n') ? "" : "\n");
    }
  }
  if (options.json) context.out << verdicts.dump(1) << "\n";
}

}  // namespace
}  // namespace check_command

void add_check(CLI::App& app, Context& context) {
  using namespace check_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("check", "validate configs: every mistake with file, line and column");
  verb->add_option("CONFIG", options->arguments, "configs, and key=value overrides");
  verb->add_flag("--quick", options->quick, "as loom run --quick would read them");
  verb->add_flag("--json", options->json, "one JSON document");
  verb->add_flag("--schema", options->schema,
                 "print the JSON Schema of a config, for editors (docs/config.schema.json)");
  verb->footer(
      "Examples:\n  loom check configs/*.yaml\n  loom check configs/quickstart.yaml seeds=10\n"
      "  loom check --schema > docs/config.schema.json");
  verb->callback([options, &context] { check_files(*options, context); });
}

}  // namespace loom
