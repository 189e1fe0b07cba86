// SPDX-License-Identifier: Apache-2.0
#include "harness/suite.h"
#include "tasks/sources/data_root.h"
#include "tasks/sources/suite_folder.h"

namespace loom::suites {

SuiteSource digits4() {
  Facts facts;
  facts.kind = "suite";
  facts.name = "digits4";
  facts.paper = "Alpaydin 1998";
  facts.summary = "8x8 handwritten digits under four views; plain, inverted, rotated, pixels permuted";
  facts.inputs = {"vector"};
  return {std::move(facts), [](const Json&) { return sources::read_suite_folder(data_root() / "digits4"); }};
}

}  // namespace loom::suites
