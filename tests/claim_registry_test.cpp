// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_registry.h"

#include <doctest/doctest.h>

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

fs::path file_of(const fs::path& results, const Claim& one) { return results / "claims" / (claim_hash(one) + ".json"); }

void record_trial(const fs::path& results, const std::string& id) {
  commit_artefact(results / "trials" / id, {{"record.json", "{}"}});
}

TEST_CASE("[claim registry] before the first record a claim is registered with none") {
  const ScratchFolder scratch;
  CHECK(registrations(scratch.path()).empty());
  const std::vector<Claim> claims = {claim("a"), claim("b")};
  register_claims(claims, scratch.path(), {{"engine", "e"}});
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
  register_claims(std::vector{claim("a")}, scratch.path(), {});
  record_trial(scratch.path(), "one");
  record_trial(scratch.path(), "two");
  fs::create_directories(scratch.path() / "trials" / "unfinished");
  register_claims(std::vector{claim("a", 0.02), claim("b")}, scratch.path(), {});
  const auto found = registrations(scratch.path());
  CHECK(found.at(claim_hash(claim("a"))).records == 0);
  CHECK(found.at(claim_hash(claim("a", 0.02))).records == 2);
  CHECK(found.at(claim_hash(claim("b"))).records == 2);
}

TEST_CASE("[claim registry] running again overwrites nothing") {
  const ScratchFolder scratch;
  register_claims(std::vector{claim("a")}, scratch.path(), {{"build", 1}});
  const std::string before = read_file(file_of(scratch.path(), claim("a")));
  record_trial(scratch.path(), "one");
  register_claims(std::vector{claim("a")}, scratch.path(), {{"build", 2}});
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
    register_claims(claims, scratch.path(), {});
    calls = io_calls();
  }
  REQUIRE(calls >= 8);
  for (int at = 1; at <= calls; ++at) {
    CAPTURE(at);
    const ScratchFolder scratch;
    inject_fault({.fail_at = at, .error = ENOSPC, .once = false});
    CHECK_THROWS_AS(register_claims(claims, scratch.path(), {}), EnvironmentError);
    inject_fault({});
    CHECK(registrations(scratch.path()).size() <= 2);
    register_claims(claims, scratch.path(), {});
    const auto found = registrations(scratch.path());
    REQUIRE(found.size() == 2);
    for (const auto& [hash, registration] : found) CHECK(registration.records == 0);
  }
}

TEST_CASE("[claim registry] a registration that was changed by hand is refused by name") {
  const ScratchFolder scratch;
  register_claims(std::vector{claim("a")}, scratch.path(), {});
  const fs::path file = file_of(scratch.path(), claim("a"));
  Json stored = parse_json(read_file(file), "registration");
  stored["claim"]["margin"] = 0.5;
  write_file_atomic(file, stored.dump());
  CHECK_THROWS_WITH_AS(registrations(scratch.path()), doctest::Contains("digest"), InputError);
  stored.erase("claim");
  write_file_atomic(file, stored.dump());
  CHECK_THROWS_WITH_AS(registrations(scratch.path()), doctest::Contains("not what loom wrote"), InputError);
}

}  // namespace
}  // namespace loom::claim_registry_test
