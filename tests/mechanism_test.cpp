// SPDX-License-Identifier: Apache-2.0
#include "harness/mechanism.h"

#include <cmath>

#include "harness/cli/mechanism_view.h"
#include "harness/error.h"
#include "tests/support/comparison_fixture.h"

namespace loom::mechanism_test {
namespace {

using namespace loom::testing;

// Right answers of forty in a cell: main effects, and one interaction of tag and data.
int right_of(bool tag, bool width, bool data, bool steps, int seed) {
  return 20 + seed % 2 + 4 * tag + 2 * data + 1 * steps + 3 * (tag && data) + 0 * width;
}

Json enlarged(bool tag, double params, double steps) {
  return {{"name", "enlarged"}, {"tag", tag}, {"params", params}, {"steps", steps}};
}

class MechanismDesk {
 public:
  MechanismDesk() : fixture_(scratch_.path() / "demo") {
    fixture_.suite("quarter", "accuracy", 6).suite("whole", "accuracy", 6);
    auto& suites = fixture_.experiment()["suites"];
    suites[0]["suite"] = {{"name", "thinned"}, {"of", {{"name", "whole"}}}, {"keep", 0.25}};
  }

  MechanismDesk& cells(int without = -1) {
    for (int cell = 0; cell < 16; ++cell) {
      if (cell == without) continue;
      const bool tag = (cell & 1) != 0, width = (cell & 2) != 0, data = (cell & 4) != 0, steps = (cell & 8) != 0;
      fixture_.row({.arm = "enlarged " + std::to_string(cell & 11),
                    .architecture = "enlarged",
                    .role = "reference",
                    .level = "domain",
                    .suite = data ? "whole" : "quarter"});
      fixture_.last_row()["component"] = enlarged(tag, width ? 4 : 1, steps ? 2 : 1);
      for (int seed = 0; seed < 6; ++seed) {
        const int right = right_of(tag, width, data, steps, seed);
        fixture_.ok(right_cells(right - right / 2, right / 2), 0.5);
      }
    }
    return *this;
  }

  MechanismDesk& fabric() {
    fixture_.row({.arm = "told",
                  .architecture = "specialists",
                  .family = "fabric",
                  .role = "reference",
                  .level = "domain",
                  .suite = "quarter"});
    for (int seed = 0; seed < 6; ++seed) fixture_.ok(right_cells(13 + seed % 2, 13), 0.5);
    return *this;
  }

  std::vector<Mechanism> found() { return mechanisms(load_results(fixture_.finish())); }
  ResultFixture& fixture() { return fixture_; }

 private:
  ScratchFolder scratch_;
  ResultFixture fixture_;
};

TEST_CASE("[mechanism] planted effects: an interaction is shared by its two factors, and the shares add up") {
  const auto found = MechanismDesk().cells().fabric().found();
  REQUIRE(found.size() == 1);
  const Mechanism& one = found[0];
  CHECK(one.seeds.size() == 6);
  const std::array<double, 4> alone = {4, 0, 2, 1}, share = {5.5, 0, 3.5, 1};  // of 40 items
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    CHECK(one.factors[i].alone.mean == doctest::Approx(alone[i] / 40).epsilon(1e-9));
    CHECK(one.factors[i].share.mean == doctest::Approx(share[i] / 40).epsilon(1e-9));
    sum += one.factors[i].share.mean;
    REQUIRE(one.factors[i].share.interval.has_value());
    CHECK(one.factors[i].share.interval->low <= one.factors[i].share.mean);
    CHECK(one.factors[i].share.interval->high >= one.factors[i].share.mean);
  }
  CHECK(sum == doctest::Approx(one.together.mean).epsilon(1e-9));
  CHECK(one.together.mean == doctest::Approx(10.0 / 40));
  CHECK(one.factors[1].multiple == 4);
  CHECK(one.factors[2].multiple == 4);  // a quarter was kept
  CHECK(one.factors[3].multiple == 2);
}

TEST_CASE("[mechanism] a fabric's gap is to the plain monolith of the thinned suite") {
  const auto found = MechanismDesk().cells().fabric().found();
  REQUIRE(found[0].gaps.size() == 1);
  const MechanismGap& gap = found[0].gaps[0];
  CHECK(gap.fabric == "told");
  CHECK(gap.gap.mean == doctest::Approx(6.0 / 40));
  CHECK(gap.verdict == "better");
  const std::string text = render(found, Format::text);
  CHECK(text.find("data x4") != std::string::npos);
  CHECK(text.find("told (reference)") != std::string::npos);
  CHECK(render(found, Format::json).find("\"needed_seeds\"") != std::string::npos);
  CHECK_THROWS_AS(render(found, Format::csv), InputError);
}

TEST_CASE("[mechanism] says which cell is missing, and that there is none") {
  try {
    MechanismDesk().cells(/*without=*/13).found();
    FAIL("a cell is missing");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) ==
          "the mechanism lacks a scored arm enlarged: {tag: true, params: 1.0, steps: 2.0} on suite 'whole'");
  }
  MechanismDesk plain;
  plain.fixture().experiment()["suites"][0]["suite"] = {{"name", "quarter"}};
  CHECK_THROWS_AS(plain.cells().found(), InputError);
}

}  // namespace
}  // namespace loom::mechanism_test
