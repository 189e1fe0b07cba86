// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/inner_suite.h"

#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "tasks/all.h"

namespace loom::sources {

Suite load_inner(const Json& component, std::string_view wrapper) {
  const std::string name = component.at("name"), own(wrapper);
  for (const SuiteSource& source : all_suites()) {
    if (source.facts.name != name) continue;
    if (name == own) throw InputError("suite " + own + ": 'of' is " + own + " itself; one at a time");
    if (source.load == nullptr)
      throw InputError("suite " + own + ": '" + name + "' is planted and has no items to change");
    return source.load(component);
  }
  fail("a suite that is not in the build");
}

}  // namespace loom::sources
