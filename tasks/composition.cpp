// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/random.h"
#include "harness/suite.h"
#include "tasks/sources/prompted.h"
#include "tasks/sources/string_functions.h"

namespace loom::suites {
namespace composition_detail {
namespace {

constexpr int64_t kDigits = 6, kAnswerAt = 16, kWindow = 24;

struct Function {
  const char* name;
  char marker;
  std::string (*apply)(const std::string&);
};
const std::array<Function, 6> kFunctions = {{
    {"reverse", 'r', [](const std::string& s) { return sources::reversed(s); }},
    {"rotate", 'o', [](const std::string& s) { return sources::rotated(s); }},
    {"sort", 's', [](const std::string& s) { return sources::sorted(s); }},
    {"dedupe", 'd', [](const std::string& s) { return sources::first_occurrences(s); }},
    {"add3", 'a', [](const std::string& s) { return sources::three_more(s); }},
    {"swap", 'w', [](const std::string& s) { return sources::swapped(s); }},
}};
// i>j: first i, then j. Each function leads once and follows once, and neither alone gives the answer: what only
// reorders is lost on sort.
constexpr std::array<std::pair<int, int>, 6> kPairs = {{{0, 4}, {1, 5}, {2, 1}, {3, 0}, {4, 2}, {5, 3}}};

// Digit strings, no one twice; the first drawn are the train side's whatever is asked of the test.
class Strings {
 public:
  Strings(uint64_t seed, uint64_t domain) : stream_(seed, "composition", domain) {}
  std::string next() {
    while (true) {
      std::string text;
      for (int64_t i = 0; i < kDigits; ++i) text += static_cast<char>('0' + stream_.below(10));
      if (seen_.insert(text).second) return text;
    }
  }

 private:
  Stream stream_;
  std::set<std::string> seen_;
};

Suite load(const Json& options) {
  const auto train = options.at("samples").get<int64_t>(), test = options.at("test_samples").get<int64_t>();
  const uint64_t seed = options.at("seed");
  const bool composed = options.at("test") == "composed";
  sources::Prompted train_side(kAnswerAt, kWindow), asked(kAnswerAt, kWindow);
  Suite::Description description;
  // The train side has the first groups whatever the test asks, so that its members serve both tests.
  int32_t group = 0, test_group = static_cast<int32_t>(train * static_cast<int64_t>(kFunctions.size()));
  for (size_t d = 0; d < kFunctions.size(); ++d) {
    const Function& function = kFunctions[d];
    description.domains.emplace_back(function.name);
    Strings strings(seed, d);
    const auto add = [&](sources::Prompted& side, int32_t& next) {
      const std::string text = strings.next();
      side.add(static_cast<int32_t>(d), next++, std::string(1, function.marker) + " :" + text + "=",
               function.apply(text));
    };
    for (int64_t i = 0; i < train; ++i) add(train_side, group);
    for (int64_t i = 0; i < test && !composed; ++i) add(asked, test_group);
  }
  for (size_t p = 0; p < kPairs.size() && composed; ++p) {
    const Function &first = kFunctions[static_cast<size_t>(kPairs[p].first)],
                   &second = kFunctions[static_cast<size_t>(kPairs[p].second)];
    description.domains.push_back(std::string(first.name) + ">" + second.name);
    Strings strings(seed, kFunctions.size() + p);
    for (int64_t i = 0; i < test; ++i) {
      const std::string text = strings.next();
      asked.add(static_cast<int32_t>(kFunctions.size() + p), test_group++,
                std::string{first.marker, second.marker} + ":" + text + "=", second.apply(first.apply(text)));
    }
  }
  description.name = "composition";
  description.metric = "exact_match";
  description.licence = "generated";
  description.source = "generated";
  description.summary = composed
                            ? "functions of digit strings; the test asks for compositions that nobody was trained on"
                            : "functions of digit strings";
  description.held_out = composed ? static_cast<int64_t>(kPairs.size()) : 0;
  return {std::move(description), train_side.take(), asked.take()};
}

std::vector<Field> fields() {
  using enum FieldType;
  return {
      {.name = "test",
       .type = choice,
       .fallback = "own",
       .choices = {"own", "composed"},
       .doc = "the functions trained on, or compositions i>j of two of them, which nobody was trained on"},
      {.name = "samples", .fallback = 2000, .min = 20, .max = 100000, .doc = "train-side items a function"},
      {.name = "test_samples", .fallback = 500, .min = 1, .max = 100000, .doc = "test items a function"},
      {.name = "seed", .fallback = 0, .min = 0, .max = 1e9, .doc = "of the drawn strings"},
  };
}

}  // namespace
}  // namespace composition_detail

// A fabric that routes each question to one specialist knows one function of the two; a chain of specialists would have
// the product of their accuracies.
SuiteSource composition() {
  using namespace composition_detail;
  SuiteCard card{.metric = "exact_match", .licence = "generated", .source = "generated"};
  for (const Function& function : kFunctions) card.domains.emplace_back(function.name);
  card.published = {
      {"", 1, "attainable: a question has one answer", "by construction", SuiteCard::Kind::ceiling},
      {"", 1e-6, "chance: a blind guess among strings of six digits", "counted", SuiteCard::Kind::chance}};
  return {.facts = {.kind = "suite",
                    .name = "composition",
                    .summary = "planted: six functions of digit strings, and compositions held out",
                    .inputs = {"tokens"},
                    .fields = fields()},
          .load = load,
          .card = std::move(card)};
}

}  // namespace loom::suites
