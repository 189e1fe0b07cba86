// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/sentiment.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "harness/io.h"
#include "tasks/sources/csv.h"
#include "tasks/sources/hashed_bags.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace sentiment_detail {
namespace {

constexpr double kRatingMax = 4;

double rating_of(const std::filesystem::path& file, int64_t line, std::string_view cell) {
  const auto rating = as_number(cell);
  if (!rating) refuse(file, line, "the rating " + in_quotes(cell) + " is not a number");
  if (!(std::abs(*rating) <= kRatingMax)) refuse(file, line, "the rating " + in_quotes(cell) + " is not from -4 to 4");
  return *rating;
}

// Texts of one form have the same features, so that copies never straddle a split.
std::string plain_form(std::string_view text) {
  std::string form;
  for (std::string_view token : tokens_of(text)) form += lower_ascii(token) + " ";
  return form;
}

std::vector<std::string> features_of(const std::string& text, bool chars) {
  std::vector<std::string> features = word_features(text);
  if (!chars) return features;
  for (auto& feature : char_features(text, 3, 4)) features.push_back(std::move(feature));
  return features;
}

}  // namespace
}  // namespace sentiment_detail

std::vector<RatedText> read_rated_texts(const std::filesystem::path& file) {
  using namespace sentiment_detail;
  std::vector<RatedText> rated;
  bool header = true;
  read_csv(file, read_file(file), [&](const CsvRow& row) {
    if (header && (row.cells.size() != 3 || row.cells[0] != "id" || row.cells[1] != "rating" || row.cells[2] != "text"))
      refuse(file, row.line, "the header must be id,rating,text");
    if (header) return void(header = false);
    if (row.cells[2].empty()) refuse(file, row.line, "the text is empty");
    rated.push_back({rating_of(file, row.line, row.cells[1]), std::string(row.cells[2])});
  });
  if (rated.empty()) refuse(file, 0, "holds no rows");
  return rated;
}

Sides read_sentiment(std::string_view suite, const SentimentRule& rule, const Json& options) {
  using namespace sentiment_detail;
  const auto folder = prepared("sent4", suite);
  const bool chars = options.at("features") == "words_chars";
  const auto width = options.at("width").get<int64_t>();
  BagWriter writer(width);
  std::unordered_map<std::string, int32_t> groups;
  Sides sides;
  for (Items* items : {&sides.train_side, &sides.test}) {
    items->kind = InputKind::bags;
    items->input_dim = width;
  }
  for (const char* domain : kSentimentDomains) {
    for (const RatedText& rated : read_rated_texts(folder / (std::string(domain) + ".csv"))) {
      const std::string form = plain_form(rated.text);
      Items& items = hashed_into_test(form, rule.test_share) ? sides.test : sides.train_side;
      writer.append(items, features_of(rated.text, chars));
      items.label.push_back(rule.label(rated.rating));
      items.domain.push_back(static_cast<int32_t>(sides.domains.size()));
      items.group.push_back(groups.emplace(form, static_cast<int32_t>(groups.size())).first->second);
      ++items.count;
    }
    sides.domains.emplace_back(domain);
  }
  return sides;
}

std::vector<Field> sentiment_fields() {
  return {{.name = "features",
           .type = FieldType::choice,
           .fallback = "words",
           .choices = {"words", "words_chars"},
           .doc = "words: tokens and pairs of neighbours; words_chars: also runs of 3 and 4 bytes"},
          {.name = "width",
           .fallback = 128,
           .min = 8,
           .max = 1024,
           .doc = "most features of a sentence; which ones stay does not depend on it"}};
}

SuiteCard sentiment_card() {
  return {.metric = "accuracy",
          .licence = "MIT (data of vaderSentiment)",
          .source = "Hutto and Gilbert 2014: sentences with the mean of 20 human ratings; vaderSentiment 3.3.2",
          .domains = {kSentimentDomains.begin(), kSentimentDomains.end()},
          .data = {"sent4"}};
}

}  // namespace loom::sources
