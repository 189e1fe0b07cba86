// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {
namespace enlarged_detail {

Field multiple(const char* name, const char* doc) {
  return {.name = name, .type = FieldType::real, .fallback = 1, .min = 0.01, .max = 1000, .doc = doc};
}

}  // namespace enlarged_detail

// One cell of a factorial: which of the things that specialists have more of would a monolith gain by?
Architecture enlarged() {
  using namespace enlarged_detail;
  return {
      .facts = {.kind = "architecture",
                .name = "enlarged",
                .summary = "the monolith with more parameters, more steps or the domain; a reference beyond the budget",
                .paper = "Fisher 1935 (factorial experiments); Kaplan et al. 2020 (more parameters, more steps)",
                .family = "monolith",
                .view = "none",
                .level = "domain",
                .access = {"D", "R"},
                .fields = {{.name = "tag",
                            .type = FieldType::boolean,
                            .fallback = false,
                            .doc = "whether it is told the true domain by a learned input vector"},
                           multiple("params", "times the reference's parameters"),
                           multiple("steps", "times the reference's samples"),
                           backbone_field()}},
      .members =
          [](const RecipeContext& context) {
            const int64_t tags = context.options.at("tag").get<bool>() ? context.shape.domains : 0;
            return std::vector{context.pooled(context.network({{"name", "dense"}}, tags))};
          },
      .assemble = assemble_network,
      .beyond =
          [](const Json& options) {
            return Beyond{options.at("params"), options.at("steps")};
          }};
}

}  // namespace loom::architectures
