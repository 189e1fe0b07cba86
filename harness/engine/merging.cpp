// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/merging.h"

#include <algorithm>
#include <map>

#include "harness/engine/flops.h"
#include "harness/engine/losses.h"
#include "harness/error.h"

namespace loom {
namespace merging_detail {

constexpr int64_t kStackedItems = 16;  // items whose gradients are taken at once, each by a copy of the network
constexpr int64_t kGramRows = 256;     // items that run forward at once

std::vector<int64_t> spaced(const std::vector<int64_t>& items, int64_t most) {
  const int64_t all = std::ssize(items), count = std::min(all, most);
  std::vector<int64_t> taken;
  for (int64_t i = 0; i < count; ++i) taken.push_back(items[static_cast<size_t>(i * all / count)]);
  return taken;
}

// Sums of tensors by name, as arrays.
class Sums {
 public:
  void add(const std::string& name, const at::Tensor& values) {
    auto& sum = sums_[name];
    sum = sum.defined() ? sum + values : values.clone();
  }
  Arrays arrays(double factor) const {
    Arrays result;
    for (const auto& [name, sum] : sums_) {
      const auto values = (sum * factor).to(at::kFloat).to(at::kCPU).contiguous();
      result[name] = make_f32(values.sizes().vec(), values.data_ptr<float>());
    }
    return result;
  }

 private:
  std::map<std::string, at::Tensor> sums_;  // f64
};

Arrays zeros(const Arrays& like) {
  Arrays result = like;
  for (auto& [name, array] : result) std::ranges::fill(array.bytes, '\0');
  return result;
}

// Squared gradients of each of `items` on its own, added up: copies of the network in a stack, one item each.
void add_squares(const Arrays& weights, const NetworkSpec& spec, const Dataset& data, std::span<const int64_t> items,
                 Sums& sums) {
  const at::Device device = data.inputs.device();
  Network stack(spec, std::ssize(items), device);
  for (int64_t item = 0; item < std::ssize(items); ++item) stack.parameters().load(item, weights, "a copy");
  const auto values = stack.parameters().values();
  for (const at::Tensor& value : values) const_cast<at::Tensor&>(value).requires_grad_(true);
  Pass pass;
  const Losses losses = member_losses(stack, data, to_tensor(items, device), std::ssize(items), pass);
  const auto gradients = torch::autograd::grad({losses.loss.sum()}, values, {}, std::nullopt, false,
                                               /*allow_unused=*/true);
  for (size_t i = 0; i < values.size(); ++i)
    sums.add(stack.parameters().name(i), gradients[i].defined() ? gradients[i].to(at::kDouble).square().sum(0)
                                                                : at::zeros_like(values[i].detach().select(0, 0)));
}

class Context : public MergeContext {
 public:
  Context(Assembly& assembly, const std::vector<std::shared_ptr<Network>>& members,
          std::vector<std::vector<int64_t>> own, bool needs_seed)
      : assembly_(assembly), networks_(members), own_(std::move(own)) {
    check(own_.size() == members.size(), "each member has a part of the data");
    for (const auto& member : members) members_.push_back(member->parameters().save(0));
    if (!needs_seed) return;
    if (const auto seed = assembly.seed()) seed_ = seed->parameters().save(0);
  }
  std::span<const Arrays> members() const override { return members_; }
  const Arrays* seed() const override { return seed_.empty() ? nullptr : &seed_; }

  uint64_t trial_seed() const override { return assembly_.trial_seed(); }

  double calibration_loss(const Arrays& weights) override {
    const auto items = assembly_.indices(Split::calibration);
    charge_passes(std::ssize(items), static_cast<double>(forward_item_flops(spec())));
    if (assembly_.dry()) return 0;
    Network network(spec(), 1, assembly_.data().inputs.device());
    network.parameters().load(0, weights, "merged weights");
    std::map<int32_t, std::vector<int64_t>> by_domain;
    for (const int64_t item : items) by_domain[assembly_.items().domain[static_cast<size_t>(item)]].push_back(item);
    double sum = 0;
    for (const auto& [domain, own] : by_domain)
      sum += check_stack(network, assembly_.data(), {std::span<const int64_t>(own)})[0].loss;
    return sum / static_cast<double>(by_domain.size());
  }

  std::vector<Arrays> fisher(int64_t items) override {
    return statistics(items, static_cast<double>(train_step_flops(spec(), 1)), fisher_diagonal);
  }
  std::vector<Arrays> grams(int64_t items) override { return statistics(items, gram_item_flops(), input_grams); }
  void charge(double flops) override { assembly_.charge("selection", flops, 0); }

 private:
  const NetworkSpec& spec() const { return networks_[0]->spec(); }
  void charge_passes(int64_t items, double item_flops) {
    assembly_.charge("selection", static_cast<double>(items) * item_flops, items);
  }
  // Shapes alone decide the count: any item does.
  double gram_item_flops() const {
    const std::vector<int64_t> any = {0};
    return static_cast<double>(count_flops([&] { input_grams(*networks_[0], assembly_.data(), any); }));
  }

  template <class Statistic>
  std::vector<Arrays> statistics(int64_t items, double item_flops, Statistic&& of) {
    std::vector<Arrays> all;
    for (size_t member = 0; member < networks_.size(); ++member) {
      const auto taken = spaced(own_[member], items);
      charge_passes(std::ssize(taken), item_flops);
      all.push_back(of(*networks_[member], assembly_.data(), assembly_.dry() ? std::vector<int64_t>() : taken));
    }
    return all;
  }

  Assembly& assembly_;
  const std::vector<std::shared_ptr<Network>>& networks_;
  std::vector<std::vector<int64_t>> own_;
  std::vector<Arrays> members_;
  Arrays seed_;
};

}  // namespace merging_detail

using namespace merging_detail;

Arrays fisher_diagonal(const Network& network, const Dataset& data, std::span<const int64_t> items) {
  const Arrays weights = network.parameters().save(0);
  if (items.empty()) return zeros(weights);
  Sums sums;
  for (int64_t begin = 0; begin < std::ssize(items); begin += kStackedItems)
    add_squares(weights, network.spec(), data,
                items.subspan(begin, std::min<int64_t>(kStackedItems, std::ssize(items) - begin)), sums);
  return sums.arrays(1 / static_cast<double>(items.size()));
}

Arrays input_grams(const Network& network, const Dataset& data, std::span<const int64_t> items) {
  c10::InferenceMode inference;
  check(network.spec().tags == 0, "members of a merge have no tags");
  const bool none = items.empty();  // one item tells the shapes
  const std::vector<int64_t> any = {0};
  const std::span<const int64_t> rows = none ? std::span<const int64_t>(any) : items;
  Sums sums;
  for (int64_t begin = 0; begin < std::ssize(rows); begin += kGramRows) {
    const auto chunk = rows.subspan(begin, std::min<int64_t>(kGramRows, std::ssize(rows) - begin));
    std::map<std::string, at::Tensor> entered;
    Pass pass;
    pass.recorded = &entered;
    network.forward(data.inputs.index_select(0, to_tensor(chunk, data.inputs.device())).unsqueeze(0), {}, pass);
    for (const auto& [name, values] : entered) {
      const auto flat = values.squeeze(0).to(at::kDouble);
      sums.add(name, at::mm(flat.t(), flat));
    }
  }
  return sums.arrays(none ? 0 : 1);
}

std::shared_ptr<Network> merged(Assembly& assembly, const Json& options,
                                const std::vector<std::shared_ptr<Network>>& members,
                                std::vector<std::vector<int64_t>> own) {
  const CombinerSource& source = find_combiner(options.at("name").get<std::string>());
  Context context(assembly, members, std::move(own), source.needs_seed);
  auto network = std::make_shared<Network>(members.at(0)->spec(), 1, members[0]->parameters().device());
  network->parameters().load(0, source.merge(options, context), "merged weights");
  return network;
}

}  // namespace loom
