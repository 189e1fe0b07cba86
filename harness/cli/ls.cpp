// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/result_listing.h"
#include "harness/cli/suite_listing.h"
#include "harness/result_store.h"
#include "tasks/all.h"

namespace loom {
namespace ls_command {
namespace {

struct Options {
  std::string kind;
  bool json = false;
};

using Rows = std::vector<std::vector<std::string>>;

void list_components(const std::string& kind, const Options& options, Context& context) {
  const std::string singular = kind.substr(0, kind.size() - 1);
  Json list = Json::array();
  Rows rows;
  for (const std::string& name : context.facts().names(singular)) {
    const Facts& facts = *context.facts().find(singular, name);
    list.push_back(to_json(facts));
    rows.push_back({name, facts.summary});
  }
  context.out << (options.json ? list.dump(1) + "\n" : aligned(rows));
}

void list_suites(const Options& options, Context& context) {
  Json list = Json::array();
  Rows rows;
  for (const SuiteSource& source : all_suites()) {
    list.push_back(describe_suite(source));
    rows.push_back({source.facts.name, suite_line(list.back())});
  }
  context.out << (options.json ? list.dump(1) + "\n" : aligned(rows));
}

void list_results(const Options& options, Context& context) {
  Json list = Json::array();
  Rows rows;
  for (const std::string& name : result_names(context.results_root)) {
    list.push_back(describe_results(context.results_root, context.results_root / name));
    const Json& one = list.back();
    rows.push_back({name, one.at("recorded").dump() + " of " + one.at("trials").dump() + " trials recorded",
                    joined_words(one.at("suites")), joined_words(one.at("columns"))});
  }
  if (options.json) {
    context.out << list.dump(1) << "\n";
  } else if (rows.empty()) {
    context.err << "no results below " << context.results_root.string() << " yet: loom run CONFIG makes some\n";
  } else {
    context.out << aligned(rows);
  }
}

void list(const Options& options, Context& context) {
  if (options.kind == "suites") return list_suites(options, context);
  if (options.kind == "results") return list_results(options, context);
  if (std::ranges::count(listed_kinds(), options.kind) > 0) return list_components(options.kind, options, context);
  const std::string near = nearest(options.kind, listed_kinds());
  std::string known;
  for (const std::string& kind : listed_kinds()) known += " " + kind;
  throw InputError("cannot list '" + options.kind + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?") +
                   "   known:" + known);
}

}  // namespace
}  // namespace ls_command

const std::vector<std::string>& listed_kinds() {
  static const std::vector<std::string> kinds = {"architectures", "combiners", "partitions", "births",
                                                 "backbones",     "layers",    "suites",     "results"};
  return kinds;
}

void add_ls(CLI::App& app, Context& context) {
  using namespace ls_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("ls", "what there is: components, suites, results");
  verb->add_option("KIND", options->kind,
                   "architectures, combiners, partitions, births, backbones, layers, suites or results")
      ->required();
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer("Examples:\n  loom ls architectures\n  loom ls suites --json\n  loom ls results");
  verb->callback([options, &context] { list(*options, context); });
}

}  // namespace loom
