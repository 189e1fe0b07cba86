// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <Eigen/Dense>
#include <cmath>

#include "harness/statistics.h"
#include "tests/support/planted_fixture.h"

// G1 of the planted suites: linear regressions with closed forms.
namespace loom::planted_linear_test {
namespace {

using testing::closed_form;
using testing::planted;

Json arm(const std::string& fit, double router_error = 0) {
  return {{"name", "least_squares"}, {"fit", fit}, {"router_error", router_error}};
}

Json setting(double similarity, int64_t samples = 64, int64_t domains = 8, int64_t inputs = 16) {
  return {{"name", "linear"},   {"inputs", inputs}, {"samples", samples},
          {"domains", domains}, {"noise", 1.0},     {"similarity", similarity}};
}

RegressionWorld draw(const Json& options, int64_t replicate = 0) {
  return std::get<RegressionWorld>(planted("linear").draw(options, 7, replicate));
}

std::vector<double> fit(const Json& component, const World& world) {
  return closed_form("least_squares").fit(component, world);
}

TEST_CASE("[planted linear] every risk lies within three standard errors of its closed form") {
  for (const double similarity : {0.0, 0.6, 0.95})
    for (const Json& component : {arm("pooled"), arm("domain"), arm("domain", 0.1), arm("soup"), arm("hybrid")}) {
      const Json options = setting(similarity);
      std::vector<double> risks;
      for (int64_t r = 0; r < 300; ++r) risks.push_back(mean(fit(component, draw(options, r))));
      const double known = *planted("linear").expected(options, component, 7, 300);
      CAPTURE(similarity);
      CAPTURE(component.dump());
      CHECK(std::abs(mean(risks) - known) < 3 * standard_deviation(risks) / std::sqrt(300.0));
    }
}

TEST_CASE("[planted linear] in one dimension the fit is sum xy / sum xx") {
  RegressionWorld world{1, 3, 1, 0.5, {}};
  world.domains.push_back({{1, 2, -1}, {2, 3, 1}, {0.5}});  // 2 + 6 - 1 = 7 over 1 + 4 + 1 = 6
  CHECK(fit(arm("pooled"), world)[0] == doctest::Approx((7.0 / 6 - 0.5) * (7.0 / 6 - 0.5)).epsilon(1e-12));
  world.domains.push_back({{1, 1, 1}, {4, 5, 6}, {-1}});  // alone 5; together 22 / 9
  CHECK(fit(arm("domain"), world)[1] == doctest::Approx(36).epsilon(1e-12));
  CHECK(fit(arm("pooled"), world)[1] == doctest::Approx((22.0 / 9 + 1) * (22.0 / 9 + 1)).epsilon(1e-12));
  CHECK(fit(arm("soup"), world)[0] == doctest::Approx(std::pow((7.0 / 6 + 5) / 2 - 0.5, 2)).epsilon(1e-12));
}

TEST_CASE("[planted linear] fits solve the normal equations") {
  RegressionWorld world = draw(setting(0.4, 40, 3, 5));
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(5, 5);
  Eigen::VectorXd moment = Eigen::VectorXd::Zero(5);
  for (const auto& domain : world.domains)
    for (Eigen::Index row = 0; row < 40; ++row) {
      const Eigen::Map<const Eigen::VectorXd> x(domain.inputs.data() + 5 * row, 5);
      gram += x * x.transpose();
      moment += x * domain.targets[static_cast<size_t>(row)];
    }
  const Eigen::VectorXd solved = gram.inverse() * moment;
  const std::vector<double> risks = fit(arm("pooled"), world);
  for (size_t d = 0; d < 3; ++d)
    CHECK(risks[d] == doctest::Approx(world.excess_risk({solved.data(), 5}, d)).epsilon(1e-9));
}

TEST_CASE("[planted linear] with one domain every way of fitting is the same fit") {
  const RegressionWorld world = draw(setting(0.5, 30, 1));
  const std::vector<double> pooled = fit(arm("pooled"), world);
  for (const Json& component : {arm("domain"), arm("domain", 0.3), arm("soup"), arm("hybrid")})
    CHECK(fit(component, world) == pooled);  // to the bit
}

TEST_CASE("[planted linear] a router's error is scored by its expectation") {
  const RegressionWorld world = draw(setting(0.5));
  const double error = 0.3;
  RegressionWorld one = world;
  std::vector<std::vector<double>> risk(8);  // [expert][domain], from worlds in which all domains hold expert's data
  for (size_t expert = 0; expert < 8; ++expert) {
    for (size_t d = 0; d < 8; ++d) {
      one.domains[d].inputs = world.domains[expert].inputs;
      one.domains[d].targets = world.domains[expert].targets;
    }
    risk[expert] = fit(arm("domain"), one);
  }
  const std::vector<double> exact = fit(arm("domain", error), world);
  Stream stream(3, "router of the test");
  for (const size_t d : {0, 5}) {
    std::vector<double> drawn;
    for (int i = 0; i < 20000; ++i) {
      const bool wrong = stream.uniform() < error;
      drawn.push_back(risk[wrong ? (d + 1 + stream.below(7)) % 8 : d][d]);
    }
    CHECK(std::abs(mean(drawn) - exact[d]) < 3.5 * standard_deviation(drawn) / std::sqrt(20000.0));
  }
}

TEST_CASE("[planted linear] values of similarity share their draws") {
  const RegressionWorld low = draw(setting(0.2)), high = draw(setting(0.8)), other = draw(setting(0.2), 1);
  CHECK(low.domains[3].inputs == high.domains[3].inputs);
  CHECK(low.domains[3].weights != high.domains[3].weights);
  CHECK(low.domains[3].inputs != low.domains[4].inputs);
  CHECK(low.domains[3].inputs != other.domains[3].inputs);
  const RegressionWorld same = draw(setting(1));
  CHECK(same.domains[0].weights == same.domains[7].weights);
}

TEST_CASE("[planted linear] costs follow the textbook's formula") {
  const World world = draw(setting(0.5));
  const ClosedFormCosts pooled = closed_form("least_squares").costs(arm("pooled"), world);
  CHECK(pooled.train_flops == doctest::Approx(2.0 * 512 * 256 - 2.0 * 4096 / 3 + 4.0 * 512 * 16 - 256));
  CHECK(pooled.params_total == 16);
  CHECK(closed_form("least_squares").costs(arm("domain"), world).params_total == 8 * 16);
}

TEST_CASE("[planted linear] too few samples for a finite risk are refused with the reason") {
  const auto reason = planted("linear").reject(setting(0.5, 17));
  REQUIRE(reason.has_value());
  CHECK(reason->find("at least inputs + 2") != std::string::npos);
  CHECK_FALSE(planted("linear").reject(setting(0.5, 18)).has_value());
}

}  // namespace
}  // namespace loom::planted_linear_test
