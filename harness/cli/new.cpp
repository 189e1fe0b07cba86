// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/io.h"
#include "harness/utf8.h"
#include "harness/words.h"

namespace loom {
namespace new_command {
namespace {

namespace fs = std::filesystem;

struct Part {
  std::string kind;
  fs::path folder, tests;
};

const std::vector<Part>& parts() {
  static const std::vector<Part> all = {{"architecture", "architectures", "tests/engine"},
                                        {"backbone", "architectures/backbones", "tests/engine"},
                                        {"birth", "architectures/births", "tests"},
                                        {"closed_form", "architectures/closed_forms", "tests"},
                                        {"combiner", "architectures/combiners", "tests"},
                                        {"partition", "architectures/partitions", "tests"},
                                        {"suite", "tasks", "tests"}};
  return all;
}

const Part& find_part(const std::string& kind) {
  for (const Part& part : parts())
    if (part.kind == kind) return part;
  const std::vector<std::string> known = new_kinds();
  const std::string near = nearest(kind, known);
  throw InputError("cannot make a new '" + printable(kind) + "'" +
                   (near.empty() ? "" : "; did you mean '" + near + "'?") + "   known: " + joined(known));
}

// The name becomes a function, a namespace and a word in configs.
void check_name(const std::string& name) {
  constexpr size_t kLongest = 40;
  constexpr auto kTaken = std::to_array<std::string_view>(
      {"and",      "auto",    "bool",    "break",    "case",     "catch",     "char",  "class",    "const",
       "continue", "default", "delete",  "do",       "double",   "else",      "enum",  "explicit", "export",
       "extern",   "false",   "float",   "for",      "friend",   "goto",      "if",    "inline",   "int",
       "long",     "loom",    "main",    "mutable",  "name",     "namespace", "new",   "not",      "null",
       "operator", "or",      "private", "public",   "register", "return",    "short", "signed",   "sizeof",
       "static",   "std",     "struct",  "switch",   "sweep",    "template",  "this",  "throw",    "true",
       "try",      "typedef", "typeid",  "typename", "union",    "unsigned",  "using", "virtual",  "void",
       "volatile", "while",   "xor"});
  const bool plain = !name.empty() && name.size() <= kLongest && name[0] >= 'a' && name[0] <= 'z' &&
                     name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos &&
                     name.find("__") == name.npos;
  if (!plain)
    throw InputError("'" + printable(name) +
                     "' cannot name a component: small letters, digits and single '_', a letter first, at most 40");
  if (std::ranges::count(kTaken, name) > 0) throw InputError("'" + name + "' means something to C++ or to configs");
}

std::string class_name(const std::string& name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool starts = i == 0 || name[i - 1] == '_';
    if (name[i] != '_') out += starts && name[i] >= 'a' ? static_cast<char>(name[i] - 'a' + 'A') : name[i];
  }
  return out;
}

std::string filled(std::string text, const std::string& name) {
  for (const auto& [mark, value] : {std::pair<std::string, std::string>{"@NAME@", name}, {"@CLASS@", class_name(name)}})
    for (size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  return text;
}

// Whatever is called so already: a component of any kind, a test, a config.
void refuse_existing(const fs::path& tree, const std::string& name) {
  std::vector<fs::path> taken = {"configs/" + name + ".yaml", "tests/" + name + "_test.cpp",
                                 "tests/engine/" + name + "_test.cpp", "architectures/layers/" + name + ".cpp"};
  for (const Part& part : parts()) taken.push_back(part.folder / (name + ".cpp"));
  for (const fs::path& file : taken)
    if (fs::exists(tree / file)) throw InputError("'" + name + "' exists: " + file.string() + "; choose another name");
}

void make(const std::string& kind, const std::string& name, Context& context) {
  const Part& part = find_part(kind);
  check_name(name);
  const fs::path tree = ".", templates = tree / "scripts/templates";
  if (!fs::exists(templates / (kind + ".cpp.in")))
    throw InputError("run loom new in loom's source folder: there is no scripts/templates here");
  refuse_existing(tree, name);
  const std::array<std::pair<fs::path, std::string>, 3> files = {{{part.folder / (name + ".cpp"), ".cpp.in"},
                                                                  {part.tests / (name + "_test.cpp"), "_test.cpp.in"},
                                                                  {"configs/" + name + ".yaml", ".yaml.in"}}};
  for (const auto& [file, form] : files) {
    make_folders((tree / file).parent_path());
    write_file_atomic(tree / file, filled(read_file(templates / (kind + form)), name));
    context.out << "wrote " << file.string() << "\n";
  }
  context.out << "next: scripts/build, ctest --preset dev -R " << name << ", scripts/loom run configs/" << name
              << ".yaml" << (kind == "closed_form" ? "" : " --quick") << "\n";
}

}  // namespace
}  // namespace new_command

std::vector<std::string> new_kinds() {
  std::vector<std::string> out;
  for (const auto& part : new_command::parts()) out.push_back(part.kind);
  return out;
}

void add_new(CLI::App& app, Context& context) {
  auto words = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* verb = app.add_subcommand("new", "a component of your own: a file that works, its test and a config");
  verb->add_option("PART", words->first, joined(new_kinds()))->required();
  verb->add_option("NAME", words->second, "its name in configs: small letters, digits, '_'")->required();
  verb->footer("Examples:\n  loom new combiner mine\n  loom new suite my_data\n  loom new architecture my_fabric");
  verb->callback([words, &context] { new_command::make(words->first, words->second, context); });
}

}  // namespace loom
