// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <sstream>

#include "harness/latex_text.h"
#include "harness/table.h"
#include "harness/table_parts.h"
#include "tests/support/result_fixture.h"

namespace loom::table_latex_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

constexpr const char* kHostile = "a%b_c&d#e$f{g}h~i^j\\k\"l'm`n--o<p>q|r";

// One arm that is best, one far worse, a reference, a rejected one; names that LaTeX would stumble over.
Table hostile_table(const ScratchFolder& scratch) {
  ResultFixture fixture(scratch.path() / "de_mo");
  fixture.plan()["key"] = std::string(64, 'a');
  fixture.plan()["code"]["engine"] = std::string(64, 'b');
  fixture.suite("two", "accuracy", 6);
  const auto arm = [&](const FixtureRow& row, int right) {
    fixture.row(row);
    for (int seed = 0; seed < 6; ++seed) fixture.ok(right_cells(right + seed % 2, right), 0.8);
  };
  arm({.arm = kHostile}, 18);
  arm({.arm = "中文 ± µ", .architecture = "specialists", .family = "fabric"}, 8);
  arm({.arm = "oracle", .architecture = "specialists", .family = "fabric", .role = "reference", .level = "domain"}, 19);
  fixture.row({.arm = "too_big", .status = "rejected", .reason = "no 100% fit & none_near"});
  return make_table(load_results(fixture.finish()));
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string line_with(const std::string& text, const std::string& part) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (has(line, part)) return line;
  return "";
}

std::string line_from(const std::string& text, const std::string& start) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(start)) return line;
  return "";
}

TEST_CASE("[latex] a text prints as it is, whatever it holds") {
  CHECK(latex_text("a_b") == "a\\_b");
  CHECK(latex_text("100 % & #1 {x} $") == "100 \\% \\& \\#1 \\{x\\} \\$");
  CHECK(latex_text("~^\\") == "\\textasciitilde{}\\textasciicircum{}\\textbackslash{}");
  CHECK(latex_text("a-b--c it's ''") == "a-b-{}-c it's '{}'");
  CHECK(latex_text(".9 ±.1") == ".9 $\\pm$.1");
  CHECK(latex_text("中") == "$<$U+4E2D$>$");
  CHECK(latex_text("😀") == "$<$U+1F600$>$");
  CHECK(latex_text("x\ny\x7f\xff") == "x?y??");
  CHECK(latex_label("../de mo_2+x") == "de-mo-2-x");
}

TEST_CASE("[latex] best and not significantly worse is bold, and nothing else") {
  const ScratchFolder scratch;
  const std::string text = render(hostile_table(scratch), {.format = Format::latex});
  CHECK(has(line_from(text, "a\\%b\\_c"), "\\textbf{.9"));
  REQUIRE(has(line_from(text, "$<$U+4E2D"), "&"));
  CHECK_FALSE(has(line_from(text, "$<$U+4E2D"), "\\textbf"));
  CHECK_FALSE(has(line_from(text, "oracle &"), "\\textbf"));
  CHECK(has(line_from(text, "a\\%b\\_c"), " $\\pm$"));
}

TEST_CASE("[latex] the caption says suite, n, test, what is left out and which plan and code") {
  const ScratchFolder scratch;
  const std::string caption = line_with(render(hostile_table(scratch), {.format = Format::latex}), "\\caption{");
  for (const char* part :
       {"two", "n = 6 seeds, 40 test items", "joint sign flips", "plan aaaaaaaaaaaa, code bbbbbbbbbbbb",
        "Without a score: rejected  too\\_big", "Verdict: monolith better", "95 \\% interval"}) {
    CAPTURE(part);
    CHECK(has(caption, part));
  }
  CHECK(has(render(hostile_table(scratch), {.format = Format::latex}), "\\label{tab:de-mo-two-serving}"));
}

TEST_CASE("[latex] columns that are the same in every row are said in the caption, chosen ones are shown") {
  const ScratchFolder scratch;
  const Table table = hostile_table(scratch);
  const std::string usual = render(table, {.format = Format::latex});
  CHECK_FALSE(has(line_with(usual, "arm &"), "train x"));
  CHECK(has(line_with(usual, "\\caption{"), "The same for every arm: "));
  CHECK(has(line_with(usual, "\\caption{"), "train x 1."));
  const std::string chosen =
      render(table, {.format = Format::latex, .metrics = {"worst", "score", "ratio_train_flops"}});
  CHECK(line_with(chosen, "arm &").starts_with("arm & worst & score & train x"));
  const std::string best = line_from(chosen, "a\\%b\\_c");
  CHECK(best.find("\\textbf{.9") > best.find(" & ", best.find(" & ") + 1));  // the score, now second, is the bold one
}

TEST_CASE("[latex] chosen columns stand in text and Markdown in their order") {
  const ScratchFolder scratch;
  const Table table = hostile_table(scratch);
  const std::string text = render(table, {.metrics = {"params_active", "score"}});
  CHECK(has(text, "active"));
  CHECK(line_with(text, "active").find("active") < line_with(text, "active").find("score"));
  const std::string md = render(table, {.format = Format::md, .metrics = {"params", "score"}});
  CHECK(has(md, "| arm | params | score | flags |"));
  CHECK(has(md, " | **.9"));
  for (const std::string& name : metric_names()) {
    CAPTURE(name);
    CHECK(line_with(render(table, {.format = Format::md, .metrics = {name}}), "| arm |") != "| arm | flags |");
  }
}

TEST_CASE("[latex] pdflatex takes the tables") {
  if (std::system("command -v pdflatex >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: no pdflatex here (Debian: texlive-latex-recommended)");
    return;
  }
  const ScratchFolder scratch;
  const Table table = hostile_table(scratch);
  std::string document =
      "\\documentclass{article}\n\\usepackage{booktabs}\n\\usepackage{textcomp}\n\\begin{document}\n";
  for (const bool by_domain : {false, true})
    document += render(table, {.format = Format::latex, .by_domain = by_domain});
  document += render(table, {.format = Format::latex, .metrics = metric_names()});
  write_file_atomic(scratch.path() / "t.tex", document + "See \\ref{tab:de-mo-two-serving}.\n\\end{document}\n");
  const std::string command =
      "cd " + scratch.path().string() + " && pdflatex -halt-on-error -interaction=nonstopmode t.tex >log 2>&1";
  const int code = std::system(command.c_str());
  if (code != 0) MESSAGE(read_file(scratch.path() / "log"));
  CHECK(code == 0);
  CHECK(read_file(scratch.path() / "t.pdf").starts_with("%PDF"));
  CHECK_FALSE(has(read_file(scratch.path() / "log"), "Missing character"));
}

}  // namespace
}  // namespace loom::table_latex_test
