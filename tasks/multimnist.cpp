// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>

#include "tasks/sources/image_drawing.h"
#include "tasks/sources/mnist_views.h"

namespace loom::suites {
namespace multimnist_detail {
namespace {

using sources::Halves;
using sources::ImageSet;

constexpr int64_t kSide = 28, kOuter = 36, kPixels = kOuter * kOuter, kQuestions = 2;

struct Pairs {
  const ImageSet& left;
  const ImageSet& right;
  std::vector<int64_t> left_places, right_places;
};

// An image is in one pair at most, so pairs of two splits have none in common.
Pairs draw(const ImageSet& left, const ImageSet& right, int64_t count, const std::string& purpose) {
  if (&left != &right)
    return {left, right, sources::chosen(left, sources::all_of(left), count, purpose + "/left"),
            sources::chosen(right, sources::all_of(right), count, purpose + "/right")};
  auto places = sources::chosen(left, sources::all_of(left), 2 * count, purpose);
  return {left, right, {places.begin(), places.begin() + count}, {places.begin() + count, places.end()}};
}

Items overlay(const Pairs& pairs, int64_t first_group) {
  const int64_t count = std::ssize(pairs.left_places);
  sources::ImageItems items(kPixels, kQuestions, kQuestions * count);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t left = pairs.left_places[static_cast<size_t>(i)], right = pairs.right_places[static_cast<size_t>(i)];
    const auto image = sources::overlaid(pairs.left.image(left), pairs.right.image(right), kSide, kOuter);
    items.add(image, pairs.left.label(left), 0, first_group + i);
    items.add(image, pairs.right.label(right), 1, first_group + i);
  }
  return items.take();
}

SuiteCard card() {
  auto result = sources::mnist_card({"left", "right"});
  result.licence = "MNIST CC BY-SA 3.0 as commonly given; Fashion-MNIST MIT";
  result.source = "pairs drawn from MNIST (LeCun et al. 1998) and, by option, Fashion-MNIST (Xiao et al. 2017)";
  const std::string paper = "Sener and Koltun 2018 (arXiv 1810.04650)";
  result.published = {{"left", .972, "source mnist: one network for this question, 60,000 pairs; unchecked", paper},
                      {"right", .959, "source mnist: one network for this question, 60,000 pairs; unchecked", paper},
                      {"left", .965, "source mnist: one network for both, equal weights; unchecked", paper},
                      {"right", .950, "source mnist: one network for both, equal weights; unchecked", paper}};
  for (auto& figure : result.published) figure.options = {{"source", "mnist"}};
  result.data = {"mnist", "fashion"};
  return result;
}

Suite load(const Json& options) {
  const std::string source = options.at("source");
  const int64_t seed = options.at("seed"), pairs = options.at("pairs"), test_pairs = options.at("test");
  const Halves first = sources::read_halves(source == "mnist" ? "mnist" : "fashion", "multimnist");
  const auto second =
      source == "both" ? std::optional<Halves>(sources::read_halves("mnist", "multimnist")) : std::nullopt;
  const Halves& right = second ? *second : first;
  const std::string purpose = "multimnist/" + std::to_string(seed);
  Items train_side = overlay(draw(first.train, right.train, pairs, purpose + "/train"), 0);
  Items test = overlay(draw(first.test, right.test, test_pairs, purpose + "/test"), pairs);

  const std::string what = source == "both" ? "Fashion-MNIST upper left, MNIST lower right"
                                            : "two of " + std::string(source == "mnist" ? "MNIST" : "Fashion-MNIST");
  auto description = sources::describe_mnist(
      card(), "multimnist_" + source,
      what + " in 36 x 36; two outputs posed as one domain an output, told by two inputs; both share a split");
  description.image = {1, kOuter, kOuter};
  return {std::move(description), std::move(train_side), std::move(test)};
}

Field whole(const char* name, int64_t fallback, double min, double max, const char* doc) {
  return {.name = name, .fallback = fallback, .min = min, .max = max, .doc = doc};
}

}  // namespace
}  // namespace multimnist_detail

SuiteSource multimnist() {
  using namespace multimnist_detail;
  return {{.kind = "suite",
           .name = "multimnist",
           .summary = "two images over one another; many outputs posed as one domain an output, told by two inputs",
           .paper = "Sabour 2017",
           .inputs = {"vector"},
           .fields = {{.name = "source",
                       .type = FieldType::choice,
                       .fallback = "mnist",
                       .choices = {"mnist", "fashion", "both"},
                       .doc = "both: Fashion-MNIST upper left (domain left), MNIST lower right"},
                      whole("pairs", 12000, 10, 60000,
                            "train-side pairs; no image is in two, so 30000 at most but for both"),
                      whole("test", 2000, 1, 10000, "test pairs; 5000 at most but for both"),
                      whole("seed", 0, 0, 1e9, "of the pairs")}},
          load,
          {},
          card()};
}

}  // namespace loom::suites
