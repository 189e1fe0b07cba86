// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/mnist_views.h"

#include <nlohmann/json.hpp>

namespace loom::sources {
namespace mnist_views_detail {
namespace {

Items view_half(const MnistViews& views, const ImageSet& set, int64_t tiny_count, const std::string& side,
                int64_t first_group) {
  const int64_t shares = views.same ? 1 : views.domains;
  const int64_t per_domain = views.tiny ? tiny_count : set.count() / shares;
  // Without the suite's name: the suites of one size show the same images.
  const auto places = chosen(set, all_of(set), shares * per_domain, "mnist views/" + side);
  ImageItems items(set.side() * set.side(), 0, views.domains * per_domain);
  for (int64_t domain = 0; domain < views.domains; ++domain)
    for (int64_t i = 0; i < per_domain; ++i) {
      const int64_t place = places[static_cast<size_t>((views.same ? 0 : domain * per_domain) + i)];
      items.add(views.change(set.image(place), domain), set.label(place), domain, first_group + place);
    }
  return items.take();
}

}  // namespace
}  // namespace mnist_views_detail

TwoSides view_mnist(const MnistViews& views) {
  const Halves mnist = read_halves("mnist", views.suite);
  return {mnist_views_detail::view_half(views, mnist.train, kTinyTrainSide, "train", 0),
          mnist_views_detail::view_half(views, mnist.test, kTinyTest, "test", mnist.train.count())};
}

Field images_field() {
  return {.name = "images",
          .type = FieldType::choice,
          .fallback = "disjoint",
          .choices = {"disjoint", "same"},
          .doc =
              "disjoint: each domain shows images of its own; same: all show the same ones, and views of one image "
              "share a split"};
}

SuiteCard mnist_card(std::vector<std::string> domains) {
  return {.metric = "accuracy",
          .licence = "CC BY-SA 3.0 as commonly given",
          .source = "MNIST (LeCun et al. 1998), official split",
          .domains = std::move(domains),
          .data = {"mnist"}};
}

Suite::Description describe_mnist(const SuiteCard& card, std::string name, std::string summary) {
  Suite::Description description;
  description.name = std::move(name);
  description.metric = card.metric, description.licence = card.licence, description.source = card.source;
  description.summary = std::move(summary);
  description.domains = card.domains;
  description.shares = {.8, .08, .08, .04};
  description.image = {1, 28, 28};
  return description;
}

}  // namespace loom::sources
