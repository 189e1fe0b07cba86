// SPDX-License-Identifier: Apache-2.0
#include "harness/verify.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/json.h"
#include "harness/result_store.h"
#include "harness/utf8.h"

namespace loom {
namespace verify_command {
namespace {

struct Options {
  std::string results;
  bool json = false;
};

Json summary(const Verification& found) {
  Json damage = Json::array();
  for (const Damage& one : found.damage) damage.push_back({{"row", one.row}, {"what", one.what}});
  return {
      {"ok", found.damage.empty()}, {"artefacts", found.artefacts}, {"files", found.files}, {"records", found.records},
      {"absent", found.absent},     {"open", found.open},           {"damage", damage}};
}

void print_text(const Verification& found, Context& context) {
  context.out << found.records << " records, " << found.artefacts << " artefacts, " << found.files << " files checked";
  if (found.absent > 0) context.out << "; " << found.absent << " files of weights and outcomes are not here";
  if (found.open > 0) context.out << "; " << found.open << " trials have not run yet";
  context.out << "\n";
  for (const Damage& one : found.damage) context.out << printable(one.row) << ": " << printable(one.what) << "\n";
  context.out << (found.damage.empty() ? "R0 holds: everything is as it was written\n" : "");
}

void verify(const Options& options, Context& context) {
  const Verification found = verify_artefacts(find_results(context.results_root, options.results));
  if (options.json) {
    context.out << summary(found).dump(1) << "\n";
  } else {
    print_text(found, context);
  }
  if (found.damage.empty()) return;
  context.exit = ExitCode::gate;
  context.err << "error: R0 fails, first at: " << printable(found.damage[0].row)
              << "; delete what is damaged and run the experiment again\n";
}

}  // namespace
}  // namespace verify_command

void add_verify(CLI::App& app, Context& context) {
  using namespace verify_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      app.add_subcommand("verify", "check stored results against their digests; exit code 5 where one differs");
  verb->add_option("RESULTS", options->results, "name below results/, or a folder")->required();
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer("Examples:\n  loom verify quickstart\n  loom verify results/reference --json");
  verb->callback([options, &context] { verify(*options, context); });
}

}  // namespace loom
