// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <numbers>

#include "harness/engine/adamw.h"
#include "harness/engine/adamw_update.h"
#include "harness/engine/checkpoint.h"
#include "harness/random.h"
#include "tests/engine/support.h"
#include "tests/io_fixture.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::training_test {
namespace {

// Loshchilov and Hutter 2019, algorithm 2, element by element in double precision.
struct ReferenceAdamW {
  std::vector<double> parameter, first, second;
  int steps = 0;
  void step(const std::vector<float>& gradient, double rate, const AdamWSettings& s) {
    ++steps;
    for (size_t i = 0; i < parameter.size(); ++i) {
      first[i] = s.beta1 * first[i] + (1 - s.beta1) * gradient[i];
      second[i] = s.beta2 * second[i] + (1 - s.beta2) * gradient[i] * gradient[i];
      const double mean = first[i] / (1 - std::pow(s.beta1, steps));
      const double spread = std::sqrt(second[i] / (1 - std::pow(s.beta2, steps)));
      parameter[i] -= rate * s.weight_decay * parameter[i] + rate * mean / (spread + s.epsilon);
    }
  }
};

std::vector<float> normals(int64_t count, std::string_view purpose, uint64_t index) {
  std::vector<float> values(static_cast<size_t>(count));
  fill_normal(values, 1.0, Stream(3, purpose, index));
  return values;
}

at::Tensor as_tensor(std::vector<float>& values) { return at::from_blob(values.data(), {std::ssize(values)}).clone(); }

struct Layered {
  std::string name;
  Stub stub;
  Json backbone, layer;
  int64_t window = 32;  // tokens: bytes of a window that are used
  int64_t tags = 0;     // > 0: the layer reads the domain
  const char* head = "dense";
};

// Odd sizes: the tails of vector loops are where a member's bits would come to depend on its neighbours.
std::vector<Layered> odd_networks() {
  const auto moe = [](const char* name, int64_t top_k) {
    return Json{{"name", name}, {"experts", 3}, {"top_k", top_k}, {"balance", 0.01}};
  };
  const auto tasks = [](const char* name) { return task_options(name, 3); };
  Json full = moe("sparse_moe", 2);
  full.update({{"shared", 2}, {"z_loss", 0.01}, {"noise", 0.5}, {"capacity", 0.8}});
  const Json mlp = backbone(Stub::vector, 61, 10), transformer = backbone(Stub::tokens, 20, 61);
  return {{"mlp", Stub::vector, mlp, {{"name", "dense"}}},
          {"mlp soft_moe", Stub::vector, mlp, moe("soft_moe", 1)},
          {"mlp sparse_moe", Stub::vector, mlp, moe("sparse_moe", 1)},
          {"mlp sparse_moe top 2", Stub::vector, mlp, moe("sparse_moe", 2)},
          {"transformer", Stub::tokens, transformer, {{"name", "dense"}}},
          {"transformer soft_moe", Stub::tokens, transformer, moe("soft_moe", 1)},
          {"transformer sparse_moe", Stub::tokens, transformer, moe("sparse_moe", 2)},
          {"transformer of 7 bytes", Stub::tokens, transformer, {{"name", "dense"}}, 7},
          {"transformer sparse_moe of 7 bytes", Stub::tokens, transformer, moe("sparse_moe", 1), 7},
          {"transformer on scored bytes", Stub::scored, transformer, {{"name", "dense"}}},
          {"bag", Stub::bags, backbone(Stub::bags, 61, 10), {{"name", "dense"}}},
          {"bag sparse_moe", Stub::bags, backbone(Stub::bags, 33, 10), moe("sparse_moe", 1)},
          {"cnn", Stub::image, backbone(Stub::image, 12, 61), {{"name", "dense"}}},
          {"cnn soft_moe", Stub::image, backbone(Stub::image, 20, 7), moe("soft_moe", 1)},
          {"mlp with adapters", Stub::adapters, backbone(Stub::adapters, 61, 10), {{"name", "dense"}}},
          {"mlp with adapters sparse_moe", Stub::adapters, backbone(Stub::adapters, 13, 9), moe("sparse_moe", 2)},
          {"mlp all of sparse_moe", Stub::vector, mlp, full},
          {"transformer all of sparse_moe", Stub::tokens, transformer, full, 7},
          {"mlp demix", Stub::vector, mlp, moe("demix", 1), 0, 3, "demix"},
          {"mlp mmoe", Stub::vector, mlp, tasks("mmoe"), 0, 3, "demix"},
          {"mlp cgc", Stub::vector, mlp, tasks("cgc"), 0, 3},
          {"mlp cross_stitch", Stub::vector, mlp, tasks("cross_stitch"), 0, 3, "demix"},
          {"transformer cross_stitch", Stub::tokens, transformer, tasks("cross_stitch"), 7, 3},
          {"mlp lora", Stub::vector, mlp, tasks("lora"), 0, 3},
          {"mlp hash_moe", Stub::vector, mlp, tasks("hash_moe")},
          {"mlp expert_choice", Stub::vector, mlp, tasks("expert_choice")},
          {"mlp soft_slots", Stub::vector, mlp, tasks("soft_slots")},
          {"transformer demix", Stub::tokens, transformer, moe("demix", 1), 7, 3, "demix"},
          {"transformer mmoe", Stub::tokens, transformer, tasks("mmoe"), 7, 3},
          {"transformer cgc", Stub::tokens, transformer, tasks("cgc"), 32, 3},
          {"transformer lora", Stub::tokens, transformer, tasks("lora"), 7, 3},
          {"transformer hash_moe", Stub::tokens, transformer, tasks("hash_moe")},
          {"bag cgc", Stub::bags, backbone(Stub::bags, 33, 10), tasks("cgc"), 0, 3, "demix"},
          {"bag hash_moe", Stub::bags, backbone(Stub::bags, 33, 10), tasks("hash_moe")},
          {"cnn lora", Stub::image, backbone(Stub::image, 20, 7), tasks("lora"), 0, 3, "demix"}};
}

NetworkSpec spec_of(const Layered& what) {
  NetworkSpec spec = network_spec(what.stub, what.backbone, what.layer);
  if (is_tokens(what.stub)) spec.shape.input_dim = what.window;
  spec.tags = what.tags;
  spec.tag_input = what.tags == 0;
  spec.head = {{"name", what.head}, {"experts", what.tags}};
  return spec;
}

Dataset data_of(const Layered& what) {
  Dataset data = loaded(what.stub).data();
  if (is_tokens(what.stub)) data.inputs = data.targets = data.inputs.narrow(1, 0, what.window).contiguous();
  return data;
}

// Member i of a stack trains on data, validation items and init streams of its own.
Network train_stack(const Layered& what, const std::vector<uint64_t>& indices, const TrainConfig& config,
                    std::vector<Trained>* results = nullptr) {
  const Dataset all = data_of(what);
  Network network(spec_of(what), std::ssize(indices));
  network.parameters().initialise(std::vector<uint64_t>(indices.size(), 5), indices);
  std::vector<MemberData> data;
  for (const uint64_t index : indices) {
    MemberData member;
    Stream stream(9, "test/order", index);
    for (int64_t i = 0; i < 6 * config.batch; ++i)
      member.order.push_back(static_cast<int64_t>(stream.below(static_cast<uint64_t>(all.size()))));
    for (int64_t i = 0; i < 7; ++i) member.validation.push_back(static_cast<int64_t>(index) + 3 * i);
    data.push_back(std::move(member));
  }
  const auto trained = train(network, all, data, config);
  if (results != nullptr) *results = trained;
  return network;
}

double validation_loss(const std::shared_ptr<Network>& network, const LoadedSuite& suite,
                       const std::vector<int64_t>& items) {
  const Outcomes said = forward_outcomes(NetworkModel(network), view_of(suite, items));
  double sum = 0;
  for (const float value : said.target_log_prob) sum -= value;
  return sum / static_cast<double>(said.target_log_prob.size());
}

}  // namespace
}  // namespace loom::training_test

using namespace loom::training_test;

TEST_CASE("[adamw] twenty steps follow the algorithm in double precision") {
  const AdamWSettings settings{.beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-8, .weight_decay = 0.1};
  auto start = normals(37, "test/start", 0);
  at::Tensor parameter = as_tensor(start);
  AdamW optimizer({parameter}, settings);
  ReferenceAdamW reference{{start.begin(), start.end()}, std::vector<double>(37), std::vector<double>(37)};
  for (int step = 0; step < 20; ++step) {
    auto gradient = normals(37, "test/gradient", static_cast<uint64_t>(step));
    const double rate = 0.01 * (1 + step % 3);
    const bool absent = step == 7;  // an undefined gradient is a zero
    optimizer.step({absent ? at::Tensor() : as_tensor(gradient)}, rate);
    reference.step(absent ? std::vector<float>(37) : gradient, rate, settings);
  }
  double moved = 0;
  for (size_t i = 0; i < 37; ++i) {
    CHECK(parameter.data_ptr<float>()[i] == doctest::Approx(reference.parameter[i]).epsilon(1e-5));
    moved = std::max(moved, std::abs(reference.parameter[i] - start[i]));
  }
  CHECK(moved > 0.05);
}

TEST_CASE("[adamw] an element's bits do not depend on where it stands") {
  const AdamWStep step{0.9F, 0.999F, 0.9999F, 0.01F, 1.3F, 1e-8F};
  for (const int64_t count : {1, 7, 61, 100}) {
    auto parameter = normals(count, "test/p", 0), first = normals(count, "test/m", 0);
    auto gradient = normals(count, "test/g", 0), second = std::vector<float>(static_cast<size_t>(count), 0.3F);
    auto together = parameter, m = first, v = second;
    adamw_update(together.data(), m.data(), v.data(), gradient.data(), count, step);
    for (size_t i = 0; i < parameter.size(); ++i)
      adamw_update(&parameter[i], &first[i], &second[i], &gradient[i], 1, step);
    CHECK(parameter == together);
    CHECK(second == v);
  }
}

TEST_CASE("[train] learning rates start, peak and end where the schedule says, without a jump") {
  TrainConfig config;
  config.learning_rate = 2e-3;
  config.warmup = 0.3;
  constexpr int64_t kSteps = 1001;
  CHECK(learning_rate(config, 0, kSteps) == doctest::Approx(4e-3 / 25));
  CHECK(learning_rate(config, 300, kSteps) == doctest::Approx(4e-3));
  CHECK(learning_rate(config, kSteps - 1, kSteps) == doctest::Approx(4e-3 / 25 / 1e4));
  CHECK(learning_rate(config, 650, kSteps) == doctest::Approx((4e-3 + 4e-3 / 25 / 1e4) / 2));
  // A half cosine over 0.3 of the steps is nowhere steeper than pi / 2 times its mean slope.
  const double steepest = 4e-3 * std::numbers::pi / 2 / (0.3 * 1000);
  for (int64_t step = 1; step < kSteps; ++step)
    REQUIRE(std::abs(learning_rate(config, step, kSteps) - learning_rate(config, step - 1, kSteps)) <=
            steepest * 1.001);
  config.schedule = "cosine";
  CHECK(learning_rate(config, 0, kSteps) == doctest::Approx(2e-3));
  CHECK(learning_rate(config, 500, kSteps) == doctest::Approx(1e-3));
  CHECK(std::abs(learning_rate(config, kSteps - 1, kSteps)) < 1e-12);
  config.schedule = "constant";
  CHECK(learning_rate(config, 0, kSteps) == 2e-3);
  CHECK(learning_rate(config, kSteps - 1, kSteps) == 2e-3);
}

TEST_CASE("[train] a member's bits depend neither on how many are stacked nor on which") {
  TrainConfig config = quick_training();
  config.learning_rate = 0.02;
  for (const double clip : {0.0, 0.5}) {
    config.grad_clip = clip;
    for (const Layered& what : odd_networks()) {
      if (clip > 0 && what.layer.at("name") != "dense") continue;
      CAPTURE(what.name);
      CAPTURE(clip);
      std::vector<Trained> in_eight, in_three, by_itself;
      const Network eight = train_stack(what, {0, 1, 2, 3, 4, 5, 6, 7}, config, &in_eight);
      const Network three = train_stack(what, {6, 0, 3}, config, &in_three);
      CHECK(same_bits(eight, 6, three, 0));
      CHECK(same_bits(eight, 0, three, 1));
      CHECK_FALSE(same_bits(eight, 0, eight, 6));
      for (const uint64_t member : {0, 3, 7}) {
        const Network alone = train_stack(what, {member}, config, &by_itself);
        CHECK(same_bits(alone, 0, eight, static_cast<int64_t>(member)));
        CHECK(by_itself[0].checks.back().validation_loss == in_eight[member].checks.back().validation_loss);
        CHECK(by_itself[0].best_step == in_eight[member].best_step);
      }
    }
  }
}

TEST_CASE("[train] the checkpoint kept is the one of lowest validation loss, for each member of a stack") {
  TrainConfig config = quick_training();
  config.learning_rate = 0.3;  // far too high: the loss goes up and down
  config.schedule = "constant";
  config.checks = 6;
  bool last_was_not_best = false;
  for (const Layered& what : {odd_networks()[0], odd_networks()[4]}) {
    CAPTURE(what.name);
    std::vector<Trained> results;
    const Network stack = train_stack(what, {0, 1, 2}, config, &results);
    for (int64_t member = 0; member < 3; ++member) {
      const Trained& trained = results[static_cast<size_t>(member)];
      REQUIRE(trained.checks.size() == 6);
      CHECK(trained.checks.back().step == 6);
      double lowest = std::numeric_limits<double>::infinity();
      int64_t at_step = 0;
      for (const Check& check : trained.checks)
        if (check.validation_loss < lowest) lowest = check.validation_loss, at_step = check.step;
      CHECK(trained.best_step == at_step);
      last_was_not_best = last_was_not_best || at_step < 6;
      auto kept = std::make_shared<Network>(stack.spec(), 1);
      kept->parameters().load(0, stack.parameters().save(member), "stack");
      std::vector<int64_t> items;
      for (int64_t i = 0; i < 7; ++i) items.push_back(member + 3 * i);
      CHECK(validation_loss(kept, loaded(what.stub), items) == doctest::Approx(lowest).epsilon(1e-5));
    }
  }
  CHECK(last_was_not_best);
}

TEST_CASE("[train] a member that diverges is reported, and its companion is none the wiser") {
  TrainConfig config = quick_training();
  config.learning_rate = 1e6;
  config.schedule = "constant";
  for (const Layered& what : odd_networks()) {
    CAPTURE(what.name);
    std::vector<Trained> results;
    const Network network = train_stack(what, {0}, config, &results);
    CHECK(results[0].diverged);
    for (const at::Tensor& value : network.parameters().values()) CHECK(value.isfinite().all().item<bool>());
  }
}

TEST_CASE("[train] weights that are not finite are a divergence of their member alone") {
  const TrainConfig config = quick_training();
  for (const Layered& what : odd_networks()) {
    CAPTURE(what.name);
    const LoadedSuite& suite = loaded(what.stub);
    const NetworkSpec spec = spec_of(what);
    const auto train_two = [&](bool poison) {
      Network network(spec, 2);
      network.parameters().initialise(std::array<uint64_t, 2>{1, 1}, std::array<uint64_t, 2>{0, 1});
      if (poison) const_cast<at::Tensor&>(network.parameters()[0])[0].fill_(std::numeric_limits<float>::infinity());
      MemberData data{suite.indices(Split::train, 0), {0, 1, 2}};
      data.order.resize(static_cast<size_t>(2 * config.batch));
      auto results = train(network, data_of(what), {data, data}, config);
      return std::pair(std::move(network), std::move(results));
    };
    const auto [poisoned, results] = train_two(true);
    const auto [healthy, healthy_results] = train_two(false);
    CHECK(results[0].diverged);
    CHECK_FALSE(results[1].diverged);
    CHECK(same_bits(poisoned, 1, healthy, 1));
    CHECK_FALSE(healthy_results[0].diverged);
  }
}

namespace loom::training_test {
namespace {

struct Killed {};

// Saves after every step and dies at the n-th save.
class DyingCheckpoint : public Checkpoint {
 public:
  DyingCheckpoint(const std::filesystem::path& file, int deaths_at) : Checkpoint(file, 0), left_(deaths_at) {}
  void save(const Arrays& state) override {
    Checkpoint::save(state);
    if (--left_ == 0) throw Killed();
  }

 private:
  int left_;
};

}  // namespace
}  // namespace loom::training_test

TEST_CASE("[train] a run killed at any step goes on from its checkpoint to the same bits") {
  const TrainConfig config = quick_training();
  const io_fixture::Folder folder;
  for (const Layered& what : odd_networks()) {
    CAPTURE(what.name);
    const MemberData data = [&] {
      MemberData made{loaded(what.stub).indices(Split::train, 0), {0, 1, 2}};
      made.order.resize(static_cast<size_t>(6 * config.batch));
      return made;
    }();
    const auto begin = [&] {
      Network network(spec_of(what), 2);
      network.parameters().initialise(std::array<uint64_t, 2>{1, 1}, std::array<uint64_t, 2>{0, 1});
      return network;
    };
    Network straight = begin();
    const auto expected = train(straight, data_of(what), {data, data}, config);
    for (int death = 1; death <= 5; ++death) {
      CAPTURE(death);
      const auto file = folder.path() / (std::to_string(death) + ".state");
      std::filesystem::remove(file);
      DyingCheckpoint dying(file, death);
      Network first = begin();
      CHECK_THROWS_AS(train(first, data_of(what), {data, data}, config, &dying), Killed);
      Checkpoint kept(file, 1e9);
      Network second = begin();
      const auto results = train(second, data_of(what), {data, data}, config, &kept);
      CHECK(same_bits(straight, 0, second, 0));
      CHECK(same_bits(straight, 1, second, 1));
      REQUIRE(results[1].checks.size() == expected[1].checks.size());
      CHECK(results[1].checks.back().validation_loss == expected[1].checks.back().validation_loss);
      CHECK(results[1].best_step == expected[1].best_step);
    }
  }
}

TEST_CASE("[train] a damaged or foreign checkpoint counts as absent") {
  const io_fixture::Folder folder;
  const auto file = folder.path() / "one.state";
  Checkpoint checkpoint(file, 0);
  const float value = 1;
  checkpoint.save({{"value.0", make_f32({1}, &value)}});
  REQUIRE(checkpoint.load().has_value());
  std::string bytes = read_file(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file_atomic(file, bytes);
  CHECK_FALSE(checkpoint.load().has_value());
  write_file_atomic(file, "short");
  CHECK_FALSE(checkpoint.load().has_value());
  checkpoint.save({{"value.0", make_f32({1}, &value)}});
  const Layered what = odd_networks()[0];
  const TrainConfig config = quick_training();
  MemberData data{loaded(what.stub).indices(Split::train, 0), {0, 1, 2}};
  data.order.resize(static_cast<size_t>(config.batch));
  Network network(spec_of(what), 1), other(spec_of(what), 1);
  for (Network* each : {&network, &other})
    each->parameters().initialise(std::array<uint64_t, 1>{1}, std::array<uint64_t, 1>{0});
  train(network, data_of(what), {data}, config, &checkpoint);
  train(other, data_of(what), {data}, config);
  CHECK(same_bits(network, 0, other, 0));
}
