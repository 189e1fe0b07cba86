// SPDX-License-Identifier: Apache-2.0
#include "harness/suite.h"
#include "tasks/sources/data_root.h"
#include "tasks/sources/suite_folder.h"

namespace loom::suites {

SuiteSource bytes9() {
  Facts facts;
  facts.kind = "suite";
  facts.name = "bytes9";
  facts.summary =
      "nine byte domains; speeches, scripture, C, Lisp, proofs, DNA, SVG, Romance and Cyrillic declarations";
  facts.inputs = {"tokens"};
  return {std::move(facts), [](const Json&) { return sources::read_suite_folder(data_root() / "bytes9"); }};
}

}  // namespace loom::suites
