// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "tasks/sources/skill_tasks.h"
#include "tests/support/prompted_fixture.h"

namespace loom::suites {
SuiteSource skills();
}  // namespace loom::suites

using namespace loom;

namespace loom::skills_test {
namespace {

using testing::Asked;

Suite load(Json changes = Json::object()) {
  Json small = {{"samples", 300}, {"test_samples", 60}};
  if (changes.is_object()) small.update(changes);
  return testing::defaults(suites::skills(), small);
}

std::string by_counting(const std::string& text, bool once) {
  std::array<int, 256> count = {};
  for (const char c : text) ++count[static_cast<unsigned char>(c)];
  std::string out;
  for (int c = 0; c < 256; ++c)
    out += std::string(static_cast<size_t>(once ? count[c] > 0 : count[c]), static_cast<char>(c));
  return out;
}

std::string from_the_end(const std::string& text) { return {text.rbegin(), text.rend()}; }

// A letter stays where nothing before it is the same.
std::string first_only(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i)
    if (text.substr(0, i).find(text[i]) == std::string::npos) out += text[i];
  return out;
}

std::string modular(const std::string& text) {
  const int a = std::stoi(text.substr(0, 2)), b = std::stoi(text.substr(3));
  int result = 0;  // by repeated addition
  for (int i = 0; i < (text[2] == '+' ? 1 : b); ++i) result = (result + a) % 97;
  if (text[2] == '+') result = (result + b) % 97;
  return (result < 10 ? "0" : "") + std::to_string(result);
}

std::string column_sum(const std::string& text) {
  const size_t length = text.find('+');
  std::string out;
  int carry = 0;
  for (size_t i = length; i-- > 0;) {
    carry += (text[i] - '0') + (text[length + 1 + i] - '0');
    out += static_cast<char>('0' + carry % 2);
    carry /= 2;
  }
  return from_the_end(out + static_cast<char>('0' + carry));
}

// Neighbouring pairs are struck out until there are none.
std::string struck_out(std::string text) {
  for (bool found = true; found;) {
    found = false;
    for (const char* pair : {"()", "[]", "{}"})
      if (const size_t at = text.find(pair); at != std::string::npos) text.erase(at, 2), found = true;
  }
  return text.empty() ? "y" : "n";
}

// The innermost list is replaced by its value until one digit is left.
std::string innermost_first(std::string text) {
  while (text.size() > 1) {
    const size_t begin = text.rfind('['), end = text.find(']', begin);
    const std::string digits = by_counting(text.substr(begin + 2, end - begin - 2), false);
    int sum = 0;
    for (const char digit : digits) sum += digit - '0';
    const char kind = text[begin + 1];
    const char value = kind == 'M' ? digits.back() : kind == 'm' ? digits.front() : static_cast<char>('0' + sum % 10);
    text.replace(begin, end + 1 - begin, 1, value);
  }
  return text;
}

std::string most_frequent(const std::string& text) {
  std::map<char, int> count;
  for (const char c : text) ++count[c];
  std::string best;
  for (const auto& [c, n] : count)
    if (best.empty() || n > count[best[0]]) best = c;
  return best;
}

std::string answer(char marker, const std::string& text) {
  switch (marker) {
    case 'C':
      return text;
    case 'R':
      return from_the_end(text);
    case 'S':
      return by_counting(text, false);
    case 'D':
      return first_only(text);
    case 'P': {
      bool odd = false;
      for (const char c : text) odd ^= c == '1';
      return odd ? "1" : "0";
    }
    case 'A':
    case 'M':
      return modular(text);
    case 'B':
      return column_sum(text);
    case 'Y':
      return struck_out(text);
    case 'L':
      return innermost_first(text);
    case 'K': {
      const size_t asked = text.find('?');
      return {text[text.find(text[asked + 1]) + 1]};
    }
    default:
      return most_frequent(text);
  }
}

int64_t wrong(const std::vector<Asked>& all) {
  return std::ranges::count_if(all, [](const Asked& one) {
    const std::string text = one.question.substr(2);
    const std::string first = answer(one.question[0], text);
    return one.answer != (one.question[1] == ' ' ? first : answer(one.question[1], first));
  });
}

size_t longest(const std::vector<Asked>& all, int32_t domain) {
  size_t out = 0;
  for (const Asked& one : all)
    if (one.domain == domain) out = std::max(out, one.question.size() - 2);
  return out;
}

// Different answers of all 8^4 strings of four letters.
double answers_by_enumeration(std::string (*apply)(const std::string&)) {
  std::set<std::string> out;
  for (int i = 0; i < 4096; ++i) {
    std::string text;
    for (int shift = 0; shift < 12; shift += 3) text += static_cast<char>('a' + (i >> shift) % 8);
    out.insert(apply(text));
  }
  return static_cast<double>(out.size());
}

const sources::SkillTask& task(std::string_view name) {
  return *std::ranges::find_if(sources::skill_tasks(), [&](const auto& one) { return one.name == name; });
}

TEST_CASE("[skills] the same seed gives the same bytes and another one others") {
  CHECK(load().digest() == load().digest());
  CHECK(load().digest() != load({{"seed", 1}}).digest());
  const Suite suite = load();
  CHECK(suite.description().domains.size() == 12);
  CHECK(suite.train_side().count == 12 * 300);
  CHECK(suite.test_count() == 12 * 60);
}

TEST_CASE("[skills] every answer is right when worked out another way") {
  for (const char* test : {"trained", "longer", "compositions"}) {
    const Suite suite = load({{"test", test}});
    CHECK(wrong(testing::all_asked(suite.train_side())) == 0);
    CHECK(wrong(testing::test_asked(suite)) == 0);
    CHECK(testing::badly_marked(suite) == 0);
    CHECK(testing::repeated(suite) == 0);
  }
}

TEST_CASE("[skills] answers begin after the bytes that a router reads, whatever the task") {
  const Suite suite = load();
  const Items& items = suite.train_side();
  for (int64_t i = 0; i < items.count; ++i) {
    const auto begin = items.scored.begin() + i * items.input_dim;
    REQUIRE(std::find(begin, begin + items.input_dim, 1) - begin == 32);
  }
}

TEST_CASE("[skills] the longer test is longer than training where a task has lengths") {
  const Suite suite = load({{"test", "longer"}});
  const auto train = testing::all_asked(suite.train_side()), test = testing::test_asked(suite);
  for (int32_t d = 0; d < 12; ++d) {
    const auto& one = sources::skill_tasks()[static_cast<size_t>(d)];
    CAPTURE(one.name);
    if (one.far == one.longest) continue;
    size_t shortest = 1000;
    for (const Asked& asked : test)
      if (asked.domain == d) shortest = std::min(shortest, asked.question.size() - 2);
    CHECK(shortest > longest(train, d));
    CHECK(longest(test, d) >= longest(train, d) * 5 / 4);
  }
}

TEST_CASE("[skills] compositions are nobody's: held out, and no single task answers them") {
  const Suite suite = load({{"test", "compositions"}, {"test_samples", 500}});
  CHECK(suite.shape().domains == 12);
  CHECK(suite.shape().held_out == 3);
  std::map<int32_t, double> by_one;
  for (const Asked& one : testing::test_asked(suite)) {
    CHECK(one.domain >= 12);
    for (const char marker : one.question.substr(0, 2))
      if (answer(marker, one.question.substr(2)) == one.answer) by_one[one.domain] += 1.0 / 500;
  }
  for (const auto& [domain, share] : by_one) CHECK(share < 0.25);
}

TEST_CASE("[skills] the train side is the same whatever the test asks") {
  CHECK(load({{"test", "longer"}}).train_digest() == load().train_digest());
  CHECK(load({{"test", "compositions"}}).train_digest() == load().train_digest());
}

TEST_CASE("[skills] without the tag a question says nothing of its task") {
  for (const Asked& one : testing::all_asked(load({{"tag", false}}).train_side()))
    REQUIRE(one.question.substr(0, 2) == "  ");
}

TEST_CASE("[skills] the chance of a guess is one in as many answers as there are") {
  CHECK(task("copy").answers(4) == answers_by_enumeration([](const std::string& s) { return s; }));
  CHECK(task("sort").answers(4) ==
        doctest::Approx(answers_by_enumeration([](const std::string& s) { return by_counting(s, false); })));
  CHECK(task("dedup").answers(4) == answers_by_enumeration(first_only));
  CHECK(task("binary_add").answers(4) == 2 * 15 + 1);
  std::map<int32_t, std::set<std::string>> seen;
  const Suite suite = load({{"samples", 4000}});
  for (const Asked& one : testing::all_asked(suite.train_side())) seen[one.domain].insert(one.answer);
  for (const char* name : {"parity", "mod_add", "mod_mul", "dyck", "listops", "recall", "majority"}) {
    CAPTURE(name);
    const auto place = static_cast<int32_t>(&task(name) - sources::skill_tasks().data());
    CHECK(static_cast<double>(seen[place].size()) == task(name).answers(1));
    CHECK(task(name).chance() == doctest::Approx(1 / task(name).answers(1)));
  }
  const SuiteCard card = *suites::skills().card;
  REQUIRE(card.published.size() == 13);
  CHECK(card.published[0].score == 1);
  CHECK(card.published[5].score == 0.5);
}

TEST_CASE("[skills] half of the bracket strings are balanced") {
  const Suite suite = load({{"samples", 2000}});
  double balanced = 0;
  for (const Asked& one : testing::all_asked(suite.train_side()))
    balanced += one.question[0] == 'Y' && one.answer == "y";
  CHECK(balanced / 2000 == doctest::Approx(0.5).epsilon(0.1));
}

}  // namespace
}  // namespace loom::skills_test
