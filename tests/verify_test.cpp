// SPDX-License-Identifier: Apache-2.0
#include "harness/verify.h"

#include <doctest/doctest.h>

#include "harness/error.h"
#include "tests/support/result_fixture.h"

namespace loom::verify_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

struct Stored {
  ScratchFolder scratch;
  fs::path folder;
  std::string first, second;

  Stored() : folder(scratch.path() / "demo") {
    ResultFixture fixture(folder);
    fixture.suite("two", "accuracy", 3).row({.arm = "dense"});
    first = fixture.ok(right_cells(18, 16), 0.8);
    second = fixture.ok(right_cells(17, 16), 0.8);
    fixture.open();
    fixture.latency("s1", {{first, timed(1e-5, nullptr)}});
    fixture.finish();
  }
  fs::path record(const std::string& id) const { return folder / "trials" / id / "record.json"; }
};

// Changes the record and its manifest alike, so that only the record's own digest can tell.
void reseal(const fs::path& folder, const Json& record) {
  fs::remove_all(folder);
  commit_artefact(folder, {{"record.json", record.dump(1)}});
}

TEST_CASE("[verify] results as written pass, and what has not run is counted") {
  const Stored stored;
  const Verification found = verify_artefacts(stored.folder);
  CHECK(found.damage.empty());
  CHECK(found.records == 2);
  CHECK(found.artefacts == 3);
  CHECK(found.open == 1);
  CHECK(found.absent == 0);
}

TEST_CASE("[verify] one changed byte names the row, the seed and the file") {
  const Stored stored;
  std::string text = read_file(stored.record(stored.second));
  text[text.find("\"seed\": 0") + 8] = '1';
  write_file_atomic(stored.record(stored.second), text);
  const Verification found = verify_artefacts(stored.folder);
  REQUIRE(found.damage.size() == 1);
  CHECK(found.damage[0].row == "two serving dense seed 1");
  CHECK(found.damage[0].what.find(stored.second + "/record.json is damaged") != std::string::npos);
}

TEST_CASE("[verify] a record changed together with its manifest fails its own digest, unless only `measured` differs") {
  const Stored stored;
  Json record = parse_json(read_file(stored.record(stored.first)), "record");
  record["measured"]["train_cpu_s"] = 99.0;
  reseal(stored.folder / "trials" / stored.first, record);
  CHECK(verify_artefacts(stored.folder).damage.empty());
  record["scores"]["test"]["macro"] = 0.99;
  reseal(stored.folder / "trials" / stored.first, record);
  const Verification found = verify_artefacts(stored.folder);
  REQUIRE(found.damage.size() == 1);
  CHECK(found.damage[0].row == "two serving dense seed 0");
  CHECK(found.damage[0].what.find("digest") != std::string::npos);
}

TEST_CASE("[verify] a record in another trial's place is found") {
  const Stored stored;
  reseal(stored.folder / "trials" / stored.first, parse_json(read_file(stored.record(stored.second)), "record"));
  const Verification found = verify_artefacts(stored.folder);
  REQUIRE(found.damage.size() == 1);
  CHECK(found.damage[0].what.find("another trial") != std::string::npos);
}

TEST_CASE("[verify] a missing model is counted, a missing record is damage") {
  const Stored stored;
  const fs::path folder = stored.folder / "trials" / stored.first;
  const Json record = parse_json(read_file(stored.record(stored.first)), "record");
  fs::remove_all(folder);
  commit_artefact(folder, {{"record.json", record.dump(1)}, {"model.json", "{}"}, {"model.safetensors", "weights"}});
  fs::remove(folder / "model.safetensors");
  fs::remove(folder / "model.json");
  CHECK(verify_artefacts(stored.folder).absent == 2);
  CHECK(verify_artefacts(stored.folder).damage.empty());
  fs::remove(folder / "record.json");
  CHECK(verify_artefacts(stored.folder).damage.size() == 1);
}

TEST_CASE("[verify] layouts and latency sessions are looked at too") {
  const Stored stored;
  for (const auto& entry : fs::directory_iterator(stored.folder / "layouts")) write_file_atomic(entry.path(), "{}");
  write_file_atomic(stored.folder / "latency" / "s1" / "record.json", "{}");
  CHECK(verify_artefacts(stored.folder).damage.size() == 2);
}

TEST_CASE("[verify] members of the plan are looked at where they are") {
  const Stored stored;
  Json plan = parse_json(read_file(stored.folder / "plan.json"), "plan");
  plan["members"] = {{"m1", Json::object()}, {"m2", Json::object()}};
  write_file_atomic(stored.folder / "plan.json", plan.dump());
  const fs::path member = stored.scratch.path() / ".members" / "m1";
  commit_artefact(member, {{"member.json", "{}"}, {"weights.safetensors", "w"}});
  CHECK(verify_artefacts(stored.folder).damage.empty());
  write_file_atomic(member / "weights.safetensors", "x");
  const Verification found = verify_artefacts(stored.folder);
  REQUIRE(found.damage.size() == 1);
  CHECK(found.damage[0].row == "member m1");
}

}  // namespace
}  // namespace loom::verify_test
