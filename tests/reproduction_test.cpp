// SPDX-License-Identifier: Apache-2.0
#include "harness/reproduction.h"

#include <doctest/doctest.h>

#include <cmath>

#include "harness/error.h"
#include "tests/support/comparison_fixture.h"

namespace loom::reproduction_test {
namespace {

using namespace loom::testing;

using Change = std::array<int, 6>;  // right items by seed, on top of kRight
constexpr Change kSame = {0, 0, 0, 0, 0, 0}, kOneMore = {1, 1, 1, 1, 1, 1}, kThreeMore = {3, 3, 3, 3, 3, 3};
constexpr Change kBetter = {5, 6, 5, 6, 5, 6};  // than kSame on all six seeds: p = 2/64

// Two arms of six seeds, the fabric significantly better by kBetter; repetitions change one thing each.
struct Study {
  ScratchFolder scratch;
  ResultStore original = store("original", "", kSame, kBetter);

  ResultStore store(const std::string& name, const std::string& code, const Change& dense, const Change& fabric,
                    const Json& record = Json::object()) const {
    ResultFixture fixture = started(name, code);
    add_arm(fixture, {.arm = "dense"}, dense, 0.8, record);
    add_arm(fixture, kFabric, fabric, 0.9, record);
    return load_results(fixture.finish());
  }
  ResultFixture started(const std::string& name, const std::string& code) const {
    ResultFixture fixture(scratch.path() / name);
    fixture.suite("two", "accuracy", 6).other_code(code);
    return fixture;
  }
};

bool notes(const ReproducedRow& row, const std::string& part) {
  return std::ranges::any_of(row.notes, [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

TEST_CASE("[reproduction] equal records are R0, whatever `measured` says") {
  const Study study;
  const Json elsewhere = {{"measured", {{"train_cpu_s", 99.0}, {"isa", "AVX512"}}}};
  const Reproduction found = reproduce(study.store("again", "", kSame, kBetter, elsewhere), study.original);
  CHECK(found.level == Reproduced::r0);
  CHECK(found.first_failure() == nullptr);
  REQUIRE(found.rows.size() == 2);
  for (const ReproducedRow& row : found.rows) {
    CHECK(row.level == Reproduced::r0);
    CHECK(row.seeds == 6);
    CHECK(row.score == row.score_there);
    CHECK(row.standard_errors == 0.0);
    CHECK(row.notes.empty());
  }
}

TEST_CASE("[reproduction] other bits under the same id are told apart by the instruction set") {
  const Study study;
  Json changed = {{"undertrained", true}};
  const ReproducedRow here = reproduce(study.store("here", "", kSame, kBetter, changed), study.original).rows.at(0);
  CHECK(here.level == Reproduced::r1);
  CHECK(notes(here, "same id and instruction set, other bits"));
  changed["measured"]["isa"] = "AVX512";
  const ReproducedRow other = reproduce(study.store("other", "", kSame, kBetter, changed), study.original).rows.at(0);
  CHECK(other.level == Reproduced::r1);
  CHECK(notes(other, "another instruction set"));
}

// kRight has a variance of 4/5 items, so means over six seeds of two independent runs differ with a standard error of
// sqrt(2 * 4/5 / 6) = .516 items: one item is within 2 of them, three are beyond.
TEST_CASE("[reproduction] other ids with scores within 2 standard errors are R1") {
  const Study study;
  const Reproduction found = reproduce(study.store("again", "new", kOneMore, kBetter), study.original);
  CHECK(found.level == Reproduced::r1);
  CHECK(found.rows.at(0).arm == "dense");
  CHECK(found.rows.at(0).standard_errors.value() == doctest::Approx(1 / std::sqrt(1.6 / 6)));
  CHECK(found.rows.at(0).score == doctest::Approx(share(32)));
  CHECK(found.rows.at(0).score_there == doctest::Approx(share(31)));
  CHECK(notes(found.rows.at(0), "other trial ids"));
  CHECK(found.rows.at(1).level == Reproduced::r1);
}

TEST_CASE("[reproduction] scores beyond 2 standard errors are R2 while every significant sign is kept") {
  const Study study;
  const Reproduction found = reproduce(study.store("again", "new", kThreeMore, kBetter), study.original);
  CHECK(found.level == Reproduced::r2);
  CHECK(found.first_failure() == nullptr);
  CHECK(found.rows.at(0).level == Reproduced::r2);
  CHECK(found.rows.at(0).standard_errors.value() == doctest::Approx(3 / std::sqrt(1.6 / 6)));
  CHECK(notes(found.rows.at(0), "beyond 2 standard errors"));
  CHECK(found.rows.at(1).level == Reproduced::r1);
  REQUIRE(found.signs.size() == 1);  // best over other and the headline are the same pair
  CHECK(found.signs[0].better == "fabric");
  CHECK(found.signs[0].worse == "dense");
  CHECK(found.signs[0].there == doctest::Approx(share(33) / 6));  // (5+6+5+6+5+6) / 6 of 40 items
  CHECK(found.signs[0].here.value() == doctest::Approx(share(15) / 6));
  CHECK(found.signs[0].kept);
}

TEST_CASE("[reproduction] a significant sign that turns round fails the row that moved") {
  const Study study;
  const Reproduction found = reproduce(study.store("again", "new", {8, 8, 8, 8, 8, 8}, kBetter), study.original);
  CHECK(found.level == Reproduced::none);
  REQUIRE(found.first_failure() != nullptr);
  CHECK(found.first_failure()->arm == "dense");
  CHECK(notes(*found.first_failure(), "1 of 1 significant signs lost"));
  CHECK_FALSE(found.signs.at(0).kept);
  CHECK(found.signs.at(0).here.value() < 0);
}

TEST_CASE("[reproduction] without a significant sign there is nothing that R2 could keep") {
  const Study study;
  const ResultStore original = study.store("even", "", kSame, kSame);
  const Reproduction found = reproduce(study.store("again", "new", kThreeMore, kSame), original);
  CHECK(found.signs.empty());
  REQUIRE(found.first_failure() != nullptr);
  CHECK(notes(*found.first_failure(), "no significant sign there"));
}

TEST_CASE("[reproduction] fewer bits are better: signs are those of better arms") {
  const ScratchFolder scratch;
  const auto store = [&](const std::string& name, double dense, double fabric) {
    ResultFixture fixture(scratch.path() / name);
    fixture.suite("two", "bits_per_byte", 6).other_code(name);
    for (const auto& [row, bits] : {std::pair(FixtureRow{.arm = "dense"}, dense), std::pair(kFabric, fabric)}) {
      fixture.row(row);
      for (int seed = 0; seed < 6; ++seed) fixture.ok(bit_cells(bits + 0.001 * (seed % 3)), bits);
    }
    return load_results(fixture.finish());
  };
  const ResultStore original = store("original", 2.0, 1.5);
  CHECK(reproduce(store("lower", 1.8, 1.4), original).level == Reproduced::r2);
  CHECK(reproduce(store("turned", 1.4, 1.8), original).level == Reproduced::none);
}

TEST_CASE("[reproduction] rows that are missing, incomplete or only here are told") {
  const Study study;
  ResultFixture fixture = study.started("again", "");
  fixture.row({.arm = "dense"});
  for (const int right : {30, 31}) fixture.ok(right_cells(right - right / 2, right / 2), 0.8);
  fixture.failed("timeout", "ran 60 s");
  add_arm(fixture, {.arm = "another"}, kSame, 0.8);
  const Reproduction found = reproduce(load_results(fixture.finish()), study.original);
  CHECK(found.rows.at(0).level == Reproduced::r0);
  CHECK(found.rows.at(0).seeds == 2);
  CHECK(found.rows.at(0).seeds_there == 6);
  CHECK(notes(found.rows.at(0), "2 of 6 seeds"));
  REQUIRE(found.first_failure() != nullptr);
  CHECK(found.first_failure()->arm == "fabric");
  CHECK(found.first_failure()->missing);
  CHECK(notes(*found.first_failure(), "not planned here"));
  REQUIRE(found.uncompared.size() == 1);
  CHECK(found.uncompared[0].arm == "another");
  CHECK_FALSE(found.signs.at(0).here.has_value());
}

TEST_CASE("[reproduction] R1 needs the same sizes, and training FLOPs within the budget's 2 %") {
  const Study study;
  const auto dense_with = [&](const std::string& key, double factor) {
    ResultFixture fixture = study.started(key + std::to_string(factor), "new");
    add_arm(fixture, {.arm = "dense"}, kSame, 0.8);
    Json& cost = fixture.last_row()["costs"][key];
    cost = cost.get<double>() * factor;
    add_arm(fixture, kFabric, kBetter, 0.9);
    return reproduce(load_results(fixture.finish()), study.original).rows.at(0);
  };
  CHECK(dense_with("train_flops", 1.019).level == Reproduced::r1);
  CHECK(dense_with("train_flops", 1.021).level == Reproduced::r2);
  CHECK(notes(dense_with("infer_flops", 1.5), "inference FLOPs 15000 here, 10000 there"));
  CHECK(dense_with("params_total", 1.002).level == Reproduced::r2);
}

TEST_CASE("[reproduction] a seed that diverges on one side only is no R1") {
  const Study study;
  ResultFixture fixture = study.started("again", "new");
  fixture.row({.arm = "dense"});
  for (size_t seed = 0; seed < 5; ++seed)
    fixture.ok(right_cells(kRight[seed] - kRight[seed] / 2, kRight[seed] / 2), 0.8);
  fixture.diverged("a loss is not finite");
  add_arm(fixture, kFabric, kBetter, 0.9);
  const ReproducedRow row = reproduce(load_results(fixture.finish()), study.original).rows.at(0);
  CHECK(row.level == Reproduced::r2);
  CHECK(notes(row, "diverged on one side only"));
}

TEST_CASE("[reproduction] one seed has no spread: another score is no R1") {
  const ScratchFolder scratch;
  const auto store = [&](const std::string& code, int right) {
    ResultFixture fixture(scratch.path() / code);
    fixture.suite("two", "accuracy", 1).other_code(code).row({.arm = "dense"});
    fixture.ok(right_cells(right, right), 0.8);
    return load_results(fixture.finish());
  };
  const ResultStore original = store("original", 15);
  CHECK(reproduce(store("equal", 15), original).level == Reproduced::r1);
  const ReproducedRow other = reproduce(store("other", 16), original).rows.at(0);
  CHECK(other.level == Reproduced::none);
  CHECK_FALSE(other.standard_errors.has_value());
}

TEST_CASE("[reproduction] scores of other data are no repetition") {
  const Study study;
  ResultFixture fixture = study.started("again", "new");
  fixture.suites()["two"]["digest"] = std::string(64, 'e');
  add_arm(fixture, {.arm = "dense"}, kSame, 0.8);
  add_arm(fixture, kFabric, kBetter, 0.9);
  const Reproduction found = reproduce(load_results(fixture.finish()), study.original);
  CHECK(found.level == Reproduced::none);
  CHECK(notes(found.rows.at(0), "other data"));
}

TEST_CASE("[reproduction] a reference without a record is refused") {
  const Study study;
  ResultFixture fixture = study.started("planned", "");
  fixture.row({.arm = "dense"}).open();
  const ResultStore planned = load_results(fixture.finish());
  CHECK_THROWS_AS(reproduce(study.original, planned), InputError);
}

}  // namespace
}  // namespace loom::reproduction_test
