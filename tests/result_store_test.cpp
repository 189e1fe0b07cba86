// SPDX-License-Identifier: Apache-2.0
#include "harness/result_store.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/planning.h"
#include "tests/support/result_fixture.h"

namespace loom::result_store_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("[result store] a scored, a diverged, a failed and an open trial are told apart") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 4).row({.arm = "dense"});
  const std::string scored = fixture.ok(right_cells(18, 16), 0.8, {{"undertrained", true}});
  const std::string diverged = fixture.diverged("a score is not finite");
  const std::string failed = fixture.failed("timeout", "ran 60 s");
  const std::string open = fixture.open();
  const ResultStore store = load_results(fixture.finish());
  REQUIRE(store.trials.size() == 3);
  CHECK(store.trials.at(scored).status == "ok");
  CHECK(store.trials.at(scored).test.macro == doctest::Approx((18.0 + 16.0) / (2 * kGroups)));
  CHECK(store.trials.at(scored).validation.macro == 0.8);
  CHECK(store.trials.at(scored).undertrained);
  CHECK(store.trials.at(diverged).status == "diverged");
  CHECK(store.trials.at(diverged).message == "a score is not finite");
  CHECK(store.trials.at(failed).status == "timeout");
  CHECK_FALSE(store.trials.contains(open));
  CHECK(store.rows[0].costs->ratio_params == 1.25);
  CHECK(store.suites.at("two").seeds == 4);
  CHECK(store.suites.at("two").reference == "dense");
}

TEST_CASE("[result store] a record wins over the failure it replaced") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).row({.arm = "dense"});
  const std::string id = fixture.ok(right_cells(18, 16), 0.8);
  write_file_atomic(scratch.path() / "demo" / "trials" / (id + ".failed.json"),
                    R"({"status": "memory", "message": "killed"})");
  CHECK(load_results(fixture.finish()).trials.at(id).status == "ok");
}

TEST_CASE("[result store] a null among the domain scores is a domain without items") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).row({.arm = "dense"});
  const std::string id =
      fixture.ok(right_cells(18, 16), 0.8, Json::parse(R"({"scores": {"test": {"domain": [0.5, null]}}})"));
  const ResultStore store = load_results(fixture.finish());
  CHECK(store.trials.at(id).test.domain[0] == 0.5);
  CHECK(std::isnan(store.trials.at(id).test.domain[1]));
}

TEST_CASE("[result store] the session that timed most planned trials is joined, and only that one") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 2).row({.arm = "dense"});
  const std::string a = fixture.ok(right_cells(18, 16), 0.8), b = fixture.ok(right_cells(18, 17), 0.8);
  fixture.latency("many", {{a, timed(1e-5, nullptr)}, {b, timed(2e-5, 3e-5)}}, true);
  fixture.latency("others", {{a, timed(9e-5, nullptr)}, {"gone1", timed(1, 1)}, {"gone2", timed(1, 1)}});
  const ResultStore store = load_results(fixture.finish());
  REQUIRE(store.latency.has_value());
  CHECK(store.latency->name == "many");
  CHECK(store.latency->contended);
  CHECK(store.latency->trials.at(a).at(1).p50_s == 1e-5);
  CHECK_FALSE(store.latency->trials.at(a).at(1).p99_s.has_value());
  CHECK(store.latency->trials.at(b).at(8).p99_s == 3e-5);
}

TEST_CASE("[result store] a name, a folder and a folder with a slash find the same results") {
  const ScratchFolder scratch;
  const fs::path folder = ResultFixture(scratch.path() / "demo").suite("two", "accuracy", 1).finish();
  CHECK(find_results(scratch.path(), "demo") == folder);
  CHECK(find_results(scratch.path(), "demo/") == folder);
  CHECK(find_results("/nowhere", folder.string()) == folder);
  CHECK(find_results("/nowhere", folder.string() + "/") == folder);
  CHECK(result_names(scratch.path()) == std::vector<std::string>{"demo"});
}

TEST_CASE("[result store] an unknown name is refused with the nearest one") {
  const ScratchFolder scratch;
  ResultFixture(scratch.path() / "quickstart").finish();
  make_folders(scratch.path() / "empty");
  CHECK(refusal([&] { find_results(scratch.path(), "quikstart"); }).find("did you mean 'quickstart'?") !=
        std::string::npos);
  CHECK(refusal([&] { find_results(scratch.path(), "zzzzzzzz"); }).find("did you mean") == std::string::npos);
  CHECK(refusal([&] { find_results(scratch.path(), "empty"); }).find("holds no plan.json") != std::string::npos);
  CHECK(refusal([&] { find_results(scratch.path(), ""); }) != "accepted");
}

TEST_CASE("[result store] a damaged record is refused with the name of its file") {
  const ScratchFolder scratch;
  for (const char* text : {"{}", "[1", R"({"format": 2})", R"({"format": 1, "status": 3})"}) {
    CAPTURE(text);
    ResultFixture fixture(scratch.path() / "demo");
    fixture.suite("two", "accuracy", 1).row({.arm = "dense"});
    const std::string id = fixture.ok(right_cells(18, 16), 0.8);
    write_file_atomic(scratch.path() / "demo" / "trials" / id / "record.json", text);
    fixture.finish();
    CHECK(refusal([&] { load_results(scratch.path() / "demo"); }).find(id + "/record.json") != std::string::npos);
    fs::remove_all(scratch.path() / "demo");
  }
}

TEST_CASE("[result store] ids of a plan cannot lead out of the folder") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).row({.arm = "dense"}).last_row()["trials"].push_back("../../elsewhere");
  fixture.finish();
  CHECK(refusal([&] { load_results(scratch.path() / "demo"); }).find("not a plain name") != std::string::npos);
}

TEST_CASE("[result store] tables are calibrated while the checks that this very code passed are there") {
  const ScratchFolder scratch;
  const fs::path folder = ResultFixture(scratch.path() / "demo").suite("two", "accuracy", 1).finish();
  const std::string before = std::getenv("LOOM_CALIBRATION");  // core_main.cpp sets it
  setenv("LOOM_CALIBRATION", scratch.path().c_str(), 1);
  const auto says = [&](const std::string& text) {
    write_file_atomic(scratch.path() / "calibration.json", text);
    return load_results(folder).calibrated;
  };
  CHECK_FALSE(load_results(folder).calibrated);
  const std::string digest = code_digests().at("statistics");
  CHECK(says(Json{{"ok", true}, {"statistics", digest}}.dump()));
  CHECK_FALSE(says(Json{{"ok", false}, {"statistics", digest}}.dump()));
  CHECK_FALSE(says(Json{{"ok", true}, {"statistics", "of other code"}}.dump()));
  CHECK_FALSE(says("damaged"));
  setenv("LOOM_CALIBRATION", before.c_str(), 1);
}

}  // namespace
}  // namespace loom::result_store_test
