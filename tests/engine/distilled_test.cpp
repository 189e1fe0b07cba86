// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/losses.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::distilled_test {
namespace {

constexpr uint64_t kPupilSeed = 3;

// The loss of one item, in plain numbers.
double by_hand(const std::vector<double>& teacher, const std::vector<double>& student, int64_t target,
               const Teacher& how) {
  const auto softened = [&](const std::vector<double>& log_probs) {
    double sum = 0;
    std::vector<double> out;
    for (const double value : log_probs) sum += std::exp(value / how.temperature);
    for (const double value : log_probs) out.push_back(value / how.temperature - std::log(sum));
    return out;
  };
  const auto wanted = softened(teacher), said = softened(student);
  double divergence = 0;
  for (size_t i = 0; i < wanted.size(); ++i) divergence += std::exp(wanted[i]) * (wanted[i] - said[i]);
  return -(1 - how.share) * student[static_cast<size_t>(target)] +
         how.share * how.temperature * how.temperature * divergence;
}

std::vector<double> row(const at::Tensor& log_probs, int64_t item) {
  const auto values = log_probs[item].to(at::kDouble).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

TEST_CASE("[distilled] the loss is the data's and the teachers', by hand") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const NetworkSpec spec = network_spec(Stub::vector, backbone(Stub::vector));
  const auto student = noisy_network(spec, kPupilSeed, 0);
  const std::vector<int64_t> items = {0, 1, 2, 3, 4, 5, 6};
  const auto flat = to_tensor(items, at::kCPU);
  for (const bool by_domain : {true, false}) {
    Teacher teacher{.members = {}, .by_domain = by_domain, .temperature = 3, .share = 0.4};
    for (uint64_t index = 1; index <= 3; ++index) teacher.members.push_back(noisy_network(spec, kPupilSeed, index));
    const auto said = student->log_probs(suite.data().inputs.index_select(0, flat), {});
    double sum = 0;
    for (int64_t item = 0; item < std::ssize(items); ++item) {
      const auto one = suite.data().inputs.narrow(0, item, 1);
      std::vector<double> wanted(static_cast<size_t>(said.size(1)));
      for (size_t member = 0; member < 3; ++member) {
        const bool asked = !by_domain || suite.data().domains[item].item<int64_t>() == static_cast<int64_t>(member);
        const auto alone = row(teacher.members[member]->log_probs(one, {}), 0);
        for (size_t i = 0; i < wanted.size() && asked; ++i) wanted[i] += std::exp(alone[i]) / (by_domain ? 1 : 3);
      }
      for (double& value : wanted) value = std::log(value);
      sum += by_hand(wanted, row(said, item), suite.data().targets[item].item<int64_t>(), teacher);
    }
    Pass pass{.training = true};
    const Losses losses = member_losses(*student, suite.data(), flat, 1, pass, &teacher);
    CHECK(losses.loss[0].item<double>() == doctest::Approx(sum / static_cast<double>(items.size())).epsilon(1e-5));
  }
}

TEST_CASE("[distilled] without a share of the loss the teachers change no bit, and with one they do") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = variants("architecture", "distilled", Stub::vector).at(0);
  const auto student = [&](double share) {
    component["soft_share"] = share;
    return trained_members(suite, make_recipe(suite, component, 480, quick_training(), kPupilSeed), quick_training(),
                           kPupilSeed)
        .at(0);
  };
  Recipe alone = make_recipe(suite, component, 480, quick_training(), kPupilSeed);
  alone.specs = {alone.specs.back()};
  alone.specs[0].teachers.clear();
  const auto plain = trained_members(suite, alone, quick_training(), kPupilSeed).at(0);
  CHECK(same_bits(*student(0), 0, *plain, 0));
  CHECK_FALSE(same_bits(*student(0.5), 0, *plain, 0));
}

TEST_CASE("[distilled] what teachers say in training is charged to the student") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = variants("architecture", "distilled", Stub::vector).at(0);
  for (const bool all : {false, true}) {
    component["teacher"] = all ? "all" : "own_domain";
    const TrainConfig train = quick_training();
    const Recipe recipe = make_recipe(suite, component, 480, train, kPupilSeed);
    const TrainSpec& student = recipe.specs.back();
    REQUIRE(student.stage == "student");
    REQUIRE(student.teachers.size() == 3);
    const auto passes = static_cast<double>(student.steps * train.batch * (all ? 3 : 1));
    const auto own = static_cast<double>(
        train_flops(student.network, train, student.steps, std::ssize(suite.indices(Split::validation, kPupilSeed))));
    CHECK(recipe.charges.back().flops ==
          doctest::Approx(own + passes * static_cast<double>(forward_item_flops(student.network))));
  }
}

}  // namespace
}  // namespace loom::distilled_test
