// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "harness/evaluator.h"
#include "harness/suite.h"

// Suites of questions and answers, read back from their bytes.
namespace loom::testing {

struct Asked {
  std::string question, answer;  // without the blanks between them; without the line feed
  int32_t domain = 0;
};

// The answer is what the marks say; `sound`: marks are one run that ends in a line feed, and blanks surround it.
inline Asked asked(const Items& items, int64_t item, bool* sound = nullptr) {
  const auto width = static_cast<size_t>(items.input_dim), base = static_cast<size_t>(item) * width;
  const std::string window(items.bytes.begin() + static_cast<int64_t>(base),
                           items.bytes.begin() + static_cast<int64_t>(base + width));
  std::string marks;
  for (size_t i = 0; i < width; ++i) marks += static_cast<char>('0' + items.scored[base + i]);
  const size_t begin = marks.find('1'), end = marks.find_last_of('1');
  const std::string before = window.substr(0, begin), after = window.substr(end + 1);
  if (sound)
    *sound = window[end] == '\n' && marks.substr(begin, end + 1 - begin).find('0') == std::string::npos &&
             before.find('\n') == std::string::npos && after.find_first_not_of(' ') == std::string::npos;
  return {before.substr(0, before.find_last_not_of(' ') + 1), window.substr(begin, end - begin),
          items.domain[static_cast<size_t>(item)]};
}

inline std::vector<Asked> all_asked(const Items& items) {
  std::vector<Asked> out;
  for (int64_t i = 0; i < items.count; ++i) out.push_back(asked(items, i));
  return out;
}

inline std::vector<Asked> test_asked(const Suite& suite) { return all_asked(Evaluator(suite).open_test("a test")); }

// Items whose marks are not exactly an answer and its line feed, in both sides of a suite.
inline int64_t badly_marked(const Suite& suite) {
  int64_t bad = 0;
  Evaluator evaluator(suite);
  for (const Items* items : {&suite.train_side(), &evaluator.open_test("a test")})
    for (int64_t i = 0; i < items->count; ++i) {
      bool sound = false;
      asked(*items, i, &sound);
      bad += sound ? 0 : 1;
    }
  return bad;
}

// Test questions that the train side asks too, in the same domain.
inline int64_t repeated(const Suite& suite) {
  std::set<std::pair<int32_t, std::string>> known;
  for (const Asked& one : all_asked(suite.train_side())) known.insert({one.domain, one.question});
  const auto test = test_asked(suite);
  return std::ranges::count_if(test, [&](const Asked& one) { return known.contains({one.domain, one.question}); });
}

inline Suite defaults(const SuiteSource& source, const Json& changes) {
  Json options = Json::object();
  for (const Field& field : source.facts.fields) options[field.name] = field.fallback;
  options.update(changes);
  return source.load(options);
}

}  // namespace loom::testing
