// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/result_listing.h"
#include "harness/cli/suite_listing.h"
#include "harness/cli/tuning_listing.h"
#include "harness/result_store.h"
#include "harness/schema_help.h"
#include "tasks/all.h"

namespace loom {
namespace show_command {
namespace {

struct Options {
  std::vector<std::string> words;
  bool json = false;
};

void show_results(const std::filesystem::path& folder, const Options& options, Context& context) {
  Json one = describe_results(context.results_root, folder);
  one["tuning"] = describe_tuning(read_plan(folder));
  if (options.json) {
    context.out << one.dump(1) << "\n";
    return;
  }
  const std::string trials = one.at("recorded").dump() + " of " + one.at("trials").dump() + " recorded, " +
                             one.at("failed").dump() + " failed, " + one.at("rejected_rows").dump() + " rows rejected";
  context.out << "results " << one.at("name").get<std::string>() << (one.at("quick") == true ? " (quick)" : "") << "\n"
              << aligned({{"  folder", folder.string()},
                          {"  suites", joined_words(one.at("suites"))},
                          {"  columns", joined_words(one.at("columns"))},
                          {"  arms", joined_words(one.at("arms"))},
                          {"  trials", trials},
                          {"  next", "loom table " + one.at("name").get<std::string>()}})
              << tuning_text(one.at("tuning"));
}

void show_key(const std::string& key, const Options& options, Context& context) {
  const std::string text = describe(context.facts(), key);
  Json components = Json::array(), suite = nullptr;
  for (const Facts& facts : context.facts().all())
    if (facts.name == key || facts.kind + " " + facts.name == key) components.push_back(to_json(facts));
  for (const SuiteSource& source : all_suites())
    if (source.facts.name == key) suite = describe_suite(source);
  if (options.json) {
    context.out << Json({{"key", key}, {"text", text}, {"components", components}, {"suite", suite}}).dump(1) << "\n";
  } else {
    context.out << text << (suite.is_null() ? "" : suite_page(suite));
  }
}

void show(const Options& options, Context& context) {
  std::string key;
  for (const std::string& word : options.words) (key += key.empty() ? "" : " ") += word;
  const std::vector<std::string> results = result_names(context.results_root);
  if (std::ranges::count(results, key) > 0 || key.find('/') != key.npos) {
    return show_results(find_results(context.results_root, key), options, context);
  }
  try {
    show_key(key, options, context);
  } catch (const InputError& error) {
    const std::string near = nearest(key, results);
    if (near.empty()) throw;
    throw InputError(std::string(error.what()) + "\nor did you mean the results '" + near + "'?");
  }
}

}  // namespace
}  // namespace show_command

void add_show(CLI::App& app, Context& context) {
  using namespace show_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("show", "a component, a config key or stored results in full");
  verb->add_option("WHAT", options->words, "component, config key (train.batch, router.mode), or results")->required();
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer(
      "Examples:\n  loom show specialists\n  loom show train.learning_rate\n  loom show digits4\n  loom show "
      "quickstart");
  verb->callback([options, &context] { show(*options, context); });
}

}  // namespace loom
