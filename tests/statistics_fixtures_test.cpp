// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "harness/effects.h"
#include "harness/io.h"
#include "harness/json.h"
#include "harness/power.h"
#include "harness/statistics.h"

// What scipy answers: scripts/statistics_fixtures.py writes the file and says whether it is current.

using loom::Json;
using Values = std::vector<double>;

namespace {

doctest::Approx near(const Json& expected) { return doctest::Approx(expected.get<double>()).epsilon(1e-9); }

const Json& fixtures(const char* part) {
  static const Json all = [] {
    const auto file = std::filesystem::path(LOOM_SOURCE_DIR) / "tests" / "golden" / "statistics.json";
    return loom::parse_json(loom::read_file(file), "statistics.json");
  }();
  REQUIRE_FALSE(all.at(part).empty());
  return all.at(part);
}

void check_interval(const loom::Interval& interval, const Json& expected) {
  CHECK(interval.low == near(expected.at(1)));
  CHECK(interval.high == near(expected.at(2)));
}

std::optional<int64_t> count(const Json& answer) {
  return answer.is_null() ? std::nullopt : std::optional(answer.get<int64_t>());
}

}  // namespace

TEST_CASE("[fixtures] summaries of samples agree with scipy") {
  for (const Json& sample : fixtures("samples")) {
    const Values values = sample.at("values");
    CHECK(loom::mean(values) == near(sample.at("mean")));
    CHECK(loom::standard_deviation(values) == near(sample.at("standard_deviation")));
    CHECK(loom::interquartile_mean(values) == near(sample.at("interquartile_mean")));
    for (const Json& pair : sample.at("quantiles")) CHECK(loom::quantile(values, pair.at(0)) == near(pair.at(1)));
  }
}

TEST_CASE("[fixtures] t quantiles and intervals agree with scipy") {
  for (const Json& row : fixtures("t_quantiles")) {
    CHECK(loom::student_t_quantile(row.at(0), row.at(1)) == near(row.at(2)));
  }
  for (const Json& sample : fixtures("samples")) {
    const Values values = sample.at("values");
    for (const Json& row : sample.at("t_intervals")) check_interval(loom::t_interval(values, row.at(0)), row);
  }
}

TEST_CASE("[fixtures] sign flips and equivalence tests agree with scipy") {
  for (const Json& sample : fixtures("samples")) {
    const Values values = sample.at("values");
    CHECK(loom::sign_flip(values, 1) == near(sample.at("sign_flip")));
    for (const Json& test : sample.at("equivalence")) {
      CHECK(loom::equivalence_p(values, test.at("margin")) == near(test.at("p")));
    }
  }
}

TEST_CASE("[fixtures] powers and detectable effects agree with scipy") {
  for (const Json& design : fixtures("designs")) {
    const std::string kind = design.at("kind");
    const double level = design.at("level");
    CAPTURE(design.dump());
    if (kind == "power") {
      CHECK(loom::paired_t_power(design.at("seeds"), design.at("effect"), level) == near(design.at("answer")));
    } else if (kind == "equivalence_power") {
      CHECK(loom::equivalence_power(design.at("seeds"), design.at("margin"), level) == near(design.at("answer")));
    } else if (kind == "detectable") {
      const int64_t seeds = design.at("seeds");
      CHECK(loom::minimum_detectable_effect(seeds, level, design.at("power")) == near(design.at("answer")));
    }
  }
}

TEST_CASE("[fixtures] needed seeds agree with a scan by scipy") {
  for (const Json& design : fixtures("designs")) {
    const std::string kind = design.at("kind");
    if (!kind.starts_with("needed")) continue;
    const double level = design.at("level"), power = design.at("power");
    CAPTURE(design.dump());
    const auto seeds = kind == "needed" ? loom::needed_seeds(1, design.at("effect"), level, power)
                                        : loom::needed_seeds_equivalence(1, design.at("margin"), level, power);
    CHECK(seeds == count(design.at("answer")));
  }
}

TEST_CASE("[fixtures] probabilities of improvement agree with scipy") {
  for (const Json& pair : fixtures("improvements")) {
    const Values a = pair.at("a"), b = pair.at("b");
    CHECK(loom::probability_of_improvement(a, b) == near(pair.at("share")));
    for (const Json& row : pair.at("intervals")) check_interval(loom::improvement_interval(a, b, row.at(0)), row);
  }
}

TEST_CASE("[fixtures] false discovery control and McNemar's test agree with scipy") {
  for (const Json& family : fixtures("discoveries")) {
    const Values adjusted = loom::benjamini_hochberg(family.at("p").get<Values>());
    for (size_t i = 0; i < adjusted.size(); ++i) CHECK(adjusted[i] == near(family.at("adjusted").at(i)));
  }
  for (const Json& table : fixtures("mcnemar")) {
    CHECK(loom::mcnemar_exact(table.at("only_a"), table.at("only_b")) == near(table.at("p")));
  }
}
