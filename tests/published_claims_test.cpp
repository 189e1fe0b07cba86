// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "harness/claims.h"

namespace loom::published_claims_test {
namespace {

JudgedClaim judged(Verdict verdict, std::optional<double> published, std::vector<Interval> intervals) {
  JudgedClaim out;
  out.claim.id = "a";
  out.claim.better.arm = "fabric", out.claim.than.arm = "dense";
  out.claim.source = "Someone 1999";
  out.claim.published = published;
  out.verdict.verdict = verdict;
  for (const Interval& interval : intervals)
    out.cells.push_back({.suite = "s", .column = "serving", .pairs = 10, .margin = 0.01, .interval = interval});
  return out;
}

TEST_CASE("[published claims] supported is reproduced, another certain word is not, and no word is none") {
  const std::vector<Interval> one = {{0.02, 0.04}};
  CHECK(reproduction_word(judged(Verdict::supported, {}, one)) == "REPRODUCED");
  CHECK(reproduction_word(judged(Verdict::conditional, {}, one)) == "IN PART");
  CHECK(reproduction_word(judged(Verdict::undecided, {}, one)) == "UNDECIDED");
  for (const Verdict other : {Verdict::refuted, Verdict::reversed, Verdict::tied})
    CHECK(reproduction_word(judged(other, {}, one)) == "NOT REPRODUCED");
  JudgedClaim own = judged(Verdict::supported, {}, one);
  own.claim.source.clear();
  CHECK(reproduction_word(own).empty());
}

TEST_CASE("[published claims] a tie reproduces a published difference that is of no interest, and no other") {
  const std::vector<Interval> tie = {{-0.004, 0.005}};
  CHECK(reproduction_word(judged(Verdict::tied, 0.002, tie)) == "REPRODUCED");
  CHECK(reproduction_word(judged(Verdict::tied, -0.01, tie)) == "REPRODUCED");
  CHECK(reproduction_word(judged(Verdict::tied, 0.02, tie)) == "NOT REPRODUCED");
}

TEST_CASE("[published claims] the figure is held against every interval") {
  CHECK(figure_holds(judged(Verdict::supported, 0.03, {{0.02, 0.04}})).value());
  CHECK_FALSE(figure_holds(judged(Verdict::supported, 0.05, {{0.02, 0.04}})).value());
  CHECK_FALSE(figure_holds(judged(Verdict::supported, 0.03, {{0.02, 0.04}, {0.035, 0.05}})).value());
  CHECK_FALSE(figure_holds(judged(Verdict::supported, {}, {{0.02, 0.04}})));
  const std::vector<JudgedClaim> all = {judged(Verdict::supported, 0.05, {{0.02, 0.04}})};
  CHECK(claims_lines(all) ==
        "  a: SUPPORTED; Someone 1999: REPRODUCED; the published +.0500 lies outside the interval\n");
  CHECK(claims_text(all).find("\n  Someone 1999: REPRODUCED; the published") != std::string::npos);
}

TEST_CASE("[published claims] who published a claim is kept with it and is no part of what is tested") {
  const Claim quoted = judged(Verdict::supported, 0.05, {}).claim;
  Claim plain = quoted;
  plain.source.clear(), plain.published.reset();
  CHECK(claim_hash(quoted) == claim_hash(plain));
  const Claim read = claim_from_json(to_json(quoted));
  CHECK(read.source == "Someone 1999");
  CHECK(read.published == 0.05);
  CHECK_FALSE(claim_from_json(to_json(plain)).published);
}

}  // namespace
}  // namespace loom::published_claims_test
