// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/engine/architecture.h"
#include "harness/error.h"

namespace loom {
namespace assemble_fabric_detail {

// The member of lowest loss for each item.
std::vector<int32_t> best_members(const std::vector<Outcomes>& said) {
  std::vector<int32_t> best;
  for (int64_t item = 0; item < said.at(0).items; ++item) {
    double highest = 0;
    int32_t choice = -1;
    for (size_t member = 0; member < said.size(); ++member) {
      double sum = 0;
      for (int64_t step = 0; step < said[member].steps; ++step)
        sum += said[member].target_log_prob[static_cast<size_t>(item * said[member].steps + step)];
      if (choice < 0 || sum > highest) {
        highest = sum;
        choice = static_cast<int32_t>(member);
      }
    }
    best.push_back(choice);
  }
  return best;
}

// Which member is to answer each item of the router split.
std::vector<int32_t> choices(Assembly& assembly, const std::vector<Member>& members, const Json& options) {
  const std::vector<int64_t> indices = assembly.indices(Split::router);
  if (options.at("target") == "best_member") {
    const auto said = assembly.outcomes_of(members, Split::router);  // charged in a dry assembly too
    return assembly.dry() ? std::vector<int32_t>(indices.size()) : best_members(said);
  }
  if (options.at("target") == "part" && assembly.options().contains("partition"))
    return assembly.parts(assembly.options().at("partition"), Split::router);
  std::vector<int32_t> domains;  // where one network is all members, its parts are the domains
  for (const int64_t index : indices) domains.push_back(assembly.items().domain[static_cast<size_t>(index)]);
  return domains;
}

// What the combiner reads of the router split's items; of one alone where only sizes are wanted.
at::Tensor router_features(const Assembly& assembly, std::vector<int64_t> items, int64_t prefix) {
  if (assembly.dry()) items.resize(1);
  const at::Tensor& inputs = assembly.data().inputs;
  const auto read = inputs.index_select(0, to_tensor(items, inputs.device()));
  return distance_features(read, assembly.shape(), prefix).to(at::kCPU).contiguous();
}

void fit(Assembly& assembly, Combiner& combiner, const std::vector<Member>& members, const Json& options) {
  const TaskShape& shape = assembly.shape();
  FitInput input{.calibration = {}, .domains = shape.domains, .members = std::ssize(members)};
  std::vector<Outcomes> said;
  std::vector<double> costs;
  std::vector<int32_t> wanted;
  at::Tensor features;
  int64_t examples = 0;
  if (combiner.needs_fit()) {
    said = assembly.outcomes_of(members, Split::calibration);  // validation judges what is made of it
    input.calibration = said;
    for (const Member& member : members)
      costs.push_back(static_cast<double>(forward_item_flops(member.network->spec())));
    input.costs = costs;
    examples +=
        std::ssize(assembly.indices(Split::calibration)) * (shape.kind == InputKind::tokens ? shape.input_dim : 1);
  }
  if (combiner.needs_features()) {
    wanted = choices(assembly, members, options);
    features = router_features(assembly, assembly.indices(Split::router), combiner.prefix());
    input.features = {features.data_ptr<float>(), static_cast<size_t>(features.numel())};
    input.choice = wanted;
    examples += std::ssize(wanted);
    combiner.declare(std::ssize(wanted), features.size(1));
  }
  assembly.charge("selection", combiner.fit_flops(std::ssize(members), examples, shape.outputs), 0);
  if (!assembly.dry()) combiner.fit(input);
}

// Whether each member is one domain's own: it is trained on the domain, or one network that is told it.
bool own_domains(const Assembly& assembly) {
  const Json& options = assembly.options();
  return !options.contains("partition") || options.at("partition").at("name") == "domain";
}

}  // namespace assemble_fabric_detail

using namespace assemble_fabric_detail;

std::unique_ptr<Model> assemble_fabric(Assembly& assembly, std::vector<Member> members, const Json& options) {
  auto combiner = build_combiner(options);
  std::shared_ptr<Router> router;
  if (combiner->needs_router())
    router =
        assembly.train_router(options, choices(assembly, members, options), std::ssize(members), combiner->prefix());
  if (combiner->needs_fit() || combiner->needs_features()) fit(assembly, *combiner, members, options);
  return std::make_unique<FabricModel>(std::move(members), std::move(router), options, std::move(combiner),
                                       assembly.shape(), own_domains(assembly));
}

std::unique_ptr<Model> assemble_tagged(Assembly& assembly) {
  const auto networks = assembly.members();
  check(networks.size() == 1, "one network answers for all domains");
  return assemble_fabric(assembly, tagged_members(networks[0]), assembly.options().at("combiner"));
}

std::optional<std::string> combiner_rejection(const Json& combiner, const TaskShape& shape, bool own_domains) {
  const CombinerSource& source = find_combiner(combiner.at("name").get<std::string>());
  const std::string& name = source.facts.name;
  if (name == "oracle" && !own_domains)
    return "the oracle names domains, and only partition domain has one member for each";
  if (combiner.value("target", "") == "domain" && !own_domains)
    return "a " + name + " of target domain needs partition domain; take target: best_member";
  if (source.merge != nullptr) return std::nullopt;
  const auto built = build_combiner(combiner);
  if (source.facts.view != "full" && !built->averages()) return std::nullopt;
  if (shape.outputs > 64 && shape.kind != InputKind::tokens && built->needs_fit() && !built->gated())
    return "combiner " + name + " is fitted on full distributions, which are kept up to 64 outputs";
  return std::nullopt;
}

}  // namespace loom
