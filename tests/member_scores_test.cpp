// SPDX-License-Identifier: Apache-2.0
#include "harness/member_scores.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/metrics.h"
#include "harness/random.h"

namespace loom::member_scores_test {
namespace {

// Labels of two classes, all of class 0; `right[i]` says whether the member finds it.
Outcomes labels(const std::vector<int32_t>& domain, const std::vector<bool>& right) {
  Outcomes out;
  out.items = std::ssize(domain);
  out.outputs = 2;
  out.domain = domain;
  out.group.assign(domain.size(), 0);
  out.target.assign(domain.size(), 0);
  for (const bool hit : right) {
    out.log_probs.push_back(std::log(hit ? 0.75F : 0.25F));
    out.log_probs.push_back(std::log(hit ? 0.25F : 0.75F));
  }
  summarise(out);
  return out;
}

// Windows of two bytes that cost `nats` each, the first byte a quarter of it.
Outcomes windows(const std::vector<int32_t>& domain, const std::vector<float>& nats) {
  Outcomes out;
  out.items = std::ssize(domain);
  out.steps = 2;
  out.outputs = 256;
  out.domain = domain;
  out.group.assign(domain.size(), 0);
  out.target.assign(2 * domain.size(), 0);
  for (const float cost : nats) {
    out.target_log_prob.push_back(-cost / 4);
    out.target_log_prob.push_back(-cost * 3 / 4);
  }
  return out;
}

// Items 0..2 are of domain 0, item 3 of domain 1; domain 2 has none. Item by item 1, 2, 0 and 1 members are right.
TEST_CASE("[member_scores] labels by hand") {
  const std::vector<int32_t> domain = {0, 0, 0, 1};
  const std::vector<Outcomes> members = {labels(domain, {true, true, false, false}),
                                         labels(domain, {false, true, false, true})};
  const Json found = member_scores(members, "accuracy", 3);
  CHECK(found.at("member_domain") == Json({{2.0 / 3, 0.0, nullptr}, {1.0 / 3, 1.0, nullptr}}));
  CHECK(found.at("sample_oracle").at("domain") == Json({2.0 / 3, 1.0, nullptr}));
  CHECK(found.at("sample_oracle").at("macro").get<double>() == doctest::Approx((2.0 / 3 + 1) / 2));
  CHECK(found.at("solved_by_one").at("domain") == Json({1.0 / 3, 1.0, nullptr}));
  CHECK(found.at("solved_by_one").at("macro").get<double>() == doctest::Approx((1.0 / 3 + 1) / 2));
}

// ln 2 = .693: the second window's margin of .6 is under it, the third's of .8 over it.
TEST_CASE("[member_scores] bytes by hand: a window goes to the cheapest member, alone where the odds pass two to one") {
  const std::vector<int32_t> domain = {0, 0, 1};
  const std::vector<Outcomes> members = {windows(domain, {1.0F, 2.6F, 4.0F}), windows(domain, {3.0F, 2.0F, 3.2F}),
                                         windows(domain, {5.0F, 9.0F, 4.4F})};
  const Json found = member_scores(members, "bits_per_byte", 2);
  const double bit = std::log(2.0);
  CHECK(found.at("member_domain")[0][0].get<double>() == doctest::Approx((1.0 + 2.6) / 4 / bit));
  CHECK(found.at("member_domain")[2][1].get<double>() == doctest::Approx(4.4 / 2 / bit));
  CHECK(found.at("sample_oracle").at("domain")[0].get<double>() == doctest::Approx((1.0 + 2.0) / 4 / bit));
  CHECK(found.at("sample_oracle").at("domain")[1].get<double>() == doctest::Approx(3.2 / 2 / bit));
  CHECK(found.at("solved_by_one").at("domain") == Json({0.5, 1.0}));
  CHECK(found.at("solved_by_one").at("macro") == 0.75);
}

TEST_CASE("[member_scores] a member's row is its own score, and no member passes the sample oracle") {
  Stream stream(3, "member_scores");
  std::vector<int32_t> domain;
  for (int i = 0; i < 60; ++i) domain.push_back(static_cast<int32_t>(stream.below(3)));
  std::vector<Outcomes> members;
  for (int member = 0; member < 4; ++member) {
    std::vector<bool> right;
    for (int i = 0; i < 60; ++i) right.push_back(stream.uniform() < 0.6);
    members.push_back(labels(domain, right));
  }
  const Json found = member_scores(members, "accuracy", 3);
  for (size_t member = 0; member < 4; ++member) {
    const Scores alone = score(members[member], "accuracy", 3);
    CHECK(found.at("member_domain")[member] == Json(alone.domain));
    for (size_t d = 0; d < 3; ++d) CHECK(found.at("sample_oracle").at("domain")[d].get<double>() >= alone.domain[d]);
  }
}

TEST_CASE("[member_scores] what is no log-probability wins no item and stands as null") {
  const std::vector<int32_t> domain = {0, 0};
  std::vector<Outcomes> members = {windows(domain, {1.0F, 1.0F}), windows(domain, {2.0F, 2.0F})};
  members[0].target_log_prob[0] = std::numeric_limits<float>::quiet_NaN();
  const Json found = member_scores(members, "bits_per_byte", 1);
  CHECK(found.at("member_domain")[0][0].is_null());
  CHECK(found.at("sample_oracle").at("macro").get<double>() == doctest::Approx((2.0 + 1.0) / 4 / std::log(2.0)));
  CHECK_NOTHROW(canonical(found));
}

TEST_CASE("[member_scores] members that answer different items are a broken invariant") {
  const std::vector<Outcomes> members = {labels({0, 1}, {true, true}), labels({1, 0}, {true, true})};
  CHECK_THROWS(member_scores(members, "accuracy", 2));
  CHECK_THROWS(member_scores({}, "accuracy", 2));
}

// Members .6 .2 and .4 .8 in two domains with items; oracle .9; the fabric .65.
TEST_CASE("[member_scores] regret is what a better choice would have given, by hand and whichever way is up") {
  const Json found = {{"member_domain", {{0.6, 0.2, nullptr}, {0.4, 0.8, nullptr}}},
                      {"sample_oracle", {{"macro", 0.9}}}};
  const Json up = regret(found, 0.65, true);
  CHECK(up.at("item").get<double>() == doctest::Approx(0.25));
  CHECK(up.at("domain").get<double>() == doctest::Approx((0.6 + 0.8) / 2 - 0.65));
  const Json down = regret(found, 0.65, false);
  CHECK(down.at("item").get<double>() == doctest::Approx(-0.25));
  CHECK(down.at("domain").get<double>() == doctest::Approx(0.65 - (0.4 + 0.2) / 2));
  CHECK(regret(found, nullptr, true).at("item").is_null());
}

}  // namespace
}  // namespace loom::member_scores_test
