// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostic.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/json.h"

namespace loom::diagnostic_test {
namespace {

Diagnostics with_source(const std::string& text) {
  Diagnostics out;
  out.source("x.yaml", text);
  return out;
}

TEST_CASE("[diagnostic] an entry reads as a compiler's") {
  Diagnostics diagnostics = with_source("seeds: 3\ntrain:\n  learing_rate: 1e-3\n");
  diagnostics.error({"x.yaml", 3, 3, 12}, "unknown key 'learing_rate' in train", "did you mean 'learning_rate'?",
                    "keys here: batch   (loom show train)");
  CHECK(diagnostics.text() ==
        "x.yaml:3:3: error: unknown key 'learing_rate' in train\n"
        "    3 |   learing_rate: 1e-3\n"
        "      |   ^~~~~~~~~~~~ did you mean 'learning_rate'?\n"
        "   keys here: batch   (loom show train)\n"
        "1 error; nothing was run");
}

TEST_CASE("[diagnostic] entries come in the order of the file, files in the order they were read") {
  Diagnostics diagnostics = with_source("a\nb\n");
  diagnostics.source("y.yaml", "c\n");
  diagnostics.error({"y.yaml", 1, 1}, "third");
  diagnostics.error({"x.yaml", 2, 1}, "second");
  diagnostics.error({"x.yaml", 1, 1}, "first");
  const std::string text = diagnostics.text();
  CHECK(text.find("first") < text.find("second"));
  CHECK(text.find("second") < text.find("third"));
  CHECK(text.ends_with("3 errors; nothing was run"));
}

TEST_CASE("[diagnostic] the same mistake at the same place is told once, with its notes") {
  Diagnostics diagnostics = with_source("a\n");
  for (int i = 0; i < 3; ++i) {
    diagnostics.error({"x.yaml", 1, 1}, "twice");
    diagnostics.note({"x.yaml", 1, 1}, "the first is here");
  }
  CHECK(diagnostics.count() == 1);
  CHECK(diagnostics.told() == 3);
  const std::string text = diagnostics.text();
  CHECK(text.find("note") == text.rfind("note"));
}

TEST_CASE("[diagnostic] a mark of the whole file quotes nothing") {
  Diagnostics diagnostics = with_source("a\n");
  diagnostics.error({"x.yaml"}, "no 'suites'", "write suites: [NAME]");
  CHECK(diagnostics.text() == "x.yaml: error: no 'suites'\n   write suites: [NAME]\n1 error; nothing was run");
}

TEST_CASE("[diagnostic] an override points into the argument") {
  Diagnostics diagnostics;
  diagnostics.source("command line: train.batch=many", "train.batch=many");
  diagnostics.error({"command line: train.batch=many", 1, 13, 4}, "expected a whole number");
  CHECK(diagnostics.text() ==
        "command line: error: expected a whole number\n"
        "      | train.batch=many\n"
        "      |             ^~~~\n"
        "1 error; nothing was run");
}

TEST_CASE("[diagnostic] the caret follows tabs and characters and stays within the line") {
  Diagnostics diagnostics = with_source("\tgröße: x\n");
  diagnostics.error({"x.yaml", 1, 9, 99}, "here");
  CHECK(diagnostics.text().find("\n      | \t       ^\n") != std::string::npos);
}

TEST_CASE("[diagnostic] a long line is quoted around the place") {
  Diagnostics diagnostics = with_source(std::string(5000, 'x') + "HERE" + std::string(5000, 'y'));
  diagnostics.error({"x.yaml", 1, 5001, 4}, "wrong");
  const std::string text = diagnostics.text();
  const size_t line = text.find("    1 | "), under = text.find("      | ");
  REQUIRE(under != std::string::npos);
  CHECK(text.find("HERE") - line == text.find('^') - under);
  CHECK(text.size() < 400);
}

TEST_CASE("[diagnostic] control bytes of a hostile file never reach the terminal") {
  Diagnostics diagnostics = with_source("a: \x1b[31m\xFF\n");
  diagnostics.error({"x\x1b.yaml", 1, 1}, "bad \x07 value", "\n", "\x1b[0m");
  diagnostics.error({"x.yaml", 1, 4}, "bad");
  for (const char c : diagnostics.text()) CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
}

TEST_CASE("[diagnostic] a flood is cut but counted") {
  Diagnostics diagnostics = with_source("a\n");
  for (int i = 0; i < 200; ++i) diagnostics.error({"x.yaml", 1, 1}, "mistake " + std::to_string(i));
  const std::string text = diagnostics.text();
  CHECK(text.find("mistake 49") != std::string::npos);
  CHECK(text.find("mistake 50") == std::string::npos);
  CHECK(text.ends_with("... and 150 more\n200 errors; nothing was run"));
}

TEST_CASE("[diagnostic] JSON carries every part") {
  Diagnostics diagnostics = with_source("a\n");
  diagnostics.error({"x.yaml", 1, 1}, "m", "s", "h");
  diagnostics.note({"x.yaml", 2, 3}, "n");
  const Json json = parse_json(diagnostics.json(), "diagnostics");
  const Json note = {{"file", "x.yaml"}, {"line", 2}, {"column", 3}, {"message", "n"}};
  const Json expected = {{"file", "x.yaml"},
                         {"line", 1},
                         {"column", 1},
                         {"message", "m"},
                         {"suggestion", "s"},
                         {"help", "h"},
                         {"notes", Json::array({note})}};
  CHECK(json == Json::array({expected}));
}

TEST_CASE("[diagnostic] throwing needs a mistake") {
  Diagnostics diagnostics;
  diagnostics.throw_if_any();
  diagnostics.error({"x.yaml"}, "wrong");
  CHECK_THROWS_AS(diagnostics.throw_if_any(), InputError);
}

}  // namespace
}  // namespace loom::diagnostic_test
