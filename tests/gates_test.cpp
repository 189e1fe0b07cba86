// SPDX-License-Identifier: Apache-2.0
#include "harness/gates.h"

#include "harness/error.h"
#include "tests/support/comparison_fixture.h"

namespace loom::gates_test {
namespace {

using namespace loom::testing;

// A, and a B with `change` items of 40 against it on every seed (31 on the mean), 3 times the parameters, twice the CPU
// time and 1.3 times the latency.
GateResult judged(const std::string& gate, const std::array<int, 6>& change,
                  const Json& session = {{"aa_ratio", 1.1}}) {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  fixture.row({.arm = "old"});
  std::string old_id, new_id;
  for (const int right : kRight) {
    const std::string id = fixture.ok(right_cells(right - right / 2, right / 2), 0.8);
    if (old_id.empty()) old_id = id;
  }
  fixture.row({.arm = "new"});
  for (size_t seed = 0; seed < 6; ++seed) {
    const int right = kRight[seed] + change[seed];
    const double cpu_s = 5 + 0.01 * static_cast<double>(seed);
    const std::string id =
        fixture.ok(right_cells(right - right / 2, right / 2), 0.8, {{"measured", {{"train_cpu_s", cpu_s}}}});
    if (new_id.empty()) new_id = id;
  }
  fixture.last_row()["costs"]["params_total"] = 15000;
  fixture.latency("s", {{old_id, timed(1e-3, nullptr)}, {new_id, timed(1.3e-3, nullptr)}});
  ResultStore store = load_results(fixture.finish());
  store.latency->aa_ratio =
      session.at("aa_ratio").is_null() ? std::nullopt : std::optional(session.at("aa_ratio").get<double>());
  const auto results = judge(compare_arms(store, "old", "new"), parse_gates(gate));
  REQUIRE(results.size() == 1);
  return results[0];
}

constexpr std::array<int, 6> kSame = {0, 0, 0, 0, 0, 0}, kLoses4 = {-4, -5, -4, -5, -4, -5};

TEST_CASE("[gates] a score trips beyond its bound and surely so") {
  const GateResult lost = judged("score:-1%", kLoses4);
  CHECK(lost.worse == doctest::Approx(4.5 / 40));
  CHECK(lost.allowed == doctest::Approx(0.31 / 40));  // 1 % of A's 31 items of 40
  CHECK(lost.tripped);
  CHECK(judged("score:-.005", kLoses4).tripped);  // absolute: a fifth of an item of 40
  CHECK_FALSE(judged("score:-1%", kSame).tripped);
  CHECK_FALSE(judged("score:-0", kSame).tripped);
  CHECK_FALSE(judged("score:-15%", kLoses4).exceeded);  // 4.65 items
}

TEST_CASE("[gates] a score beyond its bound that chance explains does not trip") {
  const GateResult unsure = judged("score:-1%", {-9, 6, -8, 5, -9, 7});  // 8 items of 240 lost
  CHECK(unsure.exceeded);
  CHECK_FALSE(unsure.tripped);
  CHECK(unsure.reason == "not significantly so over 6 pairs");
  // 4.5 items of 40 lost, 4 allowed: lost is lost, but whether more than 4 were is not sure.
  const GateResult near = judged("score:-.1", kLoses4);
  CHECK(near.exceeded);
  CHECK_FALSE(near.tripped);
}

TEST_CASE("[gates] counted costs need no statistics") {
  CHECK(judged("params_total:+199%", kSame).tripped);
  CHECK_FALSE(judged("params_total:+200%", kSame).tripped);  // at the bound
  CHECK(judged("params_total:9999", kSame).tripped);
  CHECK_FALSE(judged("params_total:+10000", kSame).tripped);
  CHECK_FALSE(judged("infer_flops:+0%", kSame).exceeded);
}

TEST_CASE("[gates] measured costs go by the seeds") {
  CHECK(judged("train_cpu_s:+50%", kSame).tripped);
  CHECK_FALSE(judged("train_cpu_s:+150%", kSame).exceeded);
  CHECK(judged("worst_domain:-1%", kLoses4).tripped);
  CHECK_FALSE(judged("worst_domain:-1%", kSame).exceeded);
  CHECK(judged("nll:+.001", kLoses4).tripped);  // the fixture's nll is 1 - accuracy / 10
  CHECK_FALSE(judged("nll:+.1", kLoses4).exceeded);
}

TEST_CASE("[gates] latency goes by the session's own noise") {
  CHECK(judged("latency_p50_s:+10%", kSame).tripped);  // 1.3 > 1.1 * 1.1
  const GateResult within = judged("latency_p50_s:+20%", kSame);
  CHECK(within.exceeded);
  CHECK_FALSE(within.tripped);  // 1.3 < 1.2 * 1.1
  CHECK(within.reason == "within the session's noise of 10 %");
  CHECK(judged("latency_p50_s:+20%", kSame, {{"aa_ratio", 1.0}}).tripped);
  CHECK_FALSE(judged("latency_p50_s:+28%", kSame, {{"aa_ratio", 1.0}}).tripped);  // 1.28 * 1.02: never below 2 %
  CHECK_FALSE(judged("latency_p50_s:+20%", kSame, {{"aa_ratio", 1 / 1.1}}).tripped);
  CHECK_FALSE(judged("latency_p50_s:+10%", kSame, {{"aa_ratio", nullptr}}).tripped);
}

TEST_CASE("[gates] what exists nowhere cannot be judged: a mistake, not a pass") {
  CHECK_THROWS_WITH_AS(judged("latency_p99_s:+10%", kSame), doctest::Contains("cannot be judged anywhere"), InputError);
}

TEST_CASE("[gates] a bad bound is told with what would be right") {
  for (const auto& [text, hint] :
       std::vector<std::pair<std::string, std::string>>{{"", "write FIGURE:BOUND"},
                                                        {"score", "write FIGURE:BOUND"},
                                                        {"score:-1%,", "write FIGURE:BOUND"},
                                                        {"scor:-1%", "did you mean 'score'?"},
                                                        {"latency_p50:+10%", "did you mean 'latency_p50_s'?"},
                                                        {"speed_of_light:+1%", "figures: score, worst_domain"},
                                                        {"score:", "the bound is a number"},
                                                        {"score:-one%", "the bound is a number"},
                                                        {"nll:++1", "the bound is a number"},
                                                        {"score:-nan", "the bound is a number"},
                                                        {"score:+1%", "how much may be lost: zero or below"},
                                                        {"rejection_auroc:+1%", "how much may be lost"},
                                                        {"infer_flops:-1%", "how much may be added: zero or above"}}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_gates(text), doctest::Contains(hint.c_str()), InputError);
  }
  const auto gates = parse_gates("score:-1%,latency_p50_s:+10%,ece:.02");
  REQUIRE(gates.size() == 3);
  CHECK(gates[0].allowed == doctest::Approx(0.01));
  CHECK(gates[0].relative);
  CHECK(gates[2].allowed == doctest::Approx(0.02));
  CHECK_FALSE(gates[2].relative);
}

}  // namespace
}  // namespace loom::gates_test
