// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/error.h"
#include "harness/random.h"
#include "harness/suite.h"

namespace loom::suites {
namespace teachers_detail {
namespace {

constexpr int64_t kInputs = 12, kHidden = 8, kClasses = 6, kDomains = 4;
constexpr const char* kLicence = "generated";
constexpr const char* kSource = "planted teacher networks, drawn from a seed";

struct Options {
  double similarity = 0, cue = 0, noise = 0, conflict = 0;
  int64_t domains = 0, samples = 0, test = 0;
  uint64_t seed = 0;
  int64_t unseen = 0;
};

Options read(const Json& json) {
  Options options = {json.at("similarity"), json.at("cue"),     json.at("noise"),
                     json.at("conflict"),   json.at("domains"), json.at("samples"),
                     json.at("test"),       json.at("seed"),    json.value("unseen", int64_t{0})};
  if (options.unseen > 0 && options.domains < 2)
    throw InputError("suite 'teachers': unseen teachers are mixed of the domains' own, so 2 domains are needed");
  return options;
}

// A fixed network 12 -> 8 tanh -> 6 that says which class an input is of. Teacher 0 is common to all domains.
class Teacher {
 public:
  Teacher(uint64_t seed, uint64_t index) : first_(kHidden * kInputs), second_(kClasses * kHidden) {
    Stream stream(seed, "teachers/weights", index);
    for (double& weight : first_) weight = stream.normal() * 1.5 / std::sqrt(static_cast<double>(kInputs));
    for (double& weight : second_) weight = stream.normal() / std::sqrt(static_cast<double>(kHidden));
  }
  void add(const std::vector<double>& input, double share, std::vector<double>& scores) const {
    for (int64_t h = 0; h < kHidden; ++h) {
      double sum = 0;
      for (int64_t i = 0; i < kInputs; ++i) sum += first_[h * kInputs + i] * input[i];
      const double hidden = std::tanh(sum);
      for (int64_t c = 0; c < kClasses; ++c) scores[c] += share * second_[c * kHidden + h] * hidden;
    }
  }

 private:
  std::vector<double> first_, second_;
};

// Of the domains' own teachers, how much of each a domain follows; squares sum to 1. A trained domain follows its own.
// An unseen one follows a random mixture of all, with positive weights as routers and mixtures have them.
std::vector<double> weights_of(const Options& options, int64_t domain) {
  std::vector<double> weights(options.domains);
  if (domain < options.domains) {
    weights[domain] = 1;
    return weights;
  }
  Stream stream(options.seed, "teachers/unseen", domain - options.domains);
  double squares = 0;
  for (double& weight : weights) {
    weight = std::abs(stream.normal());
    squares += weight * weight;
  }
  for (double& weight : weights) weight /= std::sqrt(squares);
  return weights;
}

class World {
 public:
  explicit World(const Options& options) : options_(options) {
    for (int64_t t = 0; t <= options.domains; ++t) teachers_.emplace_back(options.seed, t);
    for (int64_t d = 0; d < options.domains + options.unseen; ++d) {
      weights_.push_back(weights_of(options, d));
      relabelled_.push_back(permutation(kClasses, Stream(options.seed, "teachers/conflict", d)));
    }
  }

  Items train_side() const { return draw("train", {0, options_.domains}, options_.samples, 0); }
  Items test() const {
    const bool unseen = options_.unseen > 0;
    const int64_t first = unseen ? options_.domains : 0, count = unseen ? options_.unseen : options_.domains;
    const auto first_group = static_cast<int32_t>(options_.domains * options_.samples);
    return draw("test", {first, first + count}, options_.test, first_group);
  }

 private:
  struct Range {
    int64_t begin = 0, end = 0;
  };

  Items draw(const std::string& purpose, Range domains, int64_t per_domain, int32_t first_group) const {
    Items items;
    items.count = (domains.end - domains.begin) * per_domain;
    items.input_dim = kInputs + options_.domains;
    for (int64_t d = domains.begin; d < domains.end; ++d)
      for (int64_t i = 0; i < per_domain; ++i) {
        Stream stream(options_.seed, "teachers/" + purpose, d, i);
        std::vector<double> input(kInputs);
        for (double& value : input) value = stream.normal();
        items.values.insert(items.values.end(), input.begin(), input.end());
        for (int64_t c = 0; c < options_.domains; ++c)
          items.values.push_back(static_cast<float>(stream.normal() + options_.cue * weights_[d][c]));
        items.label.push_back(label(input, d, stream));
        items.domain.push_back(static_cast<int32_t>(d));
        items.group.push_back(first_group++);
      }
    return items;
  }

  int32_t label(const std::vector<double>& input, int64_t domain, Stream& stream) const {
    std::vector<double> scores(kClasses);
    teachers_[0].add(input, std::sqrt(options_.similarity), scores);
    for (int64_t c = 0; c < options_.domains; ++c)
      if (const double weight = weights_[domain][c]; weight > 0)
        teachers_[c + 1].add(input, std::sqrt(1 - options_.similarity) * weight, scores);
    int64_t best = std::ranges::max_element(scores) - scores.begin();
    if (stream.uniform() < options_.conflict) best = relabelled_[domain][best];
    if (stream.uniform() < options_.noise) best = static_cast<int64_t>(stream.below(kClasses));
    return static_cast<int32_t>(best);
  }

  Options options_;
  std::vector<Teacher> teachers_;
  std::vector<std::vector<double>> weights_;  // per domain, the unseen ones last; likewise
  std::vector<std::vector<int64_t>> relabelled_;
};

std::string domain_name(int64_t domain) { return "domain" + std::to_string(domain); }

SuiteCard card() {
  SuiteCard card{.metric = "accuracy", .licence = kLicence, .source = kSource};
  for (int64_t d = 0; d < kDomains; ++d) card.domains.push_back(domain_name(d));  // of the default setting
  card.published = {{"", 1, "attainable by who is told the domain: the label follows from the inputs",
                     "by construction; with a share of noise n, 1 - 5n / 6", SuiteCard::Kind::ceiling},
                    {"", 1.0 / kClasses, "chance: a blind guess of the class", "counted", SuiteCard::Kind::chance}};
  card.published.front().options = {{"noise", 0}, {"conflict", 0}};
  return card;
}

Suite load(const Json& json) {
  const Options options = read(json);
  const World world(options);
  Suite::Description facts;
  facts.name = "teachers";
  facts.metric = "accuracy";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary = "labels by a common and a domain's own teacher network";
  if (options.unseen > 0) facts.summary += "; test: mixtures of teachers that nobody was trained on";
  for (int64_t d = 0; d < options.domains; ++d) facts.domains.push_back(domain_name(d));
  for (int64_t u = 0; u < options.unseen; ++u) facts.domains.push_back("unseen" + std::to_string(u));
  facts.held_out = options.unseen;
  return {std::move(facts), world.train_side(), world.test()};
}

Field share(const char* name, double fallback, const char* doc) {
  return {.name = name, .type = FieldType::real, .fallback = fallback, .min = 0, .max = 1, .doc = doc};
}

Field whole(const char* name, int64_t fallback, double min, double max, const char* doc) {
  return {.name = name, .fallback = fallback, .min = min, .max = max, .doc = doc};
}

}  // namespace
}  // namespace teachers_detail

SuiteSource teachers() {
  using namespace teachers_detail;
  return {
      {.kind = "suite",
       .name = "teachers",
       .summary = "planted: labels by teacher networks that domains share to a degree; which side wins is set by it",
       .inputs = {"vector"},
       .fields = {share("similarity", 0.5, "0: each domain has a teacher of its own; 1: one teacher for all"),
                  whole("domains", kDomains, 1, 64, "domains, one teacher each beside the common one"),
                  whole("samples", 430, 10, 1e6, "train-side items of each domain; 7 in 10 train"),
                  whole("test", 1000, 1, 1e6, "test items of each domain"),
                  {.name = "cue",
                   .type = FieldType::real,
                   .fallback = 3.0,
                   .min = 0,
                   .max = 100,
                   .doc = "how plainly the inputs tell the domain, in standard deviations"},
                  share("noise", 0, "share of labels drawn at random"),
                  share("conflict", 0, "share of labels exchanged by a rule of the domain's own"),
                  whole("seed", 0, 0, 1e9, "of teachers and items; a trial's seed redraws neither"),
                  whole("unseen", 0, 0, 64,
                        "above 0: the test is of so many domains that nobody was trained on, each with a mixture of "
                        "the others' own teachers; the cue tells the mixture")}},
      load,
      {},
      card()};
}

}  // namespace loom::suites
