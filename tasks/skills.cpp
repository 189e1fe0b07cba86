// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"
#include "harness/suite.h"
#include "tasks/sources/prompted.h"
#include "tasks/sources/skill_tasks.h"
#include "tasks/sources/string_functions.h"

namespace loom::suites {
namespace skills_detail {
namespace {

constexpr int64_t kAnswerAt = 32, kWindow = 48, kTries = 100000;

// First the one, then the other, so chosen that neither alone gives the answer: whatever comes before sort is lost.
struct Composition {
  const char* name;
  const char* markers;
  std::string (*apply)(const std::string&);
};
const std::array<Composition, 3> kCompositions = {{
    {"sort>reverse", "SR", [](const std::string& s) { return sources::reversed(sources::sorted(s)); }},
    {"dedup>reverse", "DR", [](const std::string& s) { return sources::reversed(sources::first_occurrences(s)); }},
    {"sort>dedup", "SD", [](const std::string& s) { return sources::first_occurrences(sources::sorted(s)); }},
}};

// Questions of one task, none twice. Equal questions have equal answers, so the test asks nothing that was trained on.
class Source {
 public:
  Source(const sources::SkillTask& task, uint64_t seed, uint64_t purpose)
      : task_(task), stream_(seed, "skills", purpose) {}
  sources::Question next(int64_t shortest, int64_t longest) {
    for (int64_t tries = 0; tries < kTries; ++tries) {
      const auto span = static_cast<uint64_t>(longest - shortest + 1);
      sources::Question question = task_.draw(shortest + static_cast<int64_t>(stream_.below(span)), stream_);
      if (seen_.insert(question.text).second) return question;
    }
    throw InputError("suite skills: there are not so many questions of task " + std::string(task_.name) +
                     "; ask for fewer samples");
  }

 private:
  const sources::SkillTask& task_;
  Stream stream_;
  std::set<std::string> seen_;
};

class Maker {
 public:
  explicit Maker(const Json& options)
      : samples_(options.at("samples")),
        test_samples_(options.at("test_samples")),
        seed_(options.at("seed")),
        test_kind_(options.at("test")),
        tag_(options.at("tag")) {}

  Suite make() {
    const auto tasks = sources::skill_tasks();
    test_group_ = static_cast<int32_t>(samples_ * static_cast<int64_t>(tasks.size()));
    for (size_t d = 0; d < tasks.size(); ++d) add_task(tasks[d], static_cast<int32_t>(d));
    if (test_kind_ == "compositions")
      for (size_t c = 0; c < kCompositions.size(); ++c)
        add_composition(kCompositions[c], tasks[0], static_cast<int32_t>(tasks.size() + c));
    description_.name = "skills";
    description_.metric = "exact_match";
    description_.licence = description_.source = "generated";
    description_.summary = "twelve tasks with exact answers; test: " + test_kind_;
    return {std::move(description_), train_side_.take(), test_.take()};
  }

 private:
  std::string marked(char first, char second, const std::string& text) const {
    return tag_ ? std::string{first, second} + text : "  " + text;
  }

  void add_task(const sources::SkillTask& task, int32_t domain) {
    description_.domains.emplace_back(task.name);
    Source source(task, seed_, static_cast<uint64_t>(domain));
    const auto add = [&](sources::Prompted& side, int32_t& group, int64_t shortest, int64_t longest) {
      const sources::Question question = source.next(shortest, longest);
      side.add(domain, group++, marked(task.marker, ' ', question.text), question.answer);
    };
    for (int64_t i = 0; i < samples_; ++i) add(train_side_, group_, task.shortest, task.longest);
    const bool longer = test_kind_ == "longer" && task.far > task.longest;
    for (int64_t i = 0; i < test_samples_ && test_kind_ != "compositions"; ++i)
      add(test_, test_group_, longer ? task.longest + 1 : task.shortest, longer ? task.far : task.longest);
  }

  void add_composition(const Composition& composition, const sources::SkillTask& copy, int32_t domain) {
    description_.domains.emplace_back(composition.name);
    ++description_.held_out;
    Source source(copy, seed_, static_cast<uint64_t>(domain));
    for (int64_t i = 0; i < test_samples_; ++i) {
      const std::string text = source.next(copy.shortest, copy.longest).text;
      test_.add(domain, test_group_++, marked(composition.markers[0], composition.markers[1], text),
                composition.apply(text));
    }
  }

  int64_t samples_, test_samples_;
  uint64_t seed_;
  std::string test_kind_;
  bool tag_;
  int32_t group_ = 0, test_group_ = 0;  // the train side has the first groups whatever the test asks
  Suite::Description description_;
  sources::Prompted train_side_{kAnswerAt, kWindow}, test_{kAnswerAt, kWindow};
};

std::vector<Field> fields() {
  using enum FieldType;
  return {
      {.name = "test",
       .type = choice,
       .fallback = "trained",
       .choices = {"trained", "longer", "compositions"},
       .doc =
           "lengths that were trained on, longer ones, or two tasks one after the other (nobody was trained on them)"},
      {.name = "samples", .fallback = 4000, .min = 20, .max = 7000, .doc = "train-side questions a task"},
      {.name = "test_samples", .fallback = 500, .min = 1, .max = 2000, .doc = "test questions a task"},
      {.name = "tag", .type = boolean, .fallback = true, .doc = "the question begins with the task's letter"},
      {.name = "seed", .fallback = 0, .min = 0, .max = 1e9, .doc = "of the questions"},
  };
}

}  // namespace
}  // namespace skills_detail

SuiteSource skills() {
  SuiteCard card{.metric = "exact_match", .licence = "generated", .source = "generated"};
  card.published = {{"", 1, "attainable: a question has one answer", "by construction", SuiteCard::Kind::ceiling}};
  for (const sources::SkillTask& task : sources::skill_tasks()) {
    card.domains.emplace_back(task.name);
    card.published.push_back(
        {task.name, task.chance(), "chance: a blind guess among the answers", "counted", SuiteCard::Kind::chance});
  }
  return {.facts = {.kind = "suite",
                    .name = "skills",
                    .summary =
                        "twelve generated tasks, copy to list operations; longer questions and compositions held out",
                    .paper = "Deletang et al. 2023",
                    .inputs = {"tokens"},
                    .fields = skills_detail::fields()},
          .load = [](const Json& options) { return skills_detail::Maker(options).make(); },
          .card = std::move(card)};
}

}  // namespace loom::suites
