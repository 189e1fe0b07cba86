// SPDX-License-Identifier: Apache-2.0
#include "harness/verify.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/reproduction_listing.h"
#include "harness/json.h"
#include "harness/result_store.h"
#include "harness/utf8.h"

namespace loom {
namespace verify_command {
namespace {

struct Options {
  std::string results, against;
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
  if (found.absent > 0) context.out << "; " << found.absent << " files of models and outcomes are not here";
  if (found.open > 0) context.out << "; " << found.open << " trials have not run yet";
  context.out << "\n";
  for (const Damage& one : found.damage) context.out << printable(one.row) << ": " << printable(one.what) << "\n";
}

// Ends the command with 5 where something is not as it was written.
void judge(const Verification& found, const std::string& advice, Context& context) {
  if (found.damage.empty()) return;
  context.exit = ExitCode::gate;
  context.err << "error: R0 fails, first at: " << printable(found.damage[0].row) << "; " << advice << "\n";
}

constexpr const char* kRunAgain = "delete what is damaged and run the experiment again";

void verify_alone(const Options& options, Context& context) {
  const Verification found = verify_artefacts(find_results(context.results_root, options.results));
  if (options.json) {
    context.out << summary(found).dump(1) << "\n";
  } else {
    print_text(found, context);
    context.out << (found.damage.empty() ? "R0 holds: everything is as it was written\n" : "");
  }
  judge(found, kRunAgain, context);
}

// Damaged records say nothing, so both sides are checked first and compared only when they are whole.
void verify_against(const Options& options, Context& context) {
  const auto folder = find_results(context.results_root, options.results);
  const auto reference = find_results(context.results_root, options.against);
  const Verification here = verify_artefacts(folder), there = verify_artefacts(reference);
  std::optional<Reproduction> found;
  if (here.damage.empty() && there.damage.empty()) found = reproduce(load_results(folder), load_results(reference));
  const ReproducedRow* failure = found ? found->first_failure() : nullptr;
  if (options.json) {
    Json out = summary(here);
    out["ok"] = found && failure == nullptr;
    out["against"] = found ? reproduction_json(*found) : Json::object();
    out["against"]["results"] = options.against;
    out["against"]["stored"] = summary(there);
    context.out << out.dump(1) << "\n";
  } else {
    print_text(here, context);
    context.out << printable(options.against) << ": ";
    print_text(there, context);
    context.out << (found ? reproduction_text(*found) : "");
  }
  judge(here, kRunAgain, context);
  judge(there, "fetch " + printable(options.against) + " again", context);
  if (failure == nullptr) return;
  context.exit = ExitCode::gate;
  context.err << "error: not reproduced, first at: " << describe_failure(*failure) << "\n";
}

}  // namespace
}  // namespace verify_command

void add_verify(CLI::App& app, Context& context) {
  using namespace verify_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("verify", "check stored results, alone or as a repetition; exit 5 on a fault");
  verb->add_option("RESULTS", options->results, "name below results/, or a folder")->required();
  verb->add_option("--against", options->against, "results to be repeated: how far each row comes back (R0, R1, R2)")
      ->type_name("REFERENCE");
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer(
      "R0: equal digests. R1: equal sizes and costs, mean scores within 2 standard errors. R2: every significant sign "
      "kept.\n\nExamples:\n  loom verify quickstart\n  loom verify digits4 --against reference/digits4");
  verb->callback([options, verb, &context] {
    return verb->count("--against") > 0 ? verify_against(*options, context) : verify_alone(*options, context);
  });
}

}  // namespace loom
