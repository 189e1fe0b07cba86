// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"
#include "harness/partition.h"
#include "harness/stitch.h"

namespace loom::architectures {
namespace fedavg_detail {

// One network that parties train without showing their data: each round each trains on its own part from the mean of
// the last round's weights. All start from the monolith's; optimiser states stay at home and start anew.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& partition = context.options.at("partition");
  const auto rounds = context.options.at("rounds").get<int64_t>();
  const auto shares = context.part_shares(partition);
  const double per_round = static_cast<double>(context.samples) / static_cast<double>(rounds);
  std::vector<TrainSpec> specs;
  std::vector<int64_t> last;
  for (int64_t round = 0; round < rounds; ++round) {
    std::vector<int64_t> now;
    for (int64_t part = 0; part < std::ssize(shares); ++part) {
      TrainSpec member = context.pooled(context.network());
      member.partition = partition;
      member.part = part;
      member.steps = context.steps(per_round * shares[static_cast<size_t>(part)]);
      member.begin = std::llround(static_cast<double>(round) * per_round);
      member.stitched = last;
      member.participant = part;
      member.deployed = round + 1 == rounds;
      now.push_back(std::ssize(specs));
      specs.push_back(member);
    }
    last = now;
  }
  return specs;
}

std::unique_ptr<Model> assemble(Assembly& assembly) {
  const auto parties = assembly.members();
  std::vector<Arrays> weights;
  for (const auto& party : parties) weights.push_back(party->parameters().save(0));
  auto mean = std::make_shared<Network>(parties.at(0)->spec(), 1, parties[0]->parameters().device());
  mean->parameters().load(0, mean_of(weights), "the parties' mean");
  return std::make_unique<NetworkModel>(mean);
}

}  // namespace fedavg_detail

Architecture fedavg() {
  return {.facts = {.kind = "architecture",
                    .name = "fedavg",
                    .summary = "one network trained by parties on their own data, averaged after each round",
                    .paper = "McMahan et al. 2017 (Federated Averaging)",
                    .family = "monolith",
                    .fields = {{.name = "rounds", .fallback = 4, .min = 1, .max = 1000, .doc = "averages taken"},
                               {.name = "partition",
                                .type = FieldType::component,
                                .fallback = "domain",
                                .component = "partition",
                                .doc = "which party has which data"},
                               backbone_field()}},
          .reject = [](const Json& options, const TaskShape&) -> std::optional<std::string> {
            if (find_partition(options.at("partition").at("name").get<std::string>()).pooled)
              return "parties that all have all data have nothing to average for";
            return std::nullopt;
          },
          .members = fedavg_detail::members,
          .assemble = fedavg_detail::assemble};
}

}  // namespace loom::architectures
