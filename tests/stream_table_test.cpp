// SPDX-License-Identifier: Apache-2.0
#include "harness/stream_table.h"

#include <doctest/doctest.h>

#include <sstream>

#include "harness/cli/stream_view.h"
#include "harness/error.h"
#include "harness/event_stream.h"
#include "tests/support/comparison_fixture.h"

namespace loom::stream_table_test {
namespace {

using namespace loom::testing;

// A record's stream over the fixture's two domains: R given, 0.1 untrained, 50 FLOPs an event.
Json stream(const std::string& events, const std::vector<std::vector<double>>& scores) {
  StreamHistory history = {parse_events(events, 2), scores, {0.1, 0.1}, {}, true};
  history.flops.assign(history.events.size(), 50);
  return {{"stream", to_json(history)}};
}

class Desk {
 public:
  Desk() : fixture_(scratch_.path() / "demo") { fixture_.suite("two", "accuracy", 4).row({.arm = "dense"}); }

  // Two events over four seeds; the seed shifts what is forgotten.
  std::vector<StreamRow> rows() {
    for (int seed = 0; seed < 4; ++seed) fixture_.ok(right_cells(16, 12 + seed), 0.8);
    fixture_.row({.arm = "tune, slowly", .architecture = "stream_monolith"});
    for (int seed = 0; seed < 4; ++seed)
      fixture_.ok(right_cells(10, 18), 0.7, stream("add 0, add 1", {{.9, .3}, {.5 + .02 * seed, .8}}));
    fixture_.row({.arm = "grow", .architecture = "stream_specialists", .family = "fabric"});
    for (int seed = 0; seed < 3; ++seed) {
      Json change = stream("add 0, add 1", {{.9, .2}, {.9, .8}});
      change["stream"]["recall"] = {nullptr, .97};
      fixture_.ok(right_cells(18, 16), 0.7, change);
    }
    fixture_.diverged("a score is not finite");
    return stream_rows(load_results(fixture_.finish()));
  }
  ResultFixture& fixture() { return fixture_; }

 private:
  ScratchFolder scratch_;
  ResultFixture fixture_;
};

TEST_CASE("[stream_table] measures by hand, over the seeds that are scored") {
  const auto rows = Desk().rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].events == std::vector<std::string>{"add 0", "add 1"});
  CHECK(rows[0].bwt.mean == doctest::Approx(-.37));
  CHECK(rows[0].acc.mean == doctest::Approx((.53 + .8) / 2));
  CHECK(rows[0].fwt.mean == doctest::Approx(.2));
  CHECK(rows[0].update_flops.mean == 50);
  CHECK(rows[0].bwt.by_seed.size() == 4);
  CHECK(rows[0].bwt.interval->low < -.37);
  CHECK(rows[0].bwt.interval->high > -.37);
  CHECK(rows[0].scores[1][0] == doctest::Approx(.53));
  CHECK(rows[0].deletion_residual.by_seed.empty());
  CHECK(rows[1].seeds == std::vector<size_t>{0, 1, 2});
  CHECK(rows[1].bwt.mean == 0);
  CHECK(rows[1].recall.mean == doctest::Approx(.97));
}

TEST_CASE("[stream_table] dense stands behind them as the joint reference") {
  const auto rows = Desk().rows();
  CHECK(rows[2].arm == "dense");
  CHECK(rows[2].events.empty());
  CHECK(rows[2].acc.mean == doctest::Approx((16 + 13.5) / 40));
  CHECK(std::isnan(rows[2].bwt.mean));
}

TEST_CASE("[stream_table] a joint reference is judged on the domains that the stream ends with") {
  Desk desk;
  desk.fixture().ok(right_cells(16, 4), 0.8);
  desk.fixture().row({.arm = "forgetful", .architecture = "stream_monolith"});
  desk.fixture().ok(right_cells(10, 18), 0.7, stream("add 0, add 1, delete 1", {{.9, .3}, {.5, .8}, {.5, .6}}));
  const auto rows = stream_rows(load_results(desk.fixture().finish()));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].deletion_residual.mean == doctest::Approx(.5));
  CHECK(rows[1].acc.mean == doctest::Approx(.8));
}

TEST_CASE("[stream_table] text, Markdown, CSV and JSON tell the same") {
  const auto rows = Desk().rows();
  const std::string text = render(rows, Format::text), markdown = render(rows, Format::md);
  for (const std::string& out : {text, markdown}) {
    CHECK(out.find("add 0, add 1") != out.npos);
    CHECK(out.find("dense (joint)") != out.npos);
    CHECK(out.find("-.37 ±") != out.npos);
    CHECK(out.find("residual  ") == out.npos);  // nobody deletes: no such column
  }
  CHECK(markdown.find("| arm | ACC | BWT | FWT | forgetting | recall | update FLOPs |\n|:--|--:") != markdown.npos);
  const Json json = parse_json(render(rows, Format::json), "json");
  CHECK(json[0].at("bwt").at("mean") == rows[0].bwt.mean);
  CHECK(json[2].at("bwt").at("mean").is_null());
  CHECK(json[2].at("joint") == true);
  CHECK(json[1].at("R").size() == 2);
  std::istringstream lines(render(rows, Format::csv));
  std::string header, first;
  std::getline(lines, header);
  std::getline(lines, first);
  CHECK(first.starts_with("two,serving,accuracy,\"tune, slowly\",arm,false,4,"));
  CHECK(std::ranges::count(header, ',') + 1 == std::ranges::count(first, ','));  // one is in the label
  CHECK(render(std::span<const StreamRow>(), Format::text) == "No arm of a stream is recorded.\n");
}

TEST_CASE("[stream_table] a record whose stream does not fit together is named") {
  Desk desk;
  desk.fixture().row({.arm = "broken", .architecture = "stream_monolith"});
  Json change = stream("add 0, add 1", {{.9, .3}, {.5, .8}});
  change["stream"]["R"].erase(1);
  const std::string id = desk.fixture().ok(right_cells(10, 18), 0.7, change);
  const ResultStore store = load_results(desk.fixture().finish());
  try {
    stream_rows(store);
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()).find(id) != std::string::npos);
  }
}

}  // namespace
}  // namespace loom::stream_table_test
