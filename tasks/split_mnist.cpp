// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "tasks/sources/mnist_views.h"

namespace loom::suites {
namespace split_mnist_detail {
namespace {

using sources::ImageSet;

constexpr int64_t kDomains = 5, kPixels = 28 * 28;

SuiteCard card() {
  auto result = sources::mnist_card({"digits01", "digits23", "digits45", "digits67", "digits89"});
  const std::string paper = "van de Ven and Tolias 2019 (arXiv 1904.07734)";
  const auto add = [&](double score, const std::string& scenario, const char* what) {
    result.published.push_back({.domain = {},
                                .score = score,
                                .what = "scenario " + scenario + ": " + what + ", size: full; unchecked",
                                .source = paper,
                                .options = {{"scenario", scenario}, {"size", "full"}}});
  };
  add(.997, "task", "joint training"), add(.984, "domain", "joint training"), add(.98, "class", "joint training");
  const char* in_turn = "fine-tuned task after task";
  add(.87, "task", in_turn), add(.59, "domain", in_turn), add(.20, "class", in_turn);
  return result;
}

Items split_half(const ImageSet& set, const Json& options, int64_t tiny_count, const std::string& side,
                 int64_t first_group) {
  const std::string scenario = options.at("scenario");
  std::vector<std::vector<int64_t>> places(kDomains);
  for (const int64_t place : sources::all_of(set)) places[static_cast<size_t>(set.label(place) / 2)].push_back(place);
  int64_t room = 0;
  for (auto& of_domain : places) {
    const int64_t count = sources::is_tiny(options) ? tiny_count : std::ssize(of_domain);
    of_domain = sources::chosen(set, std::move(of_domain), count, "split_mnist/" + side);
    room += count;
  }
  sources::ImageItems items(kPixels, scenario == "task" ? kDomains : 0, room);
  for (int64_t domain = 0; domain < kDomains; ++domain)
    for (const int64_t place : places[static_cast<size_t>(domain)])
      items.add(set.image(place), scenario == "class" ? set.label(place) : set.label(place) % 2, domain,
                first_group + place);
  return items.take();
}

std::string meaning(const std::string& scenario) {
  if (scenario == "task") return "first or second of its two, the domain given as five inputs";
  return scenario == "domain" ? "first or second of its two, the domain not given" : "which of ten";
}

Suite load(const Json& options) {
  const std::string scenario = options.at("scenario"), size = options.at("size");
  const sources::Halves mnist = sources::read_halves("mnist", "split_mnist");
  Items train_side = split_half(mnist.train, options, sources::kTinyTrainSide, "train", 0);
  Items test = split_half(mnist.test, options, sources::kTinyTest, "test", mnist.train.count());
  return {sources::describe_mnist(card(), "split_mnist_" + scenario,
                                  "MNIST two digits at a time; asked: " + meaning(scenario) + "; " + size),
          std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace split_mnist_detail

SuiteSource split_mnist() {
  using namespace split_mnist_detail;
  return {{.kind = "suite",
           .name = "split_mnist",
           .summary = "MNIST in five domains of two digits each, in one of three scenarios",
           .paper = "van de Ven 2019",
           .inputs = {"vector"},
           .fields = {{.name = "scenario",
                       .type = FieldType::choice,
                       .fallback = "task",
                       .choices = {"task", "domain", "class"},
                       .doc = "task: 2 classes, the domain as 5 more inputs; domain: 2 classes; class: 10 classes"},
                      sources::size_field()}},
          load,
          {},
          card()};
}

}  // namespace loom::suites
