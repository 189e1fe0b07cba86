// SPDX-License-Identifier: Apache-2.0
#include "harness/decomposition.h"

#include <cmath>

#include "tests/support/comparison_fixture.h"

namespace loom::decomposition_test {
namespace {

using namespace loom::testing;

constexpr double kExact = 1e-12;

Json specialists(Json combiner, const std::string& partition = "domain") {
  return {{"name", "specialists"},
          {"birth", {{"name", "cold"}}},
          {"partition", {{"name", partition}}},
          {"combiner", std::move(combiner)}};
}
const Json kHard = {{"name", "router"}, {"mode", "hard"}, {"target", "domain"}};
const Json kSoft = {{"name", "router"}, {"mode", "soft"}, {"target", "domain"}};

// The score of two domains of kGroups items each.
double macro(int left, int right) { return (left + right) / (2.0 * kGroups); }

// Two members whose right answers in (left, right) are given, the sample oracle's and the share solved by one.
Json alone(const std::array<std::array<int, 2>, 2>& right, int best, double one) {
  Json rows = Json::array();
  for (const auto& member : right) rows.push_back({member[0] / double(kGroups), member[1] / double(kGroups)});
  return {{"member_domain", rows},
          {"sample_oracle", {{"domain", {nullptr, nullptr}}, {"macro", best / (2.0 * kGroups)}}},
          {"solved_by_one", {{"domain", {nullptr, nullptr}}, {"macro", one}}},
          {"params", 4000}};
}

// Three seeds: a monolith, fabrics over the same members, a random split. The seed shifts what the members get right.
class Desk {
 public:
  Desk() : fixture_(scratch_.path() / "demo") {
    fixture_.suite("two", "accuracy", 3).row({.arm = "dense"});
    for (int seed = 0; seed < 3; ++seed) fixture_.ok(right_cells(15 + seed, 14), 0.8);
  }

  Desk& fabric(const std::string& arm, const Json& component, int left, int right, bool scores = true,
               const std::string& members = "m") {
    fixture_.row({.arm = arm,
                  .architecture = "specialists",
                  .family = "fabric",
                  .role = component.at("combiner").at("name") == "oracle" ? "reference" : "arm",
                  .level = component.at("combiner").at("name") == "oracle" ? "domain" : "none"});
    fixture_.last_row()["component"] = component;
    for (int seed = 0; seed < 3; ++seed) {
      Json change = {{"members", {members + std::to_string(seed), members + "b"}}};
      if (scores) change["member_scores"] = alone({{{18 + seed % 2, 4}, {3, 19 - seed}}}, 39, 0.7);
      fixture_.ok(right_cells(left, right + seed), 0.7, change);
    }
    return *this;
  }

  Desk& random_split() {
    fixture_.row({.arm = "random_split cold", .architecture = "specialists", .family = "fabric", .role = "null"});
    fixture_.last_row()["component"] = specialists(kHard, "random");
    for (int seed = 0; seed < 3; ++seed)
      fixture_.ok(right_cells(12, 12), 0.6,
                  {{"members", {"r", "s"}}, {"member_scores", alone({{{12, 10}, {14, 12}}}, 30, 0.2)}});
    return *this;
  }

  std::vector<Decomposition> decomposed() { return decompose(load_results(fixture_.finish())); }

 private:
  ScratchFolder scratch_;
  ResultFixture fixture_;
};

void check_identities(const Decomposition& one) {
  for (size_t i = 0; i < one.seeds.size(); ++i) {
    CHECK(std::abs(one.gap.by_seed[i] - (one.gain.by_seed[i] - one.regret.by_seed[i])) < kExact);
    if (!one.routing.by_seed.empty())
      CHECK(std::abs(one.regret.by_seed[i] - (one.routing.by_seed[i] + one.combination.by_seed[i])) < kExact);
    double own = 0;
    for (const Term& domain : one.interference) own += domain.by_seed[i] / 2;
    CHECK(std::abs(own - one.gain.by_seed[i]) < kExact);
  }
  CHECK(std::abs(one.gap.mean - (one.gain.mean - one.regret.mean)) < kExact);
}

TEST_CASE("[decomposition] a hard router's gap by hand: gain - regret, and no combination regret") {
  const auto found = Desk().fabric("hard", specialists(kHard), 16, 15).random_split().decomposed();
  REQUIRE(found.size() == 1);  // the null is no fabric to take apart
  const Decomposition& one = found[0];
  CHECK(one.monolith == "dense");
  for (int seed = 0; seed < 3; ++seed) {
    const auto i = static_cast<size_t>(seed);
    const double monolith = macro(15 + seed, 14), oracle = macro(18 + seed % 2, 19 - seed);
    CHECK(one.gain.by_seed[i] == doctest::Approx(oracle - monolith));
    CHECK(one.regret.by_seed[i] == doctest::Approx(oracle - macro(16, 15 + seed)));
    CHECK(one.headroom.by_seed[i] ==
          doctest::Approx(macro(39, 0) - std::max(macro(18 + seed % 2, 4), macro(3, 19 - seed))));
    CHECK(one.fragmentation.by_seed[i] == doctest::Approx(monolith - (macro(12, 10) + macro(14, 12)) / 2));
    CHECK(one.interference[0].by_seed[i] == doctest::Approx((18 + seed % 2 - (15 + seed)) / 20.0));
  }
  check_identities(one);
  CHECK(one.hard == "hard");
  CHECK(one.combination.mean == 0);
  CHECK(one.routing.by_seed == one.regret.by_seed);
  CHECK(one.solved_by_one.mean == doctest::Approx(0.7));
  CHECK(one.fragment_params.value() == doctest::Approx(4000.0 / 5000));
  CHECK(one.gap.crossed);
  CHECK_FALSE(one.gain.crossed);  // no oracle row has these members, so its test cells are not stored
  CHECK(one.gain.interval.has_value());
}

TEST_CASE("[decomposition] a soft router's regret splits at the hard one over the same members") {
  const auto found =
      Desk().fabric("hard", specialists(kHard), 16, 15).fabric("soft", specialists(kSoft), 17, 15).decomposed();
  REQUIRE(found.size() == 2);
  const Decomposition& soft = found[1];
  CHECK(soft.hard == "hard");
  for (const double lost : soft.combination.by_seed) CHECK(lost == doctest::Approx(-1.0 / 40));  // mixing gains an item
  check_identities(soft);
}

TEST_CASE("[decomposition] without such an arm the split is unknown and the rest stands") {
  Json other = kHard;
  other["target"] = "best_member";
  for (const bool members : {true, false}) {
    const auto found = Desk()
                           .fabric("hard", specialists(members ? other : kHard), 16, 15, true, members ? "m" : "other")
                           .fabric("soft", specialists(kSoft), 17, 15)
                           .decomposed();
    const Decomposition& soft = found[1];
    CHECK(soft.hard.empty());
    CHECK(soft.routing.by_seed.empty());
    CHECK(std::isnan(soft.combination.mean));
    CHECK(soft.routing.reason.find("routes hard over the same members") != std::string::npos);
    check_identities(soft);
  }
}

TEST_CASE("[decomposition] an oracle row over the same members gives the same numbers and crossed intervals") {
  const Json oracle = specialists({{"name", "oracle"}});
  const auto found =
      Desk().fabric("hard", specialists(kHard), 16, 15, false).fabric("oracle", oracle, 18, 17).decomposed();
  REQUIRE(found.size() == 1);  // a reference is no contestant
  const Decomposition& one = found[0];
  for (size_t i = 0; i < 3; ++i) {
    const int seed = static_cast<int>(i);
    CHECK(one.gain.by_seed[i] == doctest::Approx(macro(18, 17 + seed) - macro(15 + seed, 14)));
    CHECK(std::abs(one.gap.by_seed[i] - (one.gain.by_seed[i] - one.regret.by_seed[i])) < kExact);
  }
  CHECK(one.gain.crossed);
  CHECK(one.headroom.reason.find("older loom") != std::string::npos);
}

TEST_CASE("[decomposition] without member scores, or with members of no domain, the reason is told") {
  const auto old = Desk().fabric("hard", specialists(kHard), 16, 15, false).decomposed();
  CHECK(old[0].gain.by_seed.empty());
  CHECK(old[0].gain.reason.find("older loom") != std::string::npos);
  CHECK(old[0].gap.by_seed.size() == 3);
  CHECK(old[0].fragmentation.reason.find("no random split") != std::string::npos);
  const auto pooled = Desk().fabric("pooled", specialists(kHard, "pooled"), 16, 15).decomposed();
  CHECK(pooled[0].gain.reason == "partition pooled has no member for each domain, so no oracle");
  CHECK(pooled[0].headroom.by_seed.size() == 3);
}

TEST_CASE("[decomposition] fewer bits are better: every sign turns, every identity holds") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "bits_per_byte", 2).row({.arm = "dense"});
  for (int seed = 0; seed < 2; ++seed) fixture.ok(bit_cells(2.0), 2.0);
  fixture.row({.arm = "hard", .architecture = "specialists", .family = "fabric"});
  fixture.last_row()["component"] = specialists(kHard);
  const Json scores = {{"member_domain", {{1.2, 5.0}, {6.0, 1.4}}},
                       {"sample_oracle", {{"macro", 1.1}}},
                       {"solved_by_one", {{"macro", 0.9}}},
                       {"params", 100}};
  for (int seed = 0; seed < 2; ++seed)
    fixture.ok(bit_cells(1.5), 1.5, {{"members", {"a", "b"}}, {"member_scores", scores}});
  const Decomposition one = decompose(load_results(fixture.finish()))[0];
  CHECK(one.gap.mean == doctest::Approx(0.5));
  CHECK(one.gain.mean == doctest::Approx(2.0 - 1.3));
  CHECK(one.regret.mean == doctest::Approx(1.5 - 1.3));
  CHECK(one.headroom.mean == doctest::Approx(3.1 - 1.1));
  CHECK(one.interference[1].mean == doctest::Approx(2.0 - 1.4));
  check_identities(one);
}

}  // namespace
}  // namespace loom::decomposition_test
