// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <set>

#include "harness/engine/solve.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::solver_test {
namespace {

Json dense(Stub stub, int64_t width) {
  Json sizes = backbone(stub, width);
  sizes["hidden"] = nullptr;
  return {{"name", "dense"}, {"backbone", sizes}};
}

Solver make_solver(Stub stub, int64_t width, int64_t samples) {
  return {loaded(stub), quick_training(), dense(stub, width), samples};
}
Solver make_solver(Stub stub) { return is_tokens(stub) ? make_solver(stub, 32, 6000) : make_solver(stub, 64, 20000); }

// Every architecture and combiner that costs something; where the data comes from moves no size, so one partition
// serves, and both births.
std::vector<Arm> arms_to_solve(Stub stub) {
  std::vector<Arm> arms = usable_arms(stub);
  std::erase_if(arms, [&](const Arm& arm) {
    // The examples that knn compares with cost more than this reference: features of bags are 512 wide.
    if (stub == Stub::bags && arm.component.contains("combiner") && arm.component["combiner"].at("name") == "knn")
      return true;
    return arm.component.at("name") == "prior" ||
           (arm.component.contains("partition") && arm.component.at("partition").at("name") != "domain");
  });
  return arms;
}

Json specialists(Stub stub) {
  return {{"name", "specialists"},
          {"partition", {{"name", "domain"}}},
          {"birth", {{"name", "cold"}}},
          {"combiner", {{"name", "uniform_ensemble"}}},
          {"backbone", backbone(stub)}};
}

}  // namespace
}  // namespace loom::solver_test

using namespace loom::solver_test;

TEST_CASE("[solver] every arm meets the budgets of both columns within 2 %") {
  for (const Stub stub : kStubs) {
    const Solver solver = make_solver(stub);
    const Costs& reference = solver.reference();
    for (const Arm& arm : arms_to_solve(stub))
      for (const std::string column : {"serving", "memory"}) {
        CAPTURE(arm.label);
        CAPTURE(column);
        const Solution solution = solver.solve(arm.component, column);
        REQUIRE(solution.rejected == "");
        const Costs counted = solver.costs(solution.component, solution.samples);
        CHECK(counted.train_flops == solution.costs.train_flops);
        CHECK(std::abs(counted.train_flops / reference.train_flops - 1) <= 0.02);
        const double bound = column == "serving" ? counted.infer_flops / reference.infer_flops
                                                 : static_cast<double>(counted.parameters_total) /
                                                       static_cast<double>(reference.parameters_total);
        CHECK(std::abs(bound - 1) <= 0.02);
        Json resized = solution.component, written = arm.component;
        resized.erase("backbone"), written.erase("backbone");
        CHECK(resized == written);  // sizes are all it changes
      }
  }
}

TEST_CASE("[solver] the reference's twin keeps the reference's sizes and samples in every column") {
  const Solver solver = make_solver(Stub::vector, 24, 3000);
  for (const std::string column : {"serving", "memory"}) {
    const Solution solution = solver.solve(dense(Stub::vector, 7), column);
    CHECK(solution.component.at("backbone").at("width") == 24);
    CHECK(solution.component.at("backbone").at("hidden") == 24);
    CHECK(solution.samples == 3000);
    CHECK(solution.costs.train_flops == solver.reference().train_flops);
  }
}

TEST_CASE("[solver] training closes to a tenth of a per cent where steps are fine, whatever the width") {
  for (const Stub stub : kStubs) {
    const Solver solver = make_solver(stub, 16, 40000);
    for (const double multiple : {0.5, 1.0, 2.0}) {
      const Json sized = solver.with_size(dense(stub, 16), solver.coarse_width(multiple), 0);
      CHECK(sized.at("backbone").at("width") == static_cast<int64_t>(16 * multiple));
      const Solution solution = solver.close_training(sized);
      CHECK(solution.rejected == "");
      CHECK(std::abs(solution.costs.train_flops / solver.reference().train_flops - 1) <= 0.001);
      CHECK((multiple == 1.0 ? solution.samples == 40000 : solution.samples != 40000));
    }
  }
}

TEST_CASE("[solver] what cannot be matched is rejected with the reason and the nearest size") {
  const Solver tiny = make_solver(Stub::vector, 2, 2000);
  const Solution small = tiny.solve(specialists(Stub::vector), "memory");
  CHECK(small.rejected.find("parameters cannot match the reference") != std::string::npos);
  CHECK(small.rejected.find("the nearest size has") != std::string::npos);
  CHECK(tiny.solve(specialists(Stub::vector), "serving").rejected.find("inference FLOPs cannot match") == 0);
  // The reference has 180 parameters, three members of width 4 and hidden h have 3 (40 + 9 h): 174 or 201, never 2 %
  // off.
  const Solution odd = make_solver(Stub::vector, 8, 2000).solve(specialists(Stub::vector), "memory");
  CHECK(odd.rejected.find("the nearest size has 0.967") != std::string::npos);
  // Three members of one step each cost more than the one step of the reference.
  const Solver brief = make_solver(Stub::vector, 64, 16);
  const Solution coarse = brief.close_training(brief.with_size(specialists(Stub::vector), 64, 0));
  CHECK(coarse.rejected.find("training FLOPs cannot be closed") == 0);
}
