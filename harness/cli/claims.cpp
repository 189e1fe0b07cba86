// SPDX-License-Identifier: Apache-2.0
#include "harness/claims.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"

namespace loom {
namespace claims_command {
namespace {

struct Options {
  std::string results;
  bool json = false;
};

void print(const Options& options, Context& context) {
  const std::vector<JudgedClaim> judged =
      judge_claims(load_results(find_results(context.results_root, options.results)));
  context.out << (options.json ? claims_json(judged).dump(1) + "\n" : claims_text(judged));
  if (judged.empty())
    context.err << "no claims: state them in the config before the first run, under claims:   (loom show claims)\n";
}

}  // namespace
}  // namespace claims_command

void add_claims(CLI::App& app, Context& context) {
  using namespace claims_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("claims", "the verdict on each claim of an experiment, from stored results");
  verb->add_option("RESULTS", options->results, "name below results/, or a folder")->required();
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer("Examples:\n  loom claims digits4\n  loom claims results/linear --json\n  loom show claims");
  verb->callback([options, &context] { print(*options, context); });
}

}  // namespace loom
