// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "harness/suite.h"
#include "tasks/sources/mnist1d_signals.h"
#include "tasks/sources/scale.h"

namespace loom::suites {
namespace mnist1d_detail {
namespace {

enum View : int32_t { plain, reversed, permuted, views };
constexpr const char* kLicence = "generated; the ten templates are Apache-2.0";
constexpr const char* kSource = "after the generator of PyPI mnist1d 0.0.2.post1 (Greydanus and Kobak 2024)";
constexpr int64_t kTrain = 4000, kTest = 1000;

struct Published {
  const char* who;
  double plain, permuted;
};
constexpr std::array kPublished = {Published{"logistic regression", .32, .32}, Published{"MLP", .68, .68},
                                   Published{"CNN", .94, .56}, Published{"GRU", .91, .57},
                                   Published{"one human expert", .96, .30}};

// The figures are of the default signals.
SuiteCard card() {
  SuiteCard result{.metric = "accuracy", .licence = kLicence, .source = kSource};
  result.domains = {"plain", "reversed", "permuted"};
  const char* from = "PyPI mnist1d 0.0.2.post1, table of its README, in percent";
  for (const auto& [who, plain, permuted] : kPublished) {
    result.published.push_back({"plain", plain, who, from});
    result.published.push_back({"permuted", permuted, std::string(who) + ", another order", from});
  }
  const sources::SignalSettings usual;
  for (auto& figure : result.published)
    figure.options = {{"train", kTrain},      {"noise", usual.noise}, {"correlated_noise", usual.correlated_noise},
                      {"scale", usual.scale}, {"shear", usual.shear}, {"shift", usual.shift}};
  for (const auto& domain : result.domains)
    result.published.push_back({domain, 1.0 / sources::kSignalClasses, "chance: ten classes equally often", "counted",
                                SuiteCard::Kind::chance});
  return result;
}

struct Options {
  sources::SignalSettings signals;
  int64_t train = 0, test = 0;
  uint64_t seed = 0;
  bool same = false;  // every domain shows the same signals, one group each
};

Options read(const Json& json) {
  Options options;
  options.train = json.at("train");
  options.test = json.at("test");
  options.seed = json.at("seed");
  options.same = json.at("signals") == "same";
  options.signals.noise = json.at("noise");
  options.signals.correlated_noise = json.at("correlated_noise");
  options.signals.scale = json.at("scale");
  options.signals.shear = json.at("shear");
  options.signals.shift = json.at("shift");
  return options;
}

std::vector<int64_t> order_of(int32_t view, uint64_t seed) {
  if (view == permuted) return permutation(sources::kSignalPoints, Stream(seed, "mnist1d/order"));
  std::vector<int64_t> order(sources::kSignalPoints);
  std::iota(order.begin(), order.end(), int64_t{0});
  if (view == reversed) std::ranges::reverse(order);
  return order;
}

// Classes take turns, so that all occur equally often.
Items draw(const Options& options, const std::string& side, int64_t per_domain, int32_t first_group) {
  Items items;
  items.input_dim = sources::kSignalPoints;
  items.count = views * per_domain;
  for (int32_t view = 0; view < views; ++view) {
    const auto order = order_of(view, options.seed);
    const int32_t drawn_for = options.same ? 0 : view;
    for (int64_t i = 0; i < per_domain; ++i) {
      const auto digit = static_cast<int32_t>(i % sources::kSignalClasses);
      const auto signal = sources::draw_signal(
          digit, options.signals,
          Stream(options.seed, "mnist1d/" + side, static_cast<uint64_t>(drawn_for), static_cast<uint64_t>(i)));
      for (int64_t from : order) items.values.push_back(signal[static_cast<size_t>(from)]);
      items.label.push_back(digit);
      items.domain.push_back(view);
      items.group.push_back(first_group + static_cast<int32_t>(drawn_for * per_domain + i));
    }
  }
  return items;
}

// One mean and one deviation for all, as in the original; here of the train side alone.
void standardise(Items& train_side, Items& test) {
  const auto scale = sources::fit_scale(std::vector<double>(train_side.values.begin(), train_side.values.end()));
  for (Items* items : {&train_side, &test})
    for (float& value : items->values) value = static_cast<float>(scale(value));
}

Suite load(const Json& json) {
  const Options options = read(json);
  Items train_side = draw(options, "train", options.train, 0);
  Items test = draw(options, "test", options.test, static_cast<int32_t>(train_side.count));
  standardise(train_side, test);
  const SuiteCard known = card();
  Suite::Description facts;
  facts.name = "mnist1d";
  facts.metric = known.metric, facts.licence = known.licence, facts.source = known.source;
  facts.summary = "signals of 40 points in ten classes, as they are, backwards and in another order";
  if (options.same) facts.summary += "; the same signals in each";
  facts.domains = known.domains;
  facts.shares = {.8, .08, .08, .04};
  return {std::move(facts), std::move(train_side), std::move(test)};
}

Field real(const char* name, double fallback, double max, const char* doc) {
  return {.name = name, .type = FieldType::real, .fallback = fallback, .min = 0, .max = max, .doc = doc};
}

std::vector<Field> fields() {
  const sources::SignalSettings usual;
  return {
      {.name = "signals",
       .type = FieldType::choice,
       .fallback = "disjoint",
       .choices = {"disjoint", "same"},
       .doc = "disjoint: each domain shows signals of its own; same: all show the same ones, and views of one "
              "signal share a split"},
      {.name = "train", .fallback = kTrain, .min = 50, .max = 1e6, .doc = "train-side items a domain"},
      {.name = "test", .fallback = kTest, .min = 10, .max = 1e6, .doc = "test items a domain"},
      real("noise", usual.noise, 10, "its deviation at each point"),
      real("correlated_noise", usual.correlated_noise, 10, "its deviation before smoothing, where the signal is none"),
      real("scale", usual.scale, 2, "width of the factor around 1"),
      real("shear", usual.shear, 10, "width of the slope around 0"),
      {.name = "shift", .fallback = usual.shift, .min = 1, .max = 72, .doc = "places to start at, of 72 points"},
      {.name = "seed", .fallback = 0, .min = 0, .max = 1e9, .doc = "of the signals and the order of points"}};
}

}  // namespace
}  // namespace mnist1d_detail

SuiteSource mnist1d() {
  using namespace mnist1d_detail;
  return {.facts = {.kind = "suite",
                    .name = "mnist1d",
                    .summary = "generated: digits as signals of 40 points, plain, backwards and in another order",
                    .paper = "Greydanus and Kobak 2024",
                    .inputs = {"vector"},
                    .fields = fields()},
          .load = load,
          .card = card()};
}

}  // namespace loom::suites
