// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {
namespace tagged_by_router_detail {

// The tagged monolith, told the router's predicted domain: a fabric that does not beat it has shown routing
// information, not specialisation. On tokens the first bytes, which the router reads, are scored by the mean over tags.
std::unique_ptr<Model> assemble(Assembly& assembly) {
  const Json& options = assembly.options();
  const Json router = {{"name", "router"},
                       {"mode", "hard"},
                       {"hidden", options.at("hidden")},
                       {"epochs", options.at("epochs")},
                       {"target", "domain"}};
  return assemble_fabric(assembly, tagged_members(assembly.members().at(0)), router);
}

}  // namespace tagged_by_router_detail

Architecture tagged_by_router() {
  return {
      .facts =
          {.kind = "architecture",
           .name = "tagged_by_router",
           .summary = "the tagged monolith given a router's predicted domain",
           .paper = "Kobus et al. 2017 (domain control, the domain predicted)",
           .family = "monolith",
           .view = "combiner",
           .access = {"D", "R"},
           .fields = {{.name = "hidden", .fallback = 16, .min = 1, .max = 65536, .doc = "hidden units of the router"},
                      {.name = "epochs", .fallback = 20, .min = 1, .max = 1000, .doc = "passes over the router split"},
                      backbone_field()}},
      .members =
          [](const RecipeContext& context) {
            return std::vector{context.pooled(context.network({{"name", "dense"}}, context.shape.domains))};
          },
      .assemble = tagged_by_router_detail::assemble,
      .restore = restore_fabric_model};
}

}  // namespace loom::architectures
