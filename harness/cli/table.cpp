// SPDX-License-Identifier: Apache-2.0
#include "harness/table.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/audit.h"
#include "harness/cli/commands.h"
#include "harness/cli/decomposition_view.h"
#include "harness/cli/diff_view.h"
#include "harness/cli/mechanism_view.h"
#include "harness/cli/normalised.h"
#include "harness/cli/stream_view.h"
#include "harness/cli/table_look.h"
#include "harness/phase.h"
#include "harness/utf8.h"
#include "harness/words.h"
#include "tasks/sources/data_root.h"

namespace loom {
namespace table_command {
namespace {

struct Options {
  std::string by, normalise, colour = "auto";
  std::vector<std::string> results, metrics;
  Format format = Format::text;
  bool json = false, appendix = false, decomposition = false, stream = false, mechanism = false, budgets = false;
  bool diff = false, phase = false;
};

// The cards of the data that the records are of.
std::string normalised(const ResultStore& store, const Options& options, Format format) {
  const auto card = [&](const std::string& label) {
    const SuiteFacts& facts = store.suites.at(label);
    if (facts.metric.starts_with("excess_") || facts.imported)
      throw InputError("suite '" + label + "' cannot be normalised: " +
                       (facts.imported ? "its predictions were made elsewhere" : "its score is an excess already"));
    for (const Json& suite : store.experiment.at("suites"))
      if (suite.at("label") == label) return find_card(data_root() / "cards", suite.at("suite"), facts.digest);
    fail("a suite that its experiment does not have");
  };
  return render(normalise(compare(store, RowTests::off), options.normalise, card), format);
}

std::string map_of(const ResultStore& store, Format format) {
  const std::vector<PhasePanel> panels = phase_panels(store);
  if (panels.empty())
    throw InputError("no map to draw: it needs searches that differ in samples (configs/planted/phase.yaml)");
  if (format != Format::text)
    throw InputError("--phase goes with --format text; phase.svg lies in the results' folder");
  return phase_text(panels);
}

void check_metrics(const std::vector<std::string>& metrics) {
  const std::vector<std::string> known = metric_names();
  for (const std::string& name : metrics) {
    if (std::ranges::count(known, name) > 0) continue;
    const std::string near = nearest(name, known);
    throw InputError("no column '" + printable(name) + "' for --metrics" +
                     (near.empty() ? "" : "; did you mean '" + near + "'?") + "   known: " + joined(known));
  }
}

// Which options go together.
void check_options(const Options& options, Format format) {
  const bool other = options.decomposition || options.stream || options.mechanism || options.phase;
  const bool prose = format == Format::text || format == Format::md;
  if (options.decomposition + options.stream + options.mechanism + options.phase > 1)
    throw InputError("--decomposition, --stream, --mechanism and --phase are tables of their own: one at a time");
  if (!options.normalise.empty() && (other || options.budgets || options.appendix || !options.by.empty()))
    throw InputError("--normalise goes without --by, --decomposition, --budgets and --appendix");
  if (format == Format::latex && (other || !options.normalise.empty()))
    throw InputError("--format latex is for scores and costs; the other tables have text, md and json");
  if (options.appendix && !prose) throw InputError("--appendix goes with --format text or md");
  if (!options.metrics.empty() && ((!prose && format != Format::latex) || other || !options.normalise.empty()))
    throw InputError("--metrics goes with --format text, md or latex of scores and costs");
  check_metrics(options.metrics);
  const bool plain = options.normalise.empty() && options.metrics.empty() && options.by.empty() && !options.appendix;
  if (options.diff && (other || options.budgets || !plain)) throw InputError("--diff goes with --format alone");
  if (options.results.size() != (options.diff ? 2 : 1))
    throw InputError(options.diff ? "two results to set side by side: loom table --diff A B"
                                  : "one of the results at a time; two with --diff");
}

void print(const Options& options, Context& context) {
  const Format format = options.json ? Format::json : options.format;
  check_options(options, format);
  const auto load = [&](const std::string& name) { return load_results(find_results(context.results_root, name)); };
  const ResultStore store = load(options.results[0]);
  if (options.diff) {
    context.out << diff_text(store, load(options.results[1]), format);
    return;
  }
  const TableOptions look = {.format = format,
                             .by_domain = options.by == "domain",
                             .budgets = options.budgets,
                             .colour = wants_colour(options.colour, context.terminal),
                             .width = line_width(context.terminal),
                             .metrics = options.metrics};
  context.out << (!options.normalise.empty() ? normalised(store, options, format)
                  : options.decomposition    ? render(decompose(store), format)
                  : options.stream           ? render(stream_rows(store), format)
                  : options.mechanism        ? render(mechanisms(store), format)
                  : options.phase            ? map_of(store, format)
                                             : render(make_table(store), look));
  if (options.appendix) context.out << "\n" << protocol(store);
}

}  // namespace
}  // namespace table_command

void add_table(CLI::App& app, Context& context) {
  using namespace table_command;
  const std::map<std::string, Format> formats = {{"text", Format::text},
                                                 {"md", Format::md},
                                                 {"latex", Format::latex},
                                                 {"csv", Format::csv},
                                                 {"json", Format::json}};
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("table", "scores, costs and latency of stored results, with statistics");
  verb->add_option("RESULTS", options->results, "name below results/, or a folder")->required()->expected(1, 2);
  verb->add_option("--format", options->format, "text, md, latex, csv or json")
      ->transform(CLI::Transformer(formats).description(""))
      ->type_name("FORMAT");
  verb->add_flag("--json", options->json, "the same as --format json");
  verb->add_option("--by", options->by, "domain: scores per domain instead of costs")
      ->check(CLI::IsMember({"domain"}).description(""));
  verb->add_option("--metrics", options->metrics,
                   "text, md and latex: these columns, as score,worst,nll,params,cpu; a wrong name lists them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  verb->add_flag("--decomposition", options->decomposition,
                 "what each fabric trained apart gains by specialists and loses by routing, instead of scores");
  verb->add_flag("--stream", options->stream,
                 "arms of events: average score, backward and forward transfer, forgetting and cost of an update");
  verb->add_flag("--mechanism", options->mechanism,
                 "what a monolith gains by what its specialists have more of: the domain, parameters, data, steps");
  verb->add_flag("--phase", options->phase,
                 "the map of searches over data: where which arm is better, and the closed form");
  verb->add_flag("--diff", options->diff, "two results: rows whose scores differ, and what differs in their configs");
  verb->add_flag("--budgets", options->budgets, "text and md: the tables of the smaller budgets too");
  verb->add_option(
          "--normalise", options->normalise,
          "floor, baseline or published: scores of which 0 is the floor and 1 the best possible, the classical "
          "baseline, or the best published figure")
      ->check(CLI::IsMember({"floor", "baseline", "published"}).description(""));
  verb->add_flag("--appendix", options->appendix, "add the protocol with the experiment's numbers");
  verb->add_option("--color", options->colour, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}).description(""));
  verb->footer(
      "Examples:\n  loom table quickstart\n  loom table quickstart --by domain\n  loom table quickstart "
      "--decomposition\n  loom table quickstart --normalise baseline\n  loom table quickstart --format csv > "
      "quickstart.csv\n  loom table quickstart --format latex --metrics score,worst,params > quickstart.tex\n  loom "
      "table --diff reference/digits4 digits4");
  verb->callback([options, &context] { print(*options, context); });
}

}  // namespace loom
