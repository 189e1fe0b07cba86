// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "harness/cli/commands.h"
#include "harness/cli/config_keys.h"
#include "harness/result_store.h"
#include "harness/schema_help.h"
#include "harness/table.h"

namespace loom {
namespace completion_command {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// Readline breaks words at = and :, so that only what follows the last of them is replaced.
constexpr const char* kBash = R"sh(# bash completion of loom; in ~/.bashrc: eval "$(loom completion bash)"
_loom() {
  local line=${COMP_LINE:0:COMP_POINT} word last
  local -a words
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  last=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while IFS= read -r word; do
    word=${word#"${last%"${last##*[=:]}"}"}
    [[ $word != *' '* ]] || word=$(printf '%q' "$word")
    COMPREPLY+=("$word")
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=./] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o nosort -F _loom loom
)sh";

constexpr const char* kZsh = R"sh(#compdef loom
# zsh completion of loom; in ~/.zshrc, after compinit: eval "$(loom completion zsh)"
_loom() {
  local word
  local -a open whole
  while IFS= read -r word; do
    if [[ $word == *[=./] ]]; then open+=("$word"); else whole+=("$word"); fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  compadd -S '' -a open
  compadd -a whole
}
compdef _loom loom
)sh";

// Files that end in .yaml and folders, which end in a slash.
Words config_files(const std::string& begun) {
  const size_t slash = begun.rfind('/');
  const std::string head = slash == begun.npos ? "" : begun.substr(0, slash + 1);
  Words out;
  std::error_code error;
  for (fs::directory_iterator it(head.empty() ? "." : head, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    const bool hidden = name.starts_with('.') && !begun.substr(head.size()).starts_with('.');
    if (!hidden && it->is_directory(ignored)) out.push_back(head + name + "/");
    if (!hidden && name.ends_with(".yaml")) out.push_back(head + name);
  }
  return out;
}

Words arm_labels(const Words& before, Context& context) {
  if (before.empty()) return {};
  std::set<std::string> out;
  const Json plan = read_plan(find_results(context.results_root, before[0]));
  for (const Json& row : plan.at("rows")) out.insert(row.at("arm").get<std::string>());
  return {out.begin(), out.end()};
}

Words config_words(const Words& before, const std::string& begun, Context& context) {
  const bool named = std::ranges::any_of(before, [](const std::string& word) { return word.ends_with(".yaml"); });
  Words out = config_files(begun);
  if (named || begun.find('=') != begun.npos) out = config_keys(context.facts(), begun);
  return out;
}

// What stands for a positional of this name in --help.
Words positional(const std::string& name, const Words& before, const std::string& begun, Context& context) {
  if (name == "CONFIG") return config_words(before, begun, context);
  if (name == "RESULTS") return result_names(context.results_root);
  if (name == "A" || name == "B") return arm_labels(before, context);
  if (name == "KIND") return listed_kinds();
  if (name == "PART") return new_kinds();
  if (name == "SHELL") return {"bash", "zsh"};
  if (name == "SUITE") return context.facts().names("suite");
  if (name != "WHAT") return {};
  Words out = result_names(context.results_root), keys = described_keys(context.facts());
  out.insert(out.end(), keys.begin(), keys.end());
  return out;
}

Words option_values(const std::string& option, Context& context) {
  if (option == "--format") return {"text", "md", "latex", "csv", "json"};
  if (option == "--by") return {"domain"};
  if (option == "--color") return {"auto", "always", "never"};
  if (option == "--normalise") return {"floor", "baseline", "published"};
  if (option == "--metrics") return metric_names();
  if (option == "--against") return result_names(context.results_root);
  return {};
}

const CLI::Option* find_option(const CLI::App& verb, const std::string& word) {
  for (const CLI::Option* option : verb.get_options())
    if (word.starts_with('-') && option->check_name(word)) return option;
  return nullptr;
}

// Positionals among `words`; options and their values are passed over.
Words plain_words(const CLI::App& verb, const Words& words) {
  Words out;
  for (size_t i = 0; i < words.size(); ++i) {
    const CLI::Option* option = find_option(verb, words[i]);
    if (option != nullptr && option->get_items_expected_max() > 0) ++i;
    if (option == nullptr && !words[i].starts_with('-')) out.push_back(words[i]);
  }
  return out;
}

Words of_verb(const CLI::App& verb, const Words& words, Context& context) {
  const std::string& begun = words.back();
  const Words before(words.begin(), words.end() - 1);
  const CLI::Option* option = before.empty() ? nullptr : find_option(verb, before.back());
  if (option != nullptr && option->get_items_expected_max() > 0)
    return option_values("--" + (option->get_lnames().empty() ? "" : option->get_lnames()[0]), context);
  if (begun.starts_with('-')) {
    Words out;
    for (const CLI::Option* one : verb.get_options())
      for (const std::string& name : one->get_lnames()) out.push_back("--" + name);
    return out;
  }
  const Words given = plain_words(verb, before);
  size_t at = 0;
  for (const CLI::Option* one : verb.get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    at += static_cast<size_t>(one->get_items_expected_max());
    if (given.size() < at) return positional(one->get_name(true), given, begun, context);
  }
  return {};
}

Words candidates(const CLI::App& app, const Words& words, Context& context) {
  if (words.size() > 1) {
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
      if (verb->get_name() == words[0]) return of_verb(*verb, {words.begin() + 1, words.end()}, context);
    return {};
  }
  Words out = {"--help", "--version"};
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    out.push_back(verb->get_name());
  return out;
}

}  // namespace
}  // namespace completion_command

std::vector<std::string> complete(const CLI::App& app, Context& context, std::vector<std::string> words) {
  if (words.empty()) words.emplace_back();
  std::vector<std::string> out;
  try {
    out = completion_command::candidates(app, words, context);
  } catch (const std::exception&) {  // a half-written command line is no mistake: nothing is offered
    return {};
  }
  std::erase_if(out, [&](const std::string& word) { return !word.starts_with(words.back()); });
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void add_completion(CLI::App& app, Context& context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("completion", "a shell's completion of commands, configs, keys and results");
  verb->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}).description(""));
  verb->footer("Examples:\n  eval \"$(loom completion bash)\"\n  eval \"$(loom completion zsh)\"");
  verb->callback(
      [shell, &context] { context.out << (*shell == "bash" ? completion_command::kBash : completion_command::kZsh); });
}

}  // namespace loom
