// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/prompted_fixture.h"

namespace loom::suites {
SuiteSource composition();
}  // namespace loom::suites

using namespace loom;

namespace loom::composition_test {
namespace {

using testing::Asked;

Suite load(Json changes = Json::object()) {
  Json small = {{"samples", 200}, {"test_samples", 300}};
  if (changes.is_object()) small.update(changes);
  return testing::defaults(suites::composition(), small);
}

// By place: what stands at i of the answer.
std::string answer(char marker, const std::string& text) {
  const size_t n = text.size();
  std::string out;
  for (size_t i = 0; i < n; ++i) {
    if (marker == 'r') out += text[n - 1 - i];
    if (marker == 'o') out += text[(i + 1) % n];
    if (marker == 'w') out += i + 1 == n && n % 2 == 1 ? text[i] : text[i ^ 1U];
    if (marker == 'a') out += "3456789012"[text[i] - '0'];
    if (marker == 'd' && text.find(text[i]) == i) out += text[i];
  }
  if (marker == 's')
    for (const char digit : std::string("0123456789"))
      out += std::string(static_cast<size_t>(std::ranges::count(text, digit)), digit);
  return out;
}

// "d :str=" asks one function, "ij:str=" two, the first first.
std::string text_of(const Asked& one) { return one.question.substr(3, 6); }

int64_t wrong(const std::vector<Asked>& all) {
  return std::ranges::count_if(all, [](const Asked& one) {
    std::string value = answer(one.question[0], text_of(one));
    if (one.question[1] != ' ') value = answer(one.question[1], value);
    return one.answer != value || one.question[2] != ':' || one.question.substr(9) != "=";
  });
}

TEST_CASE("[composition] the same seed gives the same bytes and another one others") {
  CHECK(load().digest() == load().digest());
  CHECK(load().digest() != load({{"seed", 1}}).digest());
  CHECK(load({{"test", "composed"}}).train_digest() == load().train_digest());
}

TEST_CASE("[composition] every answer is right when worked out another way") {
  for (const char* test : {"own", "composed"}) {
    const Suite suite = load({{"test", test}});
    CHECK(wrong(testing::all_asked(suite.train_side())) == 0);
    CHECK(wrong(testing::test_asked(suite)) == 0);
    CHECK(testing::badly_marked(suite) == 0);
    CHECK(testing::repeated(suite) == 0);
  }
}

TEST_CASE("[composition] compositions are nobody's, and neither function alone answers them") {
  const Suite suite = load({{"test", "composed"}});
  CHECK(suite.shape().domains == 6);
  CHECK(suite.shape().held_out == 6);
  std::map<int32_t, double> by_one;
  std::map<char, int> leads, follows;
  for (const Asked& one : testing::test_asked(suite)) {
    ++leads[one.question[0]];
    ++follows[one.question[1]];
    for (const char marker : one.question.substr(0, 2))
      if (answer(marker, text_of(one)) == one.answer) by_one[one.domain] += 1.0 / 300;
  }
  for (const auto& [domain, share] : by_one) CHECK(share < 0.25);  // digits without repeats: .15 of the strings
  for (const char marker : std::string("rosdaw")) {
    CHECK(leads[marker] == 300);
    CHECK(follows[marker] == 300);
  }
}

}  // namespace
}  // namespace loom::composition_test
