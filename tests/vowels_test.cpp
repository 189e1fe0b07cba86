// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <set>

#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource vowels();
}  // namespace loom::suites

using namespace loom;

namespace loom::vowels_test {
namespace {

constexpr const char* kHeader = "speaker,vowel,f0,f1,f2,f3";

// Forty speakers say iy, eh and aa once: F1 is 200, 0 where it does not count, and 200 + the speaker's number.
std::string made_up() {
  return testing::lines(kHeader, 120, [](int i) {
    const int speaker = i / 3 + 1;
    const char* vowel = i % 3 == 0 ? "iy" : i % 3 == 1 ? "eh" : "aa";
    return std::to_string(speaker) + "," + vowel + ",100," + std::to_string(i % 3 == 2 ? 200 + speaker : 200) + "," +
           std::to_string(1000 + i % 2) + ",3000";
  });
}

TEST_CASE("[vowels] two formants of the four vowels, every fourth speaker in the test, scaled by the others") {
  const testing::PreparedData files;
  files.add("vowels", "vowels.csv", made_up());
  const Suite suite = suites::vowels().load(Json::object());
  const Items& train = suite.train_side();
  CHECK(train.count == 60);
  CHECK(suite.test_count() == 20);
  CHECK(suite.shape().input_dim == 2);
  CHECK(suite.shape().outputs == 3);  // as many as its train side has
  CHECK(std::set<int32_t>(train.label.begin(), train.label.end()) == std::set<int32_t>{0, 2});
  for (const int32_t speaker : train.group) CHECK(speaker % 4 != 0);
  Evaluator evaluator(suite);
  for (const int32_t speaker : evaluator.open_test("vowels").group) CHECK(speaker % 4 == 0);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < train.count; ++i) {
    const double value = testing::item_of(train, i)[0];
    sum += value;
    squares += value * value;
  }
  CHECK(sum == doctest::Approx(0).epsilon(1e-4));
  CHECK(squares / 60 == doctest::Approx(1).epsilon(1e-4));
}

TEST_CASE("[vowels] a damaged file is refused with its line") {
  const testing::PreparedData files;
  const auto refused = [&](const std::string& text) {
    files.add("vowels", "vowels.csv", text);
    return testing::refusal(files, suites::vowels());
  };
  CHECK(refused("a,b\n1,2\n") == "vowels/vowels.csv:1: the columns are not speaker, vowel, f0, f1, f2, f3");
  CHECK(refused(std::string(kHeader) + "\n1,iy,100,x,1000,3000\n") ==
        "vowels/vowels.csv:2: 'x' is no speaker and no frequency");
  CHECK(refused(std::string(kHeader) + "\n1,iy,100,240,-1,3000\n") ==
        "vowels/vowels.csv:2: '-1' is no speaker and no frequency");
}

}  // namespace
}  // namespace loom::vowels_test
