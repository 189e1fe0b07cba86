// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/io.h"
#include "harness/suite.h"
#include "tasks/sources/csv.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/scale.h"

namespace loom::suites {
namespace vowels_detail {
namespace {

constexpr std::array<std::string_view, 4> kVowels = {"iy", "ih", "aa", "ah"};  // the four of Jacobs et al. 1991
constexpr const char* kLicence = "GPL-3+ package; measurements of Peterson and Barney 1952";
constexpr const char* kSource = "PyPI praat-parselmouth 0.4.7";
constexpr int64_t kInputs = 2, kTestEvery = 4;

SuiteCard card() {
  SuiteCard result{.metric = "accuracy", .licence = kLicence, .source = kSource, .domains = {"vowels"}};
  result.data = {"vowels"};
  const char* from = "replication of Jacobs et al. 1991: 75 / 25 by speaker, five seeds";
  result.published = {{"", .928, "mixture of 4 linear experts, 60 parameters; deviation .011", from},
                      {"", .901, "network of 8 hidden units, 60 parameters; deviation .020", from}};
  return result;
}

struct Spoken {
  std::array<double, kInputs> formants = {};
  int32_t speaker = 0, vowel = 0;
};

double number(const std::filesystem::path& file, const sources::CsvRow& row, size_t cell) {
  const auto value = sources::as_number(row.cells[cell]);
  if (!value || !(*value > 0 && *value < 20000))
    sources::refuse(file, row.line, sources::in_quotes(row.cells[cell]) + " is no speaker and no frequency");
  return *value;
}

std::vector<Spoken> read_four(const std::filesystem::path& file) {
  static const std::vector<std::string_view> kHeader = {"speaker", "vowel", "f0", "f1", "f2", "f3"};
  std::vector<Spoken> all;
  bool first = true;
  sources::read_csv(file, read_file(file), [&](const sources::CsvRow& row) {
    if (std::exchange(first, false)) {
      if (!std::ranges::equal(row.cells, kHeader))
        sources::refuse(file, row.line, "the columns are not speaker, vowel, f0, f1, f2, f3");
      return;
    }
    const auto found = std::ranges::find(kVowels, row.cells[1]);
    if (found == kVowels.end()) return;
    all.push_back({{number(file, row, 3), number(file, row, 4)},
                   static_cast<int32_t>(number(file, row, 0)),
                   static_cast<int32_t>(found - kVowels.begin())});
  });
  return all;
}

// Every fourth speaker: men, women and children come one after another, so the test has its share of each.
bool in_test(const Spoken& spoken) { return spoken.speaker % kTestEvery == 0; }

std::array<sources::Scale, kInputs> scales(const std::vector<Spoken>& all) {
  std::array<sources::Scale, kInputs> fitted;
  for (size_t i = 0; i < fitted.size(); ++i) {
    std::vector<double> numbers;
    for (const Spoken& spoken : all)
      if (!in_test(spoken)) numbers.push_back(spoken.formants[i]);
    fitted[i] = sources::fit_scale(numbers);
  }
  return fitted;
}

Suite load(const Json&) {
  const auto all = read_four(sources::prepared("vowels", "vowels") / "vowels.csv");
  const auto scale = scales(all);
  Items train_side, test;
  train_side.input_dim = test.input_dim = kInputs;
  for (const Spoken& spoken : all) {
    Items& items = in_test(spoken) ? test : train_side;
    for (size_t i = 0; i < scale.size(); ++i) items.values.push_back(static_cast<float>(scale[i](spoken.formants[i])));
    items.label.push_back(spoken.vowel);
    items.domain.push_back(0);
    items.group.push_back(spoken.speaker);
    ++items.count;
  }
  Suite::Description facts;
  facts.name = "vowels";
  facts.metric = "accuracy";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary = "four vowels of 76 speakers by their first two formants; speakers of the test are never trained on";
  facts.domains = {"vowels"};
  return {std::move(facts), std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace vowels_detail

SuiteSource vowels() {
  return {.facts = {.kind = "suite",
                    .name = "vowels",
                    .summary = "four vowels by their first two formants, 76 speakers: the first mixture of experts",
                    .paper = "Peterson and Barney 1952",
                    .inputs = {"vector"}},
          .load = vowels_detail::load,
          .card = vowels_detail::card()};
}

}  // namespace loom::suites
