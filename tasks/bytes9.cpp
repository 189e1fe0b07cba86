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
  return {.facts = std::move(facts),
          .load = [](const Json&) { return sources::read_suite_folder(data_root() / "bytes9"); },
          .card = SuiteCard{.metric = "bits_per_byte",
                            .licence = "mixed, all redistributable; see tasks/data/README.md",
                            .source = "see tasks/data/README.md",
                            .domains = {"ecoli_dna", "kjv", "mdi_svg", "sbcl_lisp", "set_mm", "sotu", "sqlite_c",
                                        "udhr_cyrillic", "udhr_romance"}}};
}

}  // namespace loom::suites
