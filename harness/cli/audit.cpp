// SPDX-License-Identifier: Apache-2.0
#include "harness/audit.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/suite_listing.h"
#include "harness/cli/suite_words.h"
#include "harness/io.h"
#include "tasks/sources/data_root.h"

namespace loom {
namespace audit_command {
namespace {

struct Options {
  std::vector<std::string> words;
  bool json = false, write = false;
};

void run(const Options& options, Context& context) {
  const Json chosen = suite_of_words(options.words);
  const SuiteSource& source = suite_source(chosen);
  const Suite suite = source.load(chosen);
  const Json card = audit(suite, chosen, source.card ? source.card->published : std::vector<SuiteCard::Published>());
  context.out << (options.json ? card.dump(1) + "\n" : audit_text(card));
  if (!options.write) return;
  const auto file = card_file(data_root() / "cards", chosen, source.facts, suite.digest());
  make_folders(file.parent_path());
  write_file_atomic(file, card_text(card));
  context.err << "wrote " << file.string() << "\n";
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
