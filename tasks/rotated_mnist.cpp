// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>

#include "tasks/sources/image_drawing.h"
#include "tasks/sources/mnist_views.h"

namespace loom::suites {
namespace rotated_mnist_detail {
namespace {

constexpr std::array<int, 6> kDegrees = {0, 15, 30, 45, 60, 75};

SuiteCard card() {
  std::vector<std::string> domains;
  for (int degrees : kDegrees) domains.push_back("turned" + std::to_string(degrees));
  return sources::mnist_card(std::move(domains));
}

Suite load(const Json& options) {
  const std::string images = options.at("images"), size = options.at("size");
  auto [train_side, test] =
      sources::view_mnist({"rotated_mnist", std::ssize(kDegrees), sources::is_tiny(options), images == "same",
                           [](sources::Pixels image, int64_t domain) {
                             return sources::rotated(image, 28, kDegrees.at(static_cast<size_t>(domain)));
                           }});
  return {sources::describe_mnist(card(), "rotated_mnist",
                                  "MNIST turned by 0 to 75 degrees, bilinear; " + images + " images; " + size),
          std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace rotated_mnist_detail

SuiteSource rotated_mnist() {
  using namespace rotated_mnist_detail;
  return {{.kind = "suite",
           .name = "rotated_mnist",
           .summary = "MNIST turned by 0, 15, 30, 45, 60 and 75 degrees, a domain each",
           .paper = "Ghifary 2015",
           .inputs = {"vector"},
           .fields = {sources::size_field(), sources::images_field()}},
          load,
          {},
          card()};
}

}  // namespace loom::suites
