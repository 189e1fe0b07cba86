// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {
namespace tagged_by_router_detail {

// The tagged monolith, given the router's predicted domain: a fabric that does not beat it has shown routing
// information, not specialisation. On tokens the first bytes, which the router reads, are scored by the mean over tags.
class TaggedByRouter : public Model {
 public:
  TaggedByRouter(std::shared_ptr<Network> network, std::shared_ptr<Router> router)
      : network_(std::move(network)), router_(std::move(router)) {}
  at::Tensor log_probs(const Batch& batch, Spans*) const override {
    const auto tags = router_->log_probs(batch.inputs).argmax(-1);
    const auto said = network_->log_probs(batch.inputs, tags);
    if (said.dim() == 2) return said;
    const int64_t head = std::min(router_->prefix(), batch.inputs.size(1)), domains = network_->spec().tags;
    const auto prefix = batch.inputs.narrow(1, 0, head);
    std::vector<at::Tensor> parts;
    for (int64_t tag = 0; tag < domains; ++tag) parts.push_back(network_->log_probs(prefix, at::full_like(tags, tag)));
    const auto mixed = at::logsumexp(at::stack(parts), {0}) - std::log(static_cast<double>(domains));
    return at::cat({mixed, said.narrow(1, head, said.size(1) - head)}, 1);
  }
  int64_t parameters_total() const override {
    return network_->parameter_count() + router_->network()->parameter_count();
  }
  int64_t parameters_active() const override { return parameters_total(); }
  void save(Json& state, Arrays& arrays) const override {
    state = {{"model", "tagged_by_router"},
             {"network", to_json(network_->spec())},
             {"router", to_json(router_->network()->spec())},
             {"prefix", router_->prefix()}};
    add_with_prefix(arrays, network_->parameters().save(0), "network.");
    add_with_prefix(arrays, router_->network()->parameters().save(0), "router.");
  }

 private:
  std::shared_ptr<Network> network_;
  std::shared_ptr<Router> router_;
};

std::unique_ptr<Model> assemble(Assembly& assembly) {
  std::vector<int32_t> domains;
  for (int64_t index : assembly.indices(Split::router))
    domains.push_back(assembly.items().domain[static_cast<size_t>(index)]);
  auto router = assembly.train_router(assembly.options(), domains, assembly.shape().domains, kPrefixBytes);
  return std::make_unique<TaggedByRouter>(assembly.members().at(0), std::move(router));
}

std::unique_ptr<Model> restore(const Json& state, const Arrays& arrays, at::Device device) {
  auto network = restore_network(state.at("network"), with_prefix(arrays, "network."), device);
  auto router = std::make_shared<Router>(restore_network(state.at("router"), with_prefix(arrays, "router."), device),
                                         network->spec().shape.kind, state.at("prefix").get<int64_t>());
  return std::make_unique<TaggedByRouter>(std::move(network), std::move(router));
}

}  // namespace tagged_by_router_detail

Architecture tagged_by_router() {
  return {
      .facts =
          {.kind = "architecture",
           .name = "tagged_by_router",
           .summary = "the tagged monolith given a router's predicted domain",
           .family = "monolith",
           .fields = {{.name = "hidden", .fallback = 16, .min = 1, .max = 65536, .doc = "hidden units of the router"},
                      {.name = "epochs", .fallback = 20, .min = 1, .max = 1000, .doc = "passes over the router split"},
                      backbone_field()}},
      .members =
          [](const RecipeContext& context) {
            return std::vector{context.pooled(context.network({{"name", "dense"}}, context.shape.domains))};
          },
      .assemble = tagged_by_router_detail::assemble,
      .restore = tagged_by_router_detail::restore};
}

}  // namespace loom::architectures
