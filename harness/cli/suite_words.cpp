// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/suite_words.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/components.h"
#include "harness/compose.h"
#include "harness/error.h"
#include "tasks/all.h"

namespace loom {
namespace suite_words_detail {
namespace {

constexpr const char* kFolder = "folder:";

const std::vector<SuiteSource>& known_suites() {
  static const std::vector<SuiteSource> all = all_suites();
  return all;
}

FactSheet suite_facts() {
  std::vector<Facts> all;
  for (const SuiteSource& source : known_suites()) all.push_back(source.facts);
  return FactSheet(std::move(all));
}

bool is_folder(const std::string& word) {
  std::error_code ignored;
  return std::filesystem::is_directory(word, ignored);
}

}  // namespace
}  // namespace suite_words_detail

Json suite_of_words(const std::vector<std::string>& words, bool folder_unsaid) {
  using namespace suite_words_detail;
  const FactSheet facts = suite_facts();
  Diagnostics diagnostics;
  Node settings, root;
  settings.kind = root.kind = Node::Kind::map;
  settings.mark.file = root.mark.file = "command line";
  std::string name = words.at(0);
  if (folder_unsaid && facts.find("suite", name) == nullptr && is_folder(name)) name = kFolder + name;
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

const SuiteSource* find_suite_source(const std::string& name) {
  using namespace suite_words_detail;
  for (const SuiteSource& source : known_suites())
    if (source.facts.name == name) return &source;
  return nullptr;
}

const SuiteSource& suite_source(const Json& component) {
  const SuiteSource* source = find_suite_source(component.at("name").get<std::string>());
  check(source != nullptr, "a suite that was found is in the list");
  if (source->planted)
    throw InputError("suite '" + source->facts.name +
                     "' draws worlds with a known answer; it has no items to look at (loom show " + source->facts.name +
                     ")");
  return *source;
}

Suite load_suite_of(const Json& component) { return suite_source(component).load(component); }

}  // namespace loom
