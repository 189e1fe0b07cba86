// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <vector>

#include "harness/error.h"
#include "harness/experiment.h"
#include "harness/io.h"
#include "tests/config_facts.h"

namespace loom::config_errors_test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> cases() {
  std::vector<fs::path> out;
  for (const auto& item : fs::directory_iterator(testing::errors_folder())) {
    if (item.path().extension() == ".yaml") out.push_back(item.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// The arguments of a first line `# overrides: a=1 b=2`.
std::vector<std::string> overrides_of(const fs::path& file) {
  std::istringstream words(read_file(file).substr(0, 200));
  std::vector<std::string> out;
  std::string line, word;
  std::getline(words, line);
  if (!line.starts_with("# overrides: ")) return out;
  std::istringstream rest(line.substr(13));
  while (rest >> word) out.push_back(word);
  return out;
}

// What a user sees, with paths relative to the folder of the cases.
std::string refusal(const fs::path& file) {
  try {
    load_experiment(file, overrides_of(file), false, testing::config_facts());
  } catch (const InputError& error) {
    std::string text = error.what();
    const std::string folder = testing::errors_folder().string() + "/";
    for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
    return text + "\n";
  }
  return "accepted\n";
}

bool golden_update() {
  const char* wanted = std::getenv("LOOM_UPDATE_GOLDEN");
  return wanted != nullptr && std::string(wanted) == "1";
}

TEST_CASE("[config errors] every malformed config is refused with its recorded text") {
  CHECK(cases().size() >= 100);
  for (const fs::path& file : cases()) {
    CAPTURE(file.filename().string());
    const fs::path golden = fs::path(file).replace_extension(".txt");
    const std::string text = refusal(file);
    if (golden_update()) write_file_atomic(golden, text);
    REQUIRE(fs::exists(golden));
    CHECK(text == read_file(golden));
  }
}

TEST_CASE("[config errors] every text leads to a place: file, line and column, or a command-line argument") {
  const std::regex place("(^|\n)(([a-z0-9_/]+[.]yaml(:[0-9]+:[0-9]+)?)|command line): error: ");
  for (const fs::path& file : cases()) {
    CAPTURE(file.filename().string());
    const std::string text = refusal(file);
    CHECK(std::regex_search(text, place));
    CHECK(std::regex_search(text, std::regex("\n[0-9]+ errors?; nothing was run\n$")));
  }
}

TEST_CASE("[config errors] no text carries control bytes or is longer than a screen") {
  for (const fs::path& file : cases()) {
    CAPTURE(file.filename().string());
    const std::string text = refusal(file);
    CHECK(std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 && c != '\n' && c != '\t'; }));
    CHECK(std::count(text.begin(), text.end(), '\n') < 40);
  }
}

// The caret must stand under what the first line names: checked from the text alone, against the file.
TEST_CASE("[config errors] the quoted line is the line of the file and the caret its column") {
  const std::regex head("^([a-z0-9_/]+[.]yaml):([0-9]+):([0-9]+): error: .*\n +([0-9]+) [|] (.*)\n +[|] ( *)[\\^]");
  int checked = 0;
  for (const fs::path& file : cases()) {
    CAPTURE(file.filename().string());
    std::smatch match;
    const std::string text = refusal(file);
    if (!std::regex_search(text, match, head) || match[5].str().find("...") != std::string::npos) continue;
    std::istringstream lines(read_file(testing::errors_folder() / match[1].str()));
    std::string line;
    for (int i = 0; i < std::stoi(match[2]); ++i) std::getline(lines, line);
    CHECK(match[2] == match[4]);
    CHECK(match[6].length() + 1 == std::stoi(match[3]));
    if (file.stem() != "yaml_utf16" && file.stem().string().find("byte") == std::string::npos &&
        file.stem() != "yaml_invalid_utf8" && file.stem() != "yaml_surrogate")
      CHECK(line == match[5]);
    ++checked;
  }
  CHECK(checked > 60);
}

}  // namespace
}  // namespace loom::config_errors_test
