// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/local_run.h"
#include "harness/planted.h"
#include "harness/suite.h"

// Rows and trials of one planted suite. For the planner's own sources.
namespace loom::planting {

// What a build has for planted suites; shared by the trials, which run after the plan is made.
struct Catalogue {
  std::vector<SuiteSource> suites;
  std::vector<ClosedForm> forms;
  Json code;  // `engine`: of the core's part in planted bits
};

// Adds to `out`. InputError where the suite's settings have no known answer.
class Rows {
 public:
  Rows(const SuiteConfig& config, std::shared_ptr<const Catalogue> catalogue, LocalPlan& out);

  // Every arm at these settings of the suite, under this label.
  void add(const std::string& label, const Json& suite);
  // The trial's id; `role` says why it is there when no row reports it.
  std::string add_trial(size_t arm, const Json& suite, uint64_t seed, const std::string& role = "");
  // Score by closed form, mean over seeds: each has worlds of its own. Nothing where it is not known.
  std::optional<double> expected(size_t arm, const Json& suite) const;

 private:
  const ClosedForm& form(const ArmConfig& arm) const;
  size_t reference_index() const;
  void add_suite(const std::string& label, const Json& suite);
  Json row(size_t index, const std::string& label, const Json& suite);

  const SuiteConfig& config_;
  std::shared_ptr<const Catalogue> catalogue_;
  const PlantedSource& source_;
  LocalPlan& out_;
  int64_t samples_ = 0;  // of all domains; every arm sees them
  std::vector<ClosedFormCosts> costs_;
  ClosedFormCosts reference_;
};

}  // namespace loom::planting
