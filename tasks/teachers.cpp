// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/random.h"
#include "harness/suite.h"

namespace loom::suites {
namespace teachers_detail {
namespace {

constexpr int64_t kInputs = 12, kHidden = 8, kClasses = 6;

struct Options {
  double similarity = 0, cue = 0, noise = 0, conflict = 0;
  int64_t domains = 0, samples = 0, test = 0;
  uint64_t seed = 0;
};

Options read(const Json& json) {
  return {json.at("similarity"), json.at("cue"),     json.at("noise"), json.at("conflict"),
          json.at("domains"),    json.at("samples"), json.at("test"),  json.at("seed")};
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

class World {
 public:
  explicit World(const Options& options) : options_(options) {
    for (int64_t t = 0; t <= options.domains; ++t) teachers_.emplace_back(options.seed, t);
    for (int64_t d = 0; d < options.domains; ++d)
      relabelled_.push_back(permutation(kClasses, Stream(options.seed, "teachers/conflict", d)));
  }

  Items draw(const std::string& purpose, int64_t per_domain, int32_t first_group) const {
    Items items;
    items.count = options_.domains * per_domain;
    items.input_dim = kInputs + options_.domains;
    for (int64_t d = 0; d < options_.domains; ++d)
      for (int64_t i = 0; i < per_domain; ++i) {
        Stream stream(options_.seed, "teachers/" + purpose, d, i);
        std::vector<double> input(kInputs);
        for (double& value : input) value = stream.normal();
        items.values.insert(items.values.end(), input.begin(), input.end());
        for (int64_t c = 0; c < options_.domains; ++c)
          items.values.push_back(static_cast<float>(stream.normal() + (c == d ? options_.cue : 0)));
        items.label.push_back(label(input, d, stream));
        items.domain.push_back(static_cast<int32_t>(d));
        items.group.push_back(first_group++);
      }
    return items;
  }

 private:
  int32_t label(const std::vector<double>& input, int64_t domain, Stream& stream) const {
    std::vector<double> scores(kClasses);
    teachers_[0].add(input, std::sqrt(options_.similarity), scores);
    teachers_[domain + 1].add(input, std::sqrt(1 - options_.similarity), scores);
    int64_t best = std::ranges::max_element(scores) - scores.begin();
    if (stream.uniform() < options_.conflict) best = relabelled_[domain][best];
    if (stream.uniform() < options_.noise) best = static_cast<int64_t>(stream.below(kClasses));
    return static_cast<int32_t>(best);
  }

  Options options_;
  std::vector<Teacher> teachers_;
  std::vector<std::vector<int64_t>> relabelled_;  // per domain
};

Suite load(const Json& json) {
  const Options options = read(json);
  const World world(options);
  Suite::Description facts;
  facts.name = "teachers";
  facts.metric = "accuracy";
  facts.licence = "generated";
  facts.source = "planted teacher networks, drawn from a seed";
  facts.summary = "labels by a common and a domain's own teacher network";
  for (int64_t d = 0; d < options.domains; ++d) facts.domains.push_back("domain" + std::to_string(d));
  Items train = world.draw("train", options.samples, 0);
  Items test = world.draw("test", options.test, static_cast<int32_t>(train.count));
  return {std::move(facts), std::move(train), std::move(test)};
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
                  whole("domains", 4, 1, 64, "domains, one teacher each beside the common one"),
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
                  whole("seed", 0, 0, 1e9, "of teachers and items; a trial's seed redraws neither")}},
      load};
}

}  // namespace loom::suites
