// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"

namespace loom::architectures {

std::vector<Field> conditioned_fields(std::vector<Field> own) {
  Field combiner = combiner_field();
  combiner.doc = "who chooses the domain at inference, or mixes all; oracle: the true one";
  own.push_back(std::move(combiner));
  own.push_back(backbone_field());
  return own;
}

std::vector<TrainSpec> conditioned_members(const RecipeContext& context, const Json& layer, Heads heads) {
  const TaskShape& shape = context.shape;
  NetworkSpec network = context.network(layer, shape.domains);
  network.tag_input = false;
  if (heads == Heads::towers && shape.adapters == 0 && shape.kind != InputKind::tokens)
    network.head = {{"name", "demix"}, {"experts", shape.domains}};
  return {context.pooled(std::move(network))};
}

std::optional<std::string> conditioned_rejection(const Json& options, const TaskShape& shape) {
  const Json& combiner = options.at("combiner");
  const CombinerSource& source = find_combiner(combiner.at("name").get<std::string>());
  if (source.merge != nullptr)
    return "combiner " + source.facts.name + " merges the weights of several networks, and this is one";
  return combiner_rejection(combiner, shape, /*own_domains=*/true);
}

}  // namespace loom::architectures
