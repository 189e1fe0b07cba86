// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_registry.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "harness/error.h"
#include "tests/io_fixture.h"
#include "tests/support/result_fixture.h"

namespace loom::claim_registry_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

Claim claim(const std::string& id, double margin = 0.01) {
  return {.id = id,
          .question = "Q",
          .suites = {"two"},
          .columns = {"serving"},
          .better = {.arm = "fabric", .family = {}},
          .than = {.arm = "dense", .family = {}},
          .margin = margin,
          .family = "ARCH",
          .seeds = 10};
}

const Json kExperiment = Json::parse(R"({
  "name": "demo", "device": "cpu", "threads": 1, "quick": false, "latency": {"seconds": 40.0},
  "statistics": {"margin": null, "confidence": 0.95},
  "suites": [
    {"label": "two", "suite": {"name": "two"}, "columns": ["free", "serving"], "seeds": 10, "samples": 1000,
     "margin": null, "train": {"batch": 64},
     "arms": [{"label": "dense", "component": {"width": 64}}, {"label": "fabric", "component": {"width": 32}},
              {"label": "other", "component": {"width": 8}}]},
    {"label": "three", "suite": {"name": "three"}, "columns": ["serving"], "seeds": 10, "samples": 500, "arms": []}]
})");

// The experiment with one value, by its JSON pointer, replaced.
Json changed(const std::string& pointer, const Json& value) {
  Json out = kExperiment;
  out[Json::json_pointer(pointer)] = value;
  return out;
}

void record_trial(const fs::path& results, const std::string& id) {
  commit_artefact(results / "trials" / id, {{"record.json", "{}"}});
}

// Registered before the first record, and asked again under another experiment after one.
std::string deviates(const Claim& one, const Json& after) {
  const ScratchFolder scratch;
  register_claims(std::vector{one}, scratch.path(), {}, kExperiment);
  record_trial(scratch.path(), "one");
  register_claims(std::vector{one}, scratch.path(), {}, after);
  return deviation(registrations(scratch.path()).at(claim_hash(one)), after);
}

fs::path file_of(const fs::path& results, const Claim& one) { return results / "claims" / (claim_hash(one) + ".json"); }

TEST_CASE("[claim registry] before the first record a claim is registered with none") {
  const ScratchFolder scratch;
  CHECK(registrations(scratch.path()).empty());
  const std::vector<Claim> claims = {claim("a"), claim("b")};
  register_claims(claims, scratch.path(), {{"engine", "e"}}, kExperiment);
  const auto found = registrations(scratch.path());
  REQUIRE(found.size() == 2);
  CHECK(found.at(claim_hash(claims[0])).records == 0);
  CHECK(to_json(found.at(claim_hash(claims[1])).claim) == to_json(claims[1]));
  const Json stored = parse_json(read_file(file_of(scratch.path(), claims[0])), "registration");
  CHECK(stored.at("code") == Json{{"engine", "e"}});
  CHECK(stored.at("time").get<std::string>().ends_with("Z"));
}

TEST_CASE("[claim registry] a claim edited or added after a record says how many there were") {
  const ScratchFolder scratch;
  register_claims(std::vector{claim("a")}, scratch.path(), {}, kExperiment);
  record_trial(scratch.path(), "one");
  record_trial(scratch.path(), "two");
  fs::create_directories(scratch.path() / "trials" / "unfinished");
  register_claims(std::vector{claim("a", 0.02), claim("b")}, scratch.path(), {}, kExperiment);
  const auto found = registrations(scratch.path());
  CHECK(found.at(claim_hash(claim("a"))).records == 0);
  CHECK(found.at(claim_hash(claim("a", 0.02))).records == 2);
  CHECK(found.at(claim_hash(claim("b"))).records == 2);
}

TEST_CASE("[claim registry] running again overwrites nothing") {
  const ScratchFolder scratch;
  register_claims(std::vector{claim("a")}, scratch.path(), {{"build", 1}}, kExperiment);
  const std::string before = read_file(file_of(scratch.path(), claim("a")));
  record_trial(scratch.path(), "one");
  register_claims(std::vector{claim("a")}, scratch.path(), {{"build", 2}}, kExperiment);
  CHECK(read_file(file_of(scratch.path(), claim("a"))) == before);
}

// Wherever it is cut, no trial has started: the call throws. The next run registers what is missing, still without
// records, and half a file is never taken for a registration.
TEST_CASE("[claim registry] cut at any call it throws, and the next run completes it") {
  const std::vector<Claim> claims = {claim("a"), claim("b")};
  int calls = 0;
  {
    const ScratchFolder scratch;
    inject_fault({});
    register_claims(claims, scratch.path(), {}, kExperiment);
    calls = io_calls();
  }
  REQUIRE(calls >= 8);
  for (int at = 1; at <= calls; ++at) {
    CAPTURE(at);
    const ScratchFolder scratch;
    inject_fault({.fail_at = at, .error = ENOSPC, .once = false});
    CHECK_THROWS_AS(register_claims(claims, scratch.path(), {}, kExperiment), EnvironmentError);
    inject_fault({});
    CHECK(registrations(scratch.path()).size() <= 2);
    register_claims(claims, scratch.path(), {}, kExperiment);
    const auto found = registrations(scratch.path());
    REQUIRE(found.size() == 2);
    for (const auto& [hash, registration] : found) CHECK(registration.records == 0);
  }
}

TEST_CASE("[claim registry] a registration that was changed by hand is refused by name") {
  const ScratchFolder scratch;
  register_claims(std::vector{claim("a")}, scratch.path(), {}, kExperiment);
  const fs::path file = file_of(scratch.path(), claim("a"));
  Json stored = parse_json(read_file(file), "registration");
  stored["claim"]["margin"] = 0.5;
  write_file_atomic(file, stored.dump());
  CHECK_THROWS_WITH_AS(registrations(scratch.path()), doctest::Contains("digest"), InputError);
  stored.erase("claim");
  write_file_atomic(file, stored.dump());
  CHECK_THROWS_WITH_AS(registrations(scratch.path()), doctest::Contains("not what loom wrote"), InputError);
}

TEST_CASE("[claim registry] what decides the verdict must stay as it was when a claim was registered") {
  Claim open = claim("open");
  open.margin.reset();
  CHECK(deviates(open, kExperiment).empty());
  const std::vector<std::pair<const char*, Json>> deciding = {{"/suites/0/arms/1/component/width", 64},
                                                              {"/suites/0/arms/0/component/width", 8},
                                                              {"/statistics/margin", 0.2},
                                                              {"/suites/0/margin", 0.2},
                                                              {"/statistics/confidence", 0.5},
                                                              {"/suites/0/samples", 2000},
                                                              {"/suites/0/train/batch", 32},
                                                              {"/suites/0/suite/name", "easy"},
                                                              {"/suites/0/columns", Json::array({"free"})},
                                                              {"/suites", Json::array()}};
  for (const auto& [pointer, value] : deciding) {
    CAPTURE(pointer);
    CHECK(deviates(open, changed(pointer, value)) == "the experiment was changed after trials were seen");
  }
}

TEST_CASE("[claim registry] what no verdict of the claim depends on may change") {
  const std::vector<std::pair<const char*, Json>> idle = {{"/name", "copy"},
                                                          {"/latency/seconds", 0},
                                                          {"/suites/0/arms/2/component/width", 16},
                                                          {"/suites/1/samples", 900},
                                                          {"/statistics/margin", 0.2},
                                                          {"/suites/0/columns", Json::array({"serving", "memory"})},
                                                          {"/suites/0/margin", 0.2},
                                                          {"/claims", Json::array()}};
  for (const auto& [pointer, value] : idle) {
    CAPTURE(pointer);
    CHECK(deviates(claim("own margin"), changed(pointer, value)).empty());
  }
  Json turned = kExperiment;
  std::ranges::reverse(turned["suites"].get_ref<Json::array_t&>());
  std::ranges::reverse(turned["suites"][1]["arms"].get_ref<Json::array_t&>());
  CHECK(deviates(claim("turned"), turned).empty());
  const auto from = [](const char* path) {
    return claim_terms(claim("a"),
                       changed("/suites/0/arms/0/component", {{"weights", {{"path", path}, {"sha256", "f"}}}}));
  };
  CHECK(from("a.safetensors") == from("b.safetensors"));  // a file is what it holds
  Claim best = claim("best");
  best.better = {.arm = {}, .family = "fabric"};
  CHECK_FALSE(deviates(best, changed("/suites/0/arms/2/component/width", 16)).empty());  // any arm may be the best
}

TEST_CASE("[claim registry] seeds beyond those planned and promised extend a claim; fewer than planned cut it") {
  CHECK(deviates(claim("a"), changed("/suites/0/seeds", 11)) ==
        "extended: more seeds than were promised (two: 11 seeds, 10 planned)");
  CHECK(deviates(claim("a"), changed("/suites/0/seeds", 9)) ==
        "cut: fewer seeds than were planned (two: 9 seeds, 10 planned)");
  Claim twenty = claim("twenty");
  twenty.seeds = 20;
  CHECK(deviates(twenty, changed("/suites/0/seeds", 20)).empty());  // ten decided nothing
  CHECK(deviates(twenty, changed("/suites/0/seeds", 21)).starts_with("extended"));
  CHECK(deviates(claim("a"), changed("/suites/1/seeds", 30)).empty());  // another suite's
}

TEST_CASE("[claim registry] a replicate of a planted suite counts as a seed") {
  Json planted = kExperiment;
  planted["suites"][0].update({{"seeds", 1}, {"replicates", 6}});
  const ScratchFolder scratch;
  register_claims(std::vector{claim("a")}, scratch.path(), {}, planted);
  const Registration registered = registrations(scratch.path()).at(claim_hash(claim("a")));
  CHECK(deviation(registered, planted).empty());
  planted["suites"][0]["seeds"] = 2;
  CHECK(deviation(registered, planted) == "extended: more seeds than were promised (two: 12 seeds, 6 planned)");
}

TEST_CASE("[claim registry] while nothing is recorded the experiment may change, and the cells are counted again") {
  const ScratchFolder scratch;
  Claim both = claim("both");
  both.suites = {"two", "three"};
  both.columns = {"free", "serving"};
  const auto stored = [&] { return registrations(scratch.path()).at(claim_hash(both)); };
  register_claims(std::vector{both}, scratch.path(), {}, kExperiment);
  CHECK(stored().cells == 3);
  CHECK(stored().seeds == std::map<std::string, int>{{"two", 10}, {"three", 10}});
  Json more = changed("/suites/0/seeds", 20);
  more["suites"][1]["columns"] = {"free", "serving"};
  register_claims(std::vector{both}, scratch.path(), {}, more);
  CHECK(stored().cells == 4);
  CHECK(deviation(stored(), more).empty());
}

TEST_CASE("[claim registry] a registration of an older loom, without terms, stands whatever the experiment is") {
  const ScratchFolder scratch;
  register_claims(std::vector{claim("a")}, scratch.path(), {}, kExperiment);
  const fs::path file = file_of(scratch.path(), claim("a"));
  Json stored = parse_json(read_file(file), "registration");
  for (const char* key : {"terms", "seeds", "cells"}) stored.erase(key);
  write_file_atomic(file, stored.dump());
  const Registration old = registrations(scratch.path()).at(claim_hash(claim("a")));
  CHECK(deviation(old, changed("/suites/0/seeds", 30)).empty());
  CHECK(deviation(old, changed("/statistics/confidence", 0.5)).empty());
  CHECK(old.cells == 0);
  register_claims(std::vector{claim("a")}, scratch.path(), {},
                  kExperiment);  // nothing is recorded yet: it is completed
  CHECK(registrations(scratch.path()).at(claim_hash(claim("a"))).cells == 1);
}

}  // namespace
}  // namespace loom::claim_registry_test
