// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/io.h"
#include "harness/suite.h"
#include "tasks/sources/few.h"
#include "tasks/sources/joined_domains.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/scale.h"
#include "tasks/sources/time_series.h"

namespace loom::suites {
namespace series8_detail {
namespace {

constexpr int64_t kPoints = 96;
constexpr const char* kNone = "none";
constexpr std::array kAdaptable = {"ItalyPowerDemand", "PickupGestureWiimoteZ_eq"};
constexpr int64_t kFew = 20;
constexpr const char* kLicence = "BSD-3-Clause package; data of the UCR and UEA archives";
constexpr const char* kSource = "PyPI aeon 1.6.0 (Dau et al. 2019; Bagnall et al. 2018)";

// Accuracy on the official test: 1-NN by Euclidean distance, measured; HIVE-COTE 2 and InceptionTime as the package
// gives them, 0 where it does not.
struct Problem {
  const char* name;
  double nearest, hive_cote, inception;
};
constexpr std::array<Problem, 8> kProblems = {{{"ACSF1", .540, .91, .91},
                                               {"ArrowHead", .800, .869, .863},
                                               {"GunPoint", .913, 1.0, 1.0},
                                               {"ItalyPowerDemand", .955, .970, .966},
                                               {"OSULeaf", .521, .967, .921},
                                               {"BasicMotions", .600, 0, 0},
                                               {"JapaneseVowels_eq", .951, 0, 0},
                                               {"PickupGestureWiimoteZ_eq", .660, 0, 0}}};

SuiteCard card() {
  constexpr const char* kPackage = "aeon/testing/example_results_files/classification/accuracy, default split";
  SuiteCard result{.metric = "accuracy", .licence = kLicence, .source = kSource, .data = {"series"}};
  for (const auto& [name, nearest, hive_cote, inception] : kProblems) {
    result.domains.emplace_back(name);
    result.published.push_back({name, nearest, "1-NN, Euclidean distance", "measured on the official split"});
    if (hive_cote > 0) result.published.push_back({name, hive_cote, "HIVE-COTE 2", kPackage});
    if (inception > 0) result.published.push_back({name, inception, "InceptionTime", kPackage});
  }
  for (auto& figure : result.published)
    if (std::ranges::find(kAdaptable, figure.domain) != kAdaptable.end())
      figure.options = {{"adapt", kNone}};  // they had all of its series
  return result;
}

// The train or the test file of a problem with the same number of points in every channel.
struct Half {
  std::filesystem::path file;
  sources::TimeSeries series;

  explicit Half(const std::filesystem::path& path) : file(path), series(sources::read_ts(path, read_file(path))) {
    std::vector<float> values;
    for (size_t at = 0; at < series.values.size(); at += static_cast<size_t>(series.length)) {
      const auto channel =
          sources::resampled(std::span(series.values).subspan(at, static_cast<size_t>(series.length)), kPoints);
      values.insert(values.end(), channel.begin(), channel.end());
    }
    series.values = std::move(values);
  }
};

// Rows, so that train series which the test repeats are left out.
sources::Sides to_sides(const Half& train, const Half& test) {
  sources::Rows rows;
  for (const Half* side : {&train, &test}) {
    rows.files.push_back(side->file);
    const auto width = static_cast<size_t>(rows.width = side->series.channels * kPoints);
    for (size_t i = 0; i < side->series.label.size(); ++i) {
      const auto values = std::span(side->series.values).subspan(i * width, width);
      rows.rows.push_back(
          {.file = std::ssize(rows.files) - 1,
           .place = side->series.line[i],
           .label = side->series.classes[static_cast<size_t>(side->series.label[i])],
           .domain = "series",
           .group = sources::content_group({reinterpret_cast<const char*>(values.data()), values.size_bytes()}),
           .side = side == &train ? sources::Side::train : sources::Side::test});
      rows.values.insert(rows.values.end(), values.begin(), values.end());
    }
  }
  sources::SuiteFile given;
  given.file = train.file;
  settle_sides(rows, given, true);
  return to_items(rows, given);
}

// The archive's univariate series come standardised, its others do not: one rule for all is each channel by the mean
// and the deviation of the series that may be learnt from.
void standardise(sources::Sides& sides) {
  const auto each = [](Items& items, int64_t channel, auto visit) {
    for (auto at = static_cast<size_t>(channel * kPoints); at < items.values.size();
         at += static_cast<size_t>(items.input_dim))
      for (float& value : std::span(items.values).subspan(at, kPoints)) visit(value);
  };
  for (int64_t channel = 0; channel < sides.train_side.input_dim / kPoints; ++channel) {
    std::vector<double> seen;
    each(sides.train_side, channel, [&](float& value) { seen.push_back(value); });
    const auto scale = sources::fit_scale(seen);
    for (Items* items : {&sides.train_side, &sides.test})
      each(*items, channel, [&](float& value) { value = static_cast<float>(scale(value)); });
  }
}

struct Adapting {
  std::string problem;  // or none
  int64_t rows = 0;
};

sources::Sides read_problem(const std::filesystem::path& folder, const std::string& name, const Adapting& adapting) {
  const Half train(folder / (name + "_TRAIN.ts")), test(folder / (name + "_TEST.ts"));
  if (train.series.channels != test.series.channels)
    sources::refuse(test.file, 0,
                    "has " + std::to_string(test.series.channels) + " channels, the train side has " +
                        std::to_string(train.series.channels));
  auto sides = to_sides(train, test);
  if (name == adapting.problem) sides = with_few(std::move(sides), {"series8", name, adapting.rows, "series", true});
  standardise(sides);
  return sides;
}

Suite load(const Json& options) {
  const auto folder = sources::prepared("series", "series8");
  const Adapting adapting = {options.value("adapt", kNone), options.value("adapt_rows", kFew)};
  std::vector<sources::DomainSides> domains;
  for (const auto& problem : kProblems) domains.push_back({problem.name, read_problem(folder, problem.name, adapting)});
  auto [train_side, test, names] = join_domains(std::move(domains), sources::Groups::own);
  Suite::Description facts;
  facts.name = "series8";
  facts.metric = "accuracy";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary = "eight problems of short series, each channel at 96 points and standardised";
  if (adapting.problem != kNone) facts.summary += "; " + std::to_string(adapting.rows) + " of " + adapting.problem;
  facts.domains = std::move(names);
  facts.adapters = std::ssize(kProblems);
  return {std::move(facts), std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace series8_detail

SuiteSource series8() {
  using namespace series8_detail;
  return {.facts = {.kind = "suite",
                    .name = "series8",
                    .summary = "eight problems of time series, 36 to 270 to learn from, an adapter each",
                    .paper = "Dau 2019",
                    .inputs = {"vector"},
                    .fields = {{.name = "adapt",
                                .type = FieldType::choice,
                                .fallback = kNone,
                                .choices = {kNone, kAdaptable[0], kAdaptable[1]},
                                .doc = "a problem of which few series are trained on"},
                               {.name = "adapt_rows",
                                .fallback = kFew,
                                .min = 10,
                                .max = 67,
                                .doc = "so many, each class in proportion; of 67 and 50; its test is whole"}}},
          .load = load,
          .card = card()};
}

}  // namespace loom::suites
