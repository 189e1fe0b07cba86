// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/commands.h"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "harness/claim.h"
#include "harness/utf8.h"
#include "tests/config_facts.h"
#include "tests/support/result_fixture.h"

namespace loom::commands_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

struct Said {
  int code = 0;
  std::string out, err;
};

// A program folder with facts.json and a results root with one finished experiment.
class Desk {
 public:
  Desk() {
    Json facts = Json::array();
    const FactSheet sheet = config_facts();
    for (const Facts& one : sheet.all()) facts.push_back(to_json(one));
    write_file_atomic(scratch_.path() / "facts.json", facts.dump());
    ResultFixture fixture(results() / "quickstart");
    fixture.suite("two", "accuracy", 1).row({.arm = "dense"});
    trial_ = fixture.ok(right_cells(18, 16), 0.8);
    fixture.finish();
  }

  Said say(const std::vector<std::string>& words) const {
    std::ostringstream out, err;
    Context context(out, err, scratch_.path(), results());
    CLI::App app("about", "loom");
    for (const auto add : {add_table, add_compare, add_claims, add_ls, add_show, add_audit, add_where, add_check,
                           add_verify, add_doctor, add_completion})
      add(app, context);
    app.require_subcommand(1);
    std::vector<const char*> arguments = {"loom"};
    for (const std::string& word : words) arguments.push_back(word.c_str());
    const int code = dispatch(app, static_cast<int>(arguments.size()), arguments.data(), context);
    return {code, out.str(), err.str()};
  }

  fs::path results() const { return scratch_.path() / "results"; }
  const fs::path& path() const { return scratch_.path(); }
  const std::string& trial() const { return trial_; }

 private:
  ScratchFolder scratch_;
  std::string trial_;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("[commands] the result goes to out, and ok is 0") {
  const Desk desk;
  const Said said = desk.say({"table", "quickstart"});
  CHECK(said.code == 0);
  CHECK(contains(said.out, "two · serving"));
  CHECK(said.err.empty());
  CHECK(desk.say({"table", "quickstart", "--json"}).out == desk.say({"table", "quickstart", "--format", "json"}).out);
  CHECK(contains(desk.say({"table", "quickstart", "--appendix"}).out, "PROTOCOL"));
  CHECK(contains(desk.say({"table", "quickstart", "--color", "always"}).out, "\033[1m"));
}

TEST_CASE("[commands] a table takes chosen columns, LaTeX and two results side by side") {
  const Desk desk;
  CHECK(contains(desk.say({"table", "--metrics", "score,nll", "quickstart"}).out, "nll"));
  CHECK(contains(desk.say({"table", "quickstart", "--format", "latex"}).out, "\\begin{tabular}"));
  CHECK(contains(desk.say({"table", "--diff", "quickstart", "quickstart"}).out, "0 of 1 rows have another score"));
  for (const auto& [words, wanted] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"table", "quickstart", "--metrics", "scroe"}, "did you mean 'score'"},
           {{"table", "quickstart", "--metrics", "score", "--json"}, "--metrics goes with"},
           {{"table", "quickstart", "--format", "latex", "--appendix"}, "--appendix goes with"},
           {{"table", "quickstart", "--diff"}, "loom table --diff A B"},
           {{"table", "quickstart", "quickstart"}, "one of the results at a time"},
           {{"table", "--diff", "quickstart", "quickstart", "--by", "domain"}, "--diff goes with --format alone"}}) {
    const Said said = desk.say(words);
    CAPTURE(said.err);
    CHECK(said.code == 2);
    CHECK(contains(said.err, wanted));
    CHECK(said.out.empty());
  }
}

// What completes `words`, whose last is half written.
std::vector<std::string> completed(const Desk& desk, std::vector<std::string> words) {
  words.insert(words.begin(), "__complete");
  const Said said = desk.say(words);
  CHECK(said.code == 0);
  CHECK(said.err.empty());
  std::vector<std::string> out;
  std::istringstream lines(said.out);
  for (std::string line; std::getline(lines, line);) out.push_back(line);
  return out;
}

TEST_CASE("[commands] a half-written command line is completed from the build and the results") {
  using Words = std::vector<std::string>;
  const Desk desk;
  write_file_atomic(desk.path() / "mine.yaml", "");
  const std::string folder = desk.path().string();
  CHECK(completed(desk, {"ta"}) == Words{"table"});
  CHECK(completed(desk, {"table", "qui"}) == Words{"quickstart"});
  CHECK(completed(desk, {"compare", "quickstart", "d"}) == Words{"dense"});
  CHECK(completed(desk, {"table", "--format", "l"}) == Words{"latex"});
  CHECK(completed(desk, {"table", "quickstart", "--met"}) == Words{"--metrics"});
  CHECK(completed(desk, {"show", "posterior"}) == Words{"posterior_mixture"});
  CHECK(completed(desk, {"show", "train.ba"}) == Words{"train.batch"});
  CHECK(completed(desk, {"ls", "ar"}) == Words{"architectures"});
  CHECK(completed(desk, {"check", folder + "/m"}) == Words{folder + "/mine.yaml"});
  CHECK(completed(desk, {"check", folder + "/res"}) == Words{folder + "/results/"});
  CHECK(completed(desk, {"check", "mine.yaml", "tra"}) == Words{"train."});
  CHECK(completed(desk, {"check", "mine.yaml", "train.bat"}) == Words{"train.batch="});
  CHECK(completed(desk, {"check", "mine.yaml", "train.schedule=co"}) ==
        Words{"train.schedule=constant", "train.schedule=cosine"});
  CHECK(completed(desk, {"check", "mine.yaml", "arms.0.de"}).empty());
  CHECK(completed(desk, {"frobnicate", "x"}).empty());
  CHECK(completed(desk, {"verify", "nothing", ""}).empty());
  CHECK(completed(desk, {"compare", "nothere", "d"}).empty());
  CHECK(completed(desk, {}).size() > 8);
}

TEST_CASE("[commands] the decomposition needs a fabric, and has no CSV") {
  const Desk desk;
  CHECK(contains(desk.say({"table", "quickstart", "--decomposition"}).out, "No fabric trained apart"));
  CHECK(desk.say({"table", "quickstart", "--decomposition", "--json"}).out == "[]\n");
  CHECK(desk.say({"table", "quickstart", "--decomposition", "--format", "csv"}).code == 2);
}

TEST_CASE("[commands] the user's mistakes end with 2 and the nearest word") {
  const Desk desk;
  for (const auto& [words, hint] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"tabel", "quickstart"}, "did you mean 'table'?"},
           {{"table", "quickstrat"}, "did you mean 'quickstart'?"},
           {{"table"}, "RESULTS is required"},
           {{"table", "quickstart", "--format", "pdf"}, "loom table --help"},
           {{"table", "quickstart", "--frmat", "md"}, "--frmat"},
           {{"ls", "combiner"}, "did you mean 'combiners'?"},
           {{"show", "roter"}, "router"},
           {{"--nothing"}, "loom --help"}}) {
    const Said said = desk.say(words);
    CAPTURE(said.err);
    CHECK(said.code == 2);
    CHECK(said.out.empty());
    CHECK(contains(said.err, hint));
  }
}

TEST_CASE("[commands] help is asked for and no mistake") {
  const Desk desk;
  CHECK(desk.say({"--help"}).code == 0);
  const Said said = desk.say({"table", "--help"});
  CHECK(said.code == 0);
  CHECK(contains(said.out, "Examples:"));
  CHECK(said.err.empty());
}

TEST_CASE("[commands] a missing facts.json ends with 3 where components are needed, and only there") {
  const Desk desk;
  fs::remove(desk.path() / "facts.json");
  CHECK(desk.say({"ls", "combiners"}).code == 3);
  CHECK(contains(desk.say({"ls", "combiners"}).err, "facts.json is missing"));
  CHECK(desk.say({"table", "quickstart"}).code == 0);
}

TEST_CASE("[commands] ls lists components, suites and results, as text and as JSON") {
  const Desk desk;
  CHECK(contains(desk.say({"ls", "combiners"}).out, "router             a trained gate"));
  const Json combiners = parse_json(desk.say({"ls", "combiners", "--json"}).out, "ls");
  CHECK(combiners.size() == 4);
  CHECK(combiners[0].at("kind") == "combiner");
  const Json results = parse_json(desk.say({"ls", "results", "--json"}).out, "ls");
  REQUIRE(results.size() == 1);
  CHECK(results[0].at("name") == "quickstart");
  CHECK(results[0].at("recorded") == 1);
  const Json suites = parse_json(desk.say({"ls", "suites", "--json"}).out, "ls");
  for (const Json& suite : suites) {
    CAPTURE(suite.dump());
    for (const char* key : {"name", "domains", "sizes", "metric", "licence", "source", "available"})
      CHECK(suite.contains(key));
    if (suite.at("name") != "digits4") continue;
    CHECK(suite.at("available") == true);
    CHECK(suite.at("domains").size() == 4);
    CHECK(suite.at("sizes").at("test").get<int>() > 0);
  }
}

TEST_CASE("[commands] show knows components, keys and results") {
  const Desk desk;
  CHECK(contains(desk.say({"show", "router"}).out, "combiner router"));
  CHECK(contains(desk.say({"show", "combiner", "router"}).out, "combiner router"));
  CHECK(contains(desk.say({"show", "train.batch"}).out, "items per training step"));
  CHECK(contains(desk.say({"show", "quickstart"}).out, "1 of 1 recorded"));
  CHECK(parse_json(desk.say({"show", "router", "--json"}).out, "show").at("components").size() == 1);
}

TEST_CASE("[commands] check reports every config, good and bad, and ends with 2 for a bad one") {
  const Desk desk;
  const fs::path good = desk.path() / "good.yaml", bad = desk.path() / "bad.yaml";
  write_file_atomic(good, "suites: [digits4]\nreference: {dense: {width: 8}, samples: 6400}\narms: [dense]\n");
  write_file_atomic(bad, "suites: [digits4]\nreference: {dense: {width: 8}, samples: 6400}\narmss: [dense]\n");
  CHECK(desk.say({"check", good.string()}).code == 0);
  CHECK(contains(desk.say({"check", good.string()}).out, "good.yaml: ok: 1 suite, 1 arm, 3 columns, 6 seeds"));
  CHECK(contains(desk.say({"check", good.string(), "seeds=9"}).out, "9 seeds"));
  const Said both = desk.say({"check", bad.string(), good.string()});
  CHECK(both.code == 2);
  CHECK(contains(both.err, "bad.yaml:3:1: error: "));
  CHECK(contains(both.out, "good.yaml: ok"));
  const Json verdicts = parse_json(desk.say({"check", bad.string(), good.string(), "--json"}).out, "check");
  CHECK(verdicts[0].at("ok") == false);
  CHECK(verdicts[1].at("ok") == true);
}

TEST_CASE("[commands] verify ends with 5 and names the first row that differs") {
  const Desk desk;
  CHECK(desk.say({"verify", "quickstart"}).code == 0);
  write_file_atomic(desk.results() / "quickstart" / "trials" / desk.trial() / "record.json", "{}");
  const Said said = desk.say({"verify", "quickstart"});
  CHECK(said.code == 5);
  CHECK(contains(said.err, "two serving dense seed 0"));
  CHECK(parse_json(desk.say({"verify", "quickstart", "--json"}).out, "verify").at("ok") == false);
}

TEST_CASE("[commands] compare ends with 5 where a gate trips, and only there") {
  const Desk desk;
  ResultFixture fixture(desk.results() / "pair");
  fixture.suite("two", "accuracy", 1).row({.arm = "small"});
  fixture.ok(right_cells(18, 16), 0.8);
  fixture.row({.arm = "large"});
  fixture.ok(right_cells(18, 17), 0.8);
  fixture.last_row()["costs"]["params_total"] = 15000;
  fixture.finish();
  const Said calm = desk.say({"compare", "pair", "small", "large", "--fail-on", "params_total:+200%,score:-1%"});
  CHECK(calm.code == 0);
  CHECK(contains(calm.out, "two    serving  accuracy  1"));
  CHECK(contains(calm.out, "holds"));
  const Said tripped = desk.say({"compare", "pair", "small", "large", "--fail-on", "params_total:+100%"});
  CHECK(tripped.code == 5);
  CHECK(contains(tripped.out, "TRIPPED"));
  CHECK(contains(tripped.err, "gate params_total:+100% tripped in two serving"));
  CHECK(desk.say({"compare", "pair", "large", "small", "--fail-on", "params_total:+100%"}).code == 0);
  const Json json = parse_json(
      desk.say({"compare", "pair", "small", "large", "--json", "--fail-on", "params_total:+1%"}).out, "compare");
  CHECK(json.at("tripped") == true);
  CHECK(json.at("cells")[0].at("difference").get<double>() == doctest::Approx(1.0 / 40));
  CHECK(json.at("cells")[0].at("measures").at("params_total").at("ratio") == 3.0);
  CHECK(json.at("cells")[0].at("measures").at("latency_p50_s").is_null());
  for (const auto& [words, hint] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"compare", "pair", "smal", "large"}, "did you mean 'small'?"},
           {{"compare", "pair", "small"}, "B is required"},
           {{"compare", "pair", "small", "large", "--fail-on", "scor:-1%"}, "did you mean 'score'?"},
           {{"compare", "pair", "small", "large", "--fail-on", ""}, "fail-on"}}) {
    const Said said = desk.say(words);
    CAPTURE(said.err);
    CHECK(said.code == 2);
    CHECK(said.out.empty());
    CHECK(contains(said.err, hint));
  }
}

TEST_CASE("[commands] verify --against says how far results come back, and ends with 5 where a row does not") {
  const Desk desk;
  const auto add = [&](const std::string& name, int right) {
    ResultFixture fixture(desk.results() / name);
    fixture.suite("two", "accuracy", 1).other_code(name).row({.arm = "dense"});
    fixture.ok(right_cells(right, 16), 0.8);
    fixture.finish();
  };
  fs::create_directories(desk.results() / "reference");
  fs::copy(desk.results() / "quickstart", desk.results() / "reference" / "quickstart", fs::copy_options::recursive);
  const Said same = desk.say({"verify", "quickstart", "--against", "reference/quickstart"});
  CHECK(same.code == 0);
  CHECK(contains(same.out, "two    serving  dense  R0     0.8500  0.8500  +0.00\n"));
  CHECK(contains(same.out, "R0 holds for the whole (rows: R0 1); 0 of 0 significant signs kept"));
  add("equal", 18);
  CHECK(contains(desk.say({"verify", "equal", "--against", "reference/quickstart"}).out, "R1 holds for the whole"));
  add("other", 12);
  const Said other = desk.say({"verify", "other", "--against", "reference/quickstart"});
  CHECK(other.code == 5);
  CHECK(contains(other.err, "not reproduced, first at: two serving dense (other trial ids"));
  const Said json = desk.say({"verify", "other", "--against", "reference/quickstart", "--json"});
  const Json said = parse_json(json.out, "verify");
  CHECK(said.at("ok") == false);
  CHECK(said.at("against").at("level") == "none");
  CHECK(said.at("against").at("rows").at(0).at("score_there").get<double>() == doctest::Approx(0.85));
  CHECK(said.at("against").at("rows").at(0).at("standard_errors").is_null());
  CHECK(desk.say({"verify", "quickstart", "--against", "reference/quickstrat"}).code == 2);
}

TEST_CASE("[commands] a damaged side is told before anything is compared") {
  const Desk desk;
  fs::create_directories(desk.results() / "reference");
  fs::copy(desk.results() / "quickstart", desk.results() / "reference" / "quickstart", fs::copy_options::recursive);
  write_file_atomic(desk.results() / "reference" / "quickstart" / "trials" / desk.trial() / "record.json", "{}");
  const Said said = desk.say({"verify", "quickstart", "--against", "reference/quickstart"});
  CHECK(said.code == 5);
  CHECK(contains(said.err, "R0 fails, first at: two serving dense seed 0; fetch reference/quickstart again"));
  CHECK_FALSE(contains(said.out, "for the whole"));
}

TEST_CASE("[commands] committed results are listed, shown and tabled by reference/NAME") {
  const Desk desk;
  fs::create_directories(desk.results() / "reference" / "calibration");
  fs::copy(desk.results() / "quickstart", desk.results() / "reference" / "quickstart", fs::copy_options::recursive);
  const Json results = parse_json(desk.say({"ls", "results", "--json"}).out, "ls");
  REQUIRE(results.size() == 2);
  CHECK(results[1].at("name") == "reference/quickstart");
  CHECK(contains(desk.say({"show", "reference/quickstart"}).out, "loom table reference/quickstart"));
  CHECK(desk.say({"table", "reference/quickstart"}).out == desk.say({"table", "quickstart"}).out);
  CHECK(contains(desk.say({"table", "reference/quikstart"}).err, "did you mean 'reference/quickstart'?"));
}

TEST_CASE("[commands] doctor finds no worker here: unfit, 3, with what to do") {
  const Desk desk;
  const Said said = desk.say({"doctor"});
  CHECK(said.code == 3);
  CHECK(contains(said.out, "scripts/build"));
  const Json json = parse_json(desk.say({"doctor", "--json"}).out, "doctor");
  CHECK(json.at("fit") == false);
  CHECK(json.at("checks").size() == 7);
}

TEST_CASE("[commands] doctor takes what the worker says of LibTorch") {
  const Desk desk;
  const fs::path worker = desk.path() / "loom-worker";
  write_file_atomic(worker, "#!/bin/sh\necho '{\"torch\": \"2.13.0\", \"cuda\": false, \"capability\": \"AVX2\"}'\n");
  fs::permissions(worker, fs::perms::owner_all);
  CHECK(contains(desk.say({"doctor"}).out, "2.13.0, capability AVX2, no CUDA"));
}

TEST_CASE("[commands] arguments with an equals sign are overrides unless it stands in a folder's name") {
  const ConfigArguments sorted = sort_arguments({"a.yaml", "seeds=3", "x=1/b.yaml", "suite.path=/data"});
  CHECK(sorted.files == std::vector<std::string>{"a.yaml"});
  CHECK(sorted.overrides == std::vector<std::string>{"seeds=3", "x=1/b.yaml", "suite.path=/data"});
  CHECK(sort_arguments({"runs/x=1.yaml"}).files.size() == 1);
}

TEST_CASE("[commands] claims prints verdicts, and says how to state one where there is none") {
  const Desk desk;
  const Said none = desk.say({"claims", "quickstart"});
  CHECK(none.code == 0);
  CHECK(none.out.empty());
  CHECK(contains(none.err, "loom show claims"));
  CHECK(parse_json(desk.say({"claims", "quickstart", "--json"}).out, "claims").empty());
  ResultFixture fixture(desk.results() / "stated");
  fixture.suite("two", "accuracy", 1).row({.arm = "dense"});
  fixture.ok(right_cells(18, 16), 0.8);
  fixture.experiment()["claims"] = {to_json(Claim{.id = "a",
                                                  .question = "Q",
                                                  .suites = {"two"},
                                                  .columns = {"serving"},
                                                  .better = {.arm = "fabric", .family = {}},
                                                  .than = {.arm = "dense", .family = {}},
                                                  .margin = {},
                                                  .family = {}})};
  fixture.finish();
  const Said said = desk.say({"claims", "stated"});
  CHECK(said.code == 0);
  CHECK(said.err.empty());
  CHECK(contains(said.out, "a: UNDECIDED"));
  CHECK(parse_json(desk.say({"claims", "stated", "--json"}).out, "claims")[0].at("verdict") == "UNDECIDED");
  CHECK(desk.say({"claims", "statde"}).code == 2);
  CHECK(contains(desk.say({"show", "claims.margin"}).out, "smallest effect of interest"));
}

}  // namespace
}  // namespace loom::commands_test
