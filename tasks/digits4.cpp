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
  return {.facts = std::move(facts),
          .load = [](const Json&) { return sources::read_suite_folder(data_root() / "digits4"); },
          .card = SuiteCard{.metric = "accuracy",
                            .licence = "CC BY 4.0",
                            .source = "UCI Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, 1998)",
                            .domains = {"plain", "inverted", "rotated", "permuted"},
                            .published = {{.domain = "plain",
                                           .score = 0.98,
                                           .what = "1 nearest neighbour, trained on all 3823",
                                           .source = "optdigits.names (Alpaydin and Kaynak, 1998)"}}}};
}

}  // namespace loom::suites
