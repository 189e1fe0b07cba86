// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite.h"
#include "tasks/sources/rows.h"

namespace loom::sources {

// Sentences with mean human ratings of sentiment, four domains (Hutto and Gilbert 2014).
inline constexpr std::array kSentimentDomains = {"tweets", "movie", "amazon", "nyt"};

struct RatedText {
  double rating = 0;  // -4 .. 4
  std::string text;
};

// A CSV file with the header id,rating,text. InputError at the line of a rating that is no number from -4 to 4, or of
// an empty text.
std::vector<RatedText> read_rated_texts(const std::filesystem::path& file);

struct SentimentRule {
  int32_t (*label)(double rating) = nullptr;
  double test_share = 0;
};

// Bags of hashed n-grams of the four domains. Texts whose tokens in lower case are equal share a group, and the hash of
// these decides the side. `suite` is named where data is missing.
Sides read_sentiment(std::string_view suite, const SentimentRule& rule, const Json& options);
std::vector<Field> sentiment_fields();  // the options that read_sentiment takes
SuiteCard sentiment_card();             // metric, licence, source, domains and data

}  // namespace loom::sources
