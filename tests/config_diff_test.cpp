// SPDX-License-Identifier: Apache-2.0
#include "harness/config_diff.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "harness/cli/diff_view.h"
#include "harness/error.h"
#include "tests/support/result_fixture.h"

namespace loom::config_diff_test {
namespace {

using namespace loom::testing;

TEST_CASE("[config diff] leaves are compared, items of lists by their label") {
  const Json a = Json::parse(R"({"seeds": 6, "free": [1, 2],
    "arms": [{"label": "dense", "width": 8}, {"label": "moe", "width": 4}], "old": 1})");
  const Json b = Json::parse(R"({"seeds": 6, "free": [1, 3],
    "arms": [{"label": "moe", "width": 5}, {"label": "dense", "width": 8}], "new": {"x": null}})");
  const auto found = config_differences(a, b);
  REQUIRE(found.size() == 4);
  CHECK(found[0].path == "arms.moe.width");
  CHECK(found[0].a == "4");
  CHECK(found[0].b == "5");
  CHECK(found[1].path == "free");
  CHECK(found[1].b == "[1,3]");
  CHECK(found[2].path == "new");
  CHECK(found[2].a.empty());
  CHECK(found[2].b == R"({"x":null})");
  CHECK(found[3].path == "old");
  CHECK(found[3].b.empty());
  CHECK(config_differences(a, a).empty());
}

ResultStore made(const ScratchFolder& scratch, const std::string& name, int right, const char* third, int samples) {
  ResultFixture fixture(scratch.path() / name);
  fixture.suite("two", "accuracy", 2);
  fixture.experiment()["suites"][0]["samples"] = samples;
  for (const auto& [arm, score] : {std::pair{"dense", 15}, std::pair{"moe", right}, std::pair{third, 12}}) {
    fixture.row({.arm = arm});
    for (int seed = 0; seed < 2; ++seed) fixture.ok(right_cells(score, score), 0.8);
  }
  return load_results(fixture.finish());
}

TEST_CASE("[config diff] results side by side: changed rows, lonely rows, settings") {
  const ScratchFolder scratch;
  const ResultStore a = made(scratch, "a", 10, "only_a", 1000), b = made(scratch, "b", 14, "only_b", 2000);
  const Json found = Json::parse(diff_text(a, b, Format::json));
  REQUIRE(found.at("rows").size() == 3);
  CHECK(found.at("rows")[0].at("changed") == false);
  CHECK(found.at("rows")[1].at("changed") == true);
  CHECK(found.at("rows")[1].at("a") == doctest::Approx(0.5));  // 20 of 40 items
  CHECK(found.at("rows")[1].at("b") == doctest::Approx(0.7));
  CHECK(found.at("rows")[2].at("only_in_a") == true);
  CHECK(found.at("uncompared")[0].at("arm") == "only_b");
  REQUIRE(found.at("config").size() == 1);
  CHECK(found.at("config")[0] == Json({{"path", "suites.two.samples"}, {"a", 1000}, {"b", 2000}}));
  const std::string text = diff_text(a, b, Format::text);
  for (const char* part :
       {"1 of 2 rows have another score; settings that differ: 1", "+.2000", "suites.two.samples", "only_b"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find("dense") == std::string::npos);
  CHECK(diff_text(a, a, Format::text).find("0 of 3 rows have another score; settings that differ: 0") !=
        std::string::npos);
  CHECK_THROWS_AS(diff_text(a, b, Format::csv), InputError);
}

}  // namespace
}  // namespace loom::config_diff_test
