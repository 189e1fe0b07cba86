// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "harness/error.h"
#include "harness/planted.h"
#include "tasks/all.h"
#include "tests/config_facts.h"

// What the tests of planted suites share.
namespace loom::testing {

inline PlantedSource planted(const std::string& name) {
  for (const SuiteSource& source : all_suites())
    if (source.facts.name == name && source.planted) return *source.planted;
  fail("no such planted suite");
}

inline ClosedForm closed_form(const std::string& name) {
  for (const ClosedForm& form : all_closed_forms())
    if (form.facts.name == name) return form;
  fail("no such closed form");
}

// The small build of config_facts() with this build's planted components.
inline FactSheet planted_facts() {
  const FactSheet small = config_facts();
  std::vector<Facts> all(small.all().begin(), small.all().end());
  for (const SuiteSource& source : all_suites())
    if (source.planted) all.push_back(source.facts);
  for (const ClosedForm& form : all_closed_forms()) all.push_back(form.facts);
  return FactSheet(std::move(all));
}

// Digests that differ from every build's.
inline Json made_up_digests() {
  Json components = Json::object();
  for (const char* key : {"suite/linear", "suite/markov", "closed_form/least_squares", "closed_form/count_model"})
    components[key] = "0";
  return {{"planted", "0"}, {"components", components}};
}

}  // namespace loom::testing
