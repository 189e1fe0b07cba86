// SPDX-License-Identifier: Apache-2.0
#include "harness/verdict.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include "harness/power.h"

namespace loom::verdict_test {
namespace {

using enum Verdict;

constexpr double kMargin = 0.01;

// Ten pairs, significant, with these bounds; the equivalence interval is `inset` narrower on both sides.
CellEvidence evidence(double low, double high, double inset = 0.002) {
  return {.pairs = 10,
          .pairs_needed = 10,
          .theta = (low + high) / 2,
          .interval = Interval{low, high},
          .equivalence = Interval{low + inset, high - inset},
          .p_adjusted = 0.01,
          .margin = kMargin};
}

Verdict word(const CellEvidence& given) { return cell_verdict(given).verdict; }

CellEvidence relabelled(CellEvidence given) {
  given.theta = -given.theta;
  given.interval = Interval{-given.interval->high, -given.interval->low};
  given.equivalence = Interval{-given.equivalence->high, -given.equivalence->low};
  return given;
}

TEST_CASE("[verdict] SUPPORTED needs all three: p, an interval above zero, an effect of the margin") {
  const CellEvidence good = evidence(0.004, 0.036);
  CHECK(word(good) == supported);
  CHECK_FALSE(cell_verdict(good).strong);
  CellEvidence other = good;
  other.p_adjusted = 0.05;
  CHECK(word(other) == supported);
  other.p_adjusted = std::nextafter(0.05, 1.0);
  CHECK(word(other) == undecided);
  CHECK(word(evidence(0.0, 0.04)) == undecided);  // zero is not excluded
  other = good;
  other.theta = kMargin;
  CHECK(word(other) == supported);
  other.theta = std::nextafter(kMargin, 0.0);
  CHECK(word(other) == undecided);
}

TEST_CASE("[verdict] SUPPORTED is strong from the margin on") {
  CHECK(cell_verdict(evidence(kMargin, 0.05)).strong);
  CHECK(word(evidence(kMargin, 0.05)) == supported);
  CHECK_FALSE(cell_verdict(evidence(std::nextafter(kMargin, 0.0), 0.05)).strong);
}

TEST_CASE("[verdict] REFUTED and REVERSED begin below the margins, whatever p is") {
  CellEvidence refuted_one = evidence(-0.04, std::nextafter(kMargin, 0.0));
  refuted_one.p_adjusted = 1;
  CHECK(word(refuted_one) == refuted);
  CHECK(word(evidence(-0.04, kMargin)) == undecided);
  CHECK(word(evidence(-0.04, -kMargin)) == refuted);
  CHECK(word(evidence(-0.04, std::nextafter(-kMargin, -1.0))) == reversed);
}

TEST_CASE("[verdict] TIED comes before REFUTED and its ends are open") {
  CHECK(word(evidence(-0.009, 0.009)) == tied);  // high < margin alone would be REFUTED
  CHECK(word(evidence(-0.0115, 0.0115)) == tied);
  CHECK(word(evidence(-0.012, 0.008, 0.002)) == refuted);    // the equivalence interval ends at -margin
  CHECK(word(evidence(-0.008, 0.012, 0.002)) == undecided);  // and here at +margin
  CHECK(word(evidence(0.001, 0.009)) == tied);               // surely there and surely too small to matter
}

TEST_CASE("[verdict] nothing is decided with fewer pairs than promised, or without an interval") {
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{0.02, 0.04}, {-0.04, -0.02}, {-0.001, 0.001}}) {
    CellEvidence given = evidence(low, high, 0);
    CHECK(word(given) != undecided);
    given.pairs = 9;
    CHECK(word(given) == undecided);
    given.pairs = 10;
    given.interval.reset();
    CHECK(word(given) == undecided);
  }
}

TEST_CASE("[verdict] swapped sides turn strong support into REVERSED and back, mere support into REFUTED") {
  CHECK(word(relabelled(evidence(0.02, 0.04))) == reversed);
  CHECK(cell_verdict(relabelled(evidence(-0.04, -0.02))).strong);
  CHECK(word(relabelled(evidence(0.004, 0.036))) == refuted);
  CHECK(word(relabelled(evidence(-0.009, 0.009))) == tied);
  CHECK(word(relabelled(evidence(-0.03, 0.03))) == undecided);
}

TEST_CASE("[verdict] a margin of zero leaves support and its reverse") {
  CellEvidence given = evidence(0.001, 0.003, 0);
  given.margin = 0;
  CHECK(word(given) == supported);
  CHECK(word(relabelled(given)) == reversed);
}

Verdict of(const std::vector<Verdict>& cells) { return claim_verdict(cells).verdict; }

TEST_CASE("[verdict] a claim is supported by two thirds of its cells, or by more than half") {
  CHECK(of({supported}) == supported);
  CHECK_FALSE(claim_verdict(std::array{supported}).robust);
  CHECK(claim_verdict(std::array{supported, supported, undecided}).robust);
  CHECK_FALSE(claim_verdict(std::array{supported, supported, supported, tied, undecided}).robust);
  CHECK(of({supported, supported, supported, tied, undecided}) == supported);
  CHECK(of({supported, undecided}) == undecided);
}

TEST_CASE("[verdict] support here and reversal there is CONDITIONAL, however many cells support") {
  CHECK(of({supported, reversed}) == conditional);
  CHECK(of({supported, supported, supported, supported, reversed}) == conditional);
  CHECK(of({supported, supported, refuted}) == supported);
}

TEST_CASE("[verdict] else the majority's word; a tie and REVERSED also refute; without one UNDECIDED") {
  CHECK(of({}) == undecided);
  CHECK(of({tied, tied, undecided}) == tied);
  CHECK(of({reversed, reversed, undecided}) == reversed);
  CHECK(of({refuted, reversed, undecided}) == refuted);
  CHECK(of({refuted, tied, undecided}) == refuted);
  CHECK(of({refuted, undecided}) == undecided);
  CHECK(of({tied, supported}) == undecided);
}

// Differences of standard deviation 1.
std::vector<double> unit_spread(int count) {
  std::vector<double> out;
  for (int i = 0; i < count; ++i) out.push_back(i % 2 == 0 ? 1 : -1);
  const double spread = standard_deviation(out);
  for (double& value : out) value /= spread;
  return out;
}

TEST_CASE("[verdict] needed pairs are those whose detectable effect is the effect") {
  for (const int count : {10, 12, 16, 20, 32, 200}) {
    CAPTURE(count);
    const std::vector<double> differences = unit_spread(count);
    const double detectable = minimum_detectable_effect(differences);
    CHECK(needed_pairs(differences, detectable * 1.0001, 0.05) == count);
    CHECK(needed_pairs(differences, detectable * 0.9999, 0.05) == count + 1);
  }
}

TEST_CASE("[verdict] needed pairs never fall below what a sign flip can show") {
  const std::vector<double> same = {1, 1, 1};
  CHECK(needed_pairs(same, 1, 0.05) == 6);      // 2 / 2^6 = .031, 2 / 2^5 = .0625
  CHECK(needed_pairs(same, 1, 0.05 / 3) == 7);  // .0156 of .0167
  CHECK(needed_pairs(unit_spread(10), 50, 0.05) == 6);
  CHECK_FALSE(needed_pairs(same, 0, 0.05));
  CHECK_FALSE(needed_pairs(std::vector<double>{1}, 1, 0.05));
  CHECK_FALSE(needed_pairs(unit_spread(10), 1e-9, 0.05));
}

TEST_CASE("[verdict] pairs for a tie at margins of 2, 1.5, 1 and .5 standard deviations") {
  const std::vector<double> differences = unit_spread(10);
  CHECK(needed_pairs_tie(differences, 2, 0.05) == 4);
  CHECK(needed_pairs_tie(differences, 1.5, 0.05) == 6);
  CHECK(needed_pairs_tie(differences, 1, 0.05) == 11);
  CHECK(needed_pairs_tie(differences, 0.5, 0.05) == 36);
  CHECK_FALSE(needed_pairs_tie(differences, 0, 0.05));
}

}  // namespace
}  // namespace loom::verdict_test
