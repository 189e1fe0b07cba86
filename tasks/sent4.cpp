// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>

#include "harness/suite.h"
#include "tasks/sources/hashed_bags.h"
#include "tasks/sources/sentiment.h"

namespace loom::suites {
namespace sent4_detail {
namespace {

int32_t positive(double rating) { return rating > 0 ? 1 : 0; }

Suite load(const Json& options) {
  auto sides = sources::read_sentiment("sent4", {.label = positive, .test_share = 0.2}, options);
  const SuiteCard card = sources::sentiment_card();
  Suite::Description facts;
  facts.name = "sent4";
  facts.metric = card.metric, facts.licence = card.licence, facts.source = card.source;
  facts.summary = "whether the mean rating of a sentence is above 0";
  facts.domains = sides.domains;
  facts.shares = {0.8, 0.08, 0.08, 0.04};
  facts.vocabulary = sources::kHashedFeatures;
  return {std::move(facts), std::move(sides.train_side), std::move(sides.test)};
}

// Random 80/20 splits of their own, so these are neighbours of the suite's figures, not the same test.
constexpr const char* kMeasured = "measured for this suite (scikit-learn; random 80/20 split)";
struct Baseline {
  const char* what;
  std::array<double, 4> score;  // as kSentimentDomains
};
constexpr std::array kBaselines = {
    Baseline{"majority class", {.67, .50, .57, .57}},
    Baseline{"tf-idf 1-2-grams, logistic regression, own domain", {.835, .811, .776, .642}},
    Baseline{"tf-idf 1-2-grams, logistic regression, all domains", {.817, .806, .759, .654}},
    Baseline{"tf-idf 1-2-grams, logistic regression, the other domains", {.668, .620, .681, .614}}};

SuiteCard card() {
  SuiteCard card = sources::sentiment_card();
  for (const Baseline& baseline : kBaselines)
    for (size_t d = 0; d < card.domains.size(); ++d)
      card.published.push_back({card.domains[d], baseline.score[d], baseline.what, kMeasured,
                                &baseline == kBaselines.data() ? SuiteCard::Kind::chance : SuiteCard::Kind::figure});
  return card;
}

}  // namespace
}  // namespace sent4_detail

SuiteSource sent4() {
  return {.facts = {.kind = "suite",
                    .name = "sent4",
                    .summary = "sentiment of tweets, film reviews, product reviews and editorials; hashed n-grams",
                    .paper = "Hutto and Gilbert 2014",
                    .inputs = {"bags"},
                    .fields = sources::sentiment_fields()},
          .load = sent4_detail::load,
          .card = sent4_detail::card()};
}

}  // namespace loom::suites
