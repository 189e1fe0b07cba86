// SPDX-License-Identifier: Apache-2.0
#include "harness/audit.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/suite_listing.h"
#include "harness/components.h"
#include "harness/compose.h"
#include "harness/io.h"
#include "tasks/all.h"
#include "tasks/sources/data_root.h"

namespace loom {
namespace audit_command {
namespace {

struct Options {
  std::vector<std::string> words;
  bool json = false, write = false;
};

constexpr const char* kFolder = "folder:";

FactSheet suite_facts() {
  std::vector<Facts> all;
  for (const SuiteSource& source : all_suites()) all.push_back(source.facts);
  return FactSheet(std::move(all));
}

// SUITE and its options as an entry of a config's `suites` would name them.
Json component(const std::vector<std::string>& words) {
  const FactSheet facts = suite_facts();
  Diagnostics diagnostics;
  Node settings, root;
  settings.kind = root.kind = Node::Kind::map;
  settings.mark.file = root.mark.file = "command line";
  std::string name = words.at(0);
  if (name.starts_with(kFolder)) {
    Node path = settings;
    path.kind = Node::Kind::scalar;
    path.quoted = true;
    path.text = name.substr(std::string(kFolder).size());
    settings.entries.push_back({"path", path.mark, path});
    name = "folder";
  }
  if (facts.find("suite", name) == nullptr) {
    const std::string near = nearest(name, facts.names("suite"));
    throw InputError("no suite '" + name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?") +
                     "   (loom ls suites; your own data: folder:PATH)");
  }
  for (size_t i = 1; i < words.size(); ++i) apply_override(settings, words[i], diagnostics);
  root.entries.push_back({name, root.mark, settings});
  const Scope scope = {facts, diagnostics};
  const auto written = read_component(scope, "suite", root);
  Json out = written ? resolve_written(scope, *written) : Json();
  diagnostics.throw_if_any();
  return out;
}

void run(const Options& options, Context& context) {
  const Json chosen = component(options.words);
  for (const SuiteSource& source : all_suites()) {
    if (source.facts.name != chosen.at("name")) continue;
    if (source.planted)
      throw InputError("suite '" + source.facts.name +
                       "' draws worlds with a known answer; it has no items to audit (loom show " + source.facts.name +
                       ")");
    const Suite suite = source.load(chosen);
    const Json card = audit(suite, chosen, source.card ? source.card->published : std::vector<SuiteCard::Published>());
    context.out << (options.json ? card.dump(1) + "\n" : audit_text(card));
    if (!options.write) return;
    const auto file = card_file(data_root() / "cards", chosen, source.facts, suite.digest());
    make_folders(file.parent_path());
    write_file_atomic(file, card_text(card));
    context.err << "wrote " << file.string() << "\n";
  }
}

}  // namespace
}  // namespace audit_command

void add_audit(CLI::App& app, Context& context) {
  using namespace audit_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("audit", "a suite's sizes, floors, classical baselines and duplicates");
  verb->add_option("SUITE", options->words, "a suite or folder:PATH, and key=value options of it")->required();
  verb->add_flag("--json", options->json, "one JSON document");
  verb->add_flag("--write", options->write, "keep it as the suite's card, for ls, show and table --normalise");
  verb->footer(
      "Examples:\n  loom audit digits4\n  loom audit teachers similarity=1 --json\n  loom audit folder:wine --write");
  verb->callback([options, &context] { run(*options, context); });
}

}  // namespace loom
