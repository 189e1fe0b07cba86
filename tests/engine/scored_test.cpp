// SPDX-License-Identifier: Apache-2.0
// Bytes of a window that are marked: they alone are trained on and scored.
#include <cmath>
#include <map>

#include "harness/engine/losses.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::scored_test {
namespace {

Dataset all_scored() {
  Dataset data = loaded(Stub::tokens).data();
  data.scored = at::ones(data.inputs.sizes(), at::kBool);
  return data;
}

Network two_members(Stub stub) {
  Network network(network_spec(stub, backbone(stub)), 2);
  network.parameters().initialise(std::array<uint64_t, 2>{6, 6}, std::array<uint64_t, 2>{0, 1});
  return network;
}

// Mean loss and accuracy of one member over the scored bytes of `items`, byte by byte.
Checked by_hand(const Network& network, int64_t member, const LoadedSuite& suite, const std::vector<int64_t>& items) {
  auto single = std::make_shared<Network>(network.spec(), 1);
  single->parameters().load(0, network.parameters().save(member), "member");
  const Items& all = suite.suite().train_side();
  Checked sum;
  double count = 0;
  for (const int64_t item : items) {
    const auto said = say(NetworkModel(single), batch_of(suite, 1, item))[0];
    for (int64_t step = 0; step < 32; ++step) {
      if (all.scored[static_cast<size_t>(item * 32 + step)] == 0) continue;
      const int64_t byte = all.bytes[static_cast<size_t>(item * 32 + step)];
      sum.loss -= said[step][byte].item<double>();
      sum.accuracy += said[step].argmax().item<int64_t>() == byte ? 1 : 0;
      count += 1;
    }
  }
  return {sum.loss / count, sum.accuracy / count};
}

}  // namespace
}  // namespace loom::scored_test

using namespace loom::scored_test;

TEST_CASE("[scored] a mask that marks every byte changes no bit of a loss or of a trained weight") {
  const Dataset plain = loaded(Stub::tokens).data(), marked = all_scored();
  const auto flat = at::arange(14, at::kLong);
  Pass pass;
  const Network network = two_members(Stub::tokens);
  const Losses without = member_losses(network, plain, flat, 2, pass);
  const Losses with = member_losses(network, marked, flat, 2, pass);
  CHECK(with.loss.equal(without.loss));
  CHECK(with.accuracy.equal(without.accuracy));
  MemberData data{loaded(Stub::tokens).indices(Split::train, 0), {0, 1, 2}};
  const TrainConfig config = quick_training();
  data.order.resize(static_cast<size_t>(3 * config.batch));
  Network one = two_members(Stub::tokens), other = two_members(Stub::tokens);
  const auto checks = train(one, plain, {data, data}, config), same = train(other, marked, {data, data}, config);
  for (int64_t member = 0; member < 2; ++member) CHECK(same_bits(one, member, other, member));
  CHECK(checks[1].checks.back().validation_loss == same[1].checks.back().validation_loss);
}

TEST_CASE("[scored] loss and accuracy are means over a member's scored bytes, also across chunks") {
  const LoadedSuite& suite = loaded(Stub::scored);
  const Network network = two_members(Stub::scored);
  Pass pass;
  const std::vector<int64_t> first = {0, 3, 4, 9, 11}, second = {20, 21, 2, 7, 8};
  std::vector<int64_t> flat = first;
  flat.insert(flat.end(), second.begin(), second.end());
  const Losses losses = member_losses(network, suite.data(), to_tensor(flat, at::kCPU), 2, pass);
  for (const int64_t member : {0, 1}) {
    const Checked expected = by_hand(network, member, suite, member == 0 ? first : second);
    CHECK(losses.loss[member].item<double>() == doctest::Approx(expected.loss).epsilon(1e-5));
    CHECK(losses.accuracy[member].item<double>() == doctest::Approx(expected.accuracy).epsilon(1e-5));
  }
  // 600 items make two chunks; their items, and so their scored bytes, are of unequal number.
  std::vector<int64_t> many;
  for (int64_t i = 0; i < 600; ++i) many.push_back(i < 550 ? first[static_cast<size_t>(i % 5)] : second[0]);
  std::map<int64_t, Checked> of_item;
  double loss = 0, bytes = 0;
  for (const int64_t item : many) {
    if (!of_item.contains(item)) of_item[item] = by_hand(network, 0, suite, {item});
    const double count = suite.data().scored[item].sum().item<double>();
    loss += of_item[item].loss * count;
    bytes += count;
  }
  const auto checked = check_stack(network, suite.data(), {many, many});
  CHECK(checked[0].loss == doctest::Approx(loss / bytes).epsilon(1e-5));
}

TEST_CASE("[scored] outcomes hold -1 and 0 where a byte is not scored, in forward and replay") {
  const LoadedSuite& suite = loaded(Stub::scored);
  const Items& items = suite.suite().train_side();
  const auto& indices = suite.indices(Split::train, 0);
  for (const Arm& arm : usable_arms(Stub::scored)) {
    CAPTURE(arm.label);
    const Recipe recipe = make_recipe(suite, arm.component, 64, quick_training(), 0);
    const auto members = noisy_members(recipe, 0);
    const auto model = assemble(suite, arm.component, members, 0, noisy_seed(recipe, 0));
    const View view = view_of(suite, indices);
    for (const Outcomes& said : {forward_outcomes(*model, view), model->outcomes(view, outcomes_of(members, view))}) {
      REQUIRE(said.target.size() == indices.size() * 32);
      bool right = true;
      for (size_t at = 0; at < said.target.size(); ++at) {
        const size_t byte = static_cast<size_t>(indices[at / 32]) * 32 + at % 32;
        const bool scored = items.scored[byte] == 1;
        right = right && said.target[at] == (scored ? items.bytes[byte] : -1) &&
                (scored ? said.target_log_prob[at] < 0 : said.target_log_prob[at] == 0);
      }
      CHECK(right);
    }
  }
}

TEST_CASE("[scored] the prior counts scored bytes only") {
  const LoadedSuite& suite = loaded(Stub::scored);
  const Items& items = suite.suite().train_side();
  std::vector<double> counts(256, 1.0);
  double total = 256;
  for (const int64_t index : suite.indices(Split::train, 0))
    for (int64_t at = index * 32; at < (index + 1) * 32; ++at)
      if (items.scored[static_cast<size_t>(at)] == 1) counts[items.bytes[static_cast<size_t>(at)]] += 1, total += 1;
  const auto said = say(*assemble(suite, {{"name", "prior"}}, {}), batch_of(suite, 1))[0][0];
  for (int64_t byte = 0; byte < 256; ++byte)
    CHECK(said[byte].item<double>() == doctest::Approx(std::log(counts[static_cast<size_t>(byte)] / total)));
}

TEST_CASE("[scored] numbers behind bins go into the outcomes of every model") {
  const LoadedSuite& suite = loaded(Stub::adapters);
  const Items& items = suite.suite().train_side();
  const auto& indices = suite.indices(Split::validation, 0);
  const auto member = noisy_network(network_spec(Stub::adapters, backbone(Stub::adapters)), 0, 0);
  const Outcomes said = forward_outcomes(NetworkModel(member), view_of(suite, indices));
  REQUIRE(said.value.size() == indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    const float number = items.target[static_cast<size_t>(indices[i])];
    CHECK((std::isnan(number) ? std::isnan(said.value[i]) : said.value[i] == number));
  }
  CHECK(forward_outcomes(NetworkModel(noisy_network(network_spec(Stub::vector, backbone(Stub::vector)), 0, 0)),
                         view_of(loaded(Stub::vector), indices))
            .value.empty());
}
