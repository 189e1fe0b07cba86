// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/answers.h"

#include <doctest/doctest.h>

#include <cmath>

#include "harness/grid.h"
#include "tests/suite_files.h"
#include "tests/support/prepared_fixture.h"

using namespace loom;

namespace loom::answers_test {
namespace {

using suite_files::Folder;

// Train inputs 1, 3, 5, 7 (mean 4, deviation sqrt 5) and a constant; answers 10, 20, 30, 40 (mean 25, deviation
// sqrt 125) and, one-hot, a class.
constexpr const char* kTrain = "x1,x2,y1,y2,y3\n1,9,10,0,1\n3,9,20,100,1\n5,9,30,0,1\n7,9,40,100,1\n";
constexpr const char* kTest = "x1,x2,y1,y2,y3\n4,8,25,0,0\n9,9,1000,1,0\n";

sources::AnswerTable read(const Folder& folder) {
  return sources::read_answers({{.path = folder.path() / "a.csv", .train_rows = sources::kAllTrain},
                                {.path = folder.path() / "b.csv", .train_rows = 0}});
}

std::string refusal(const std::string& train, const std::string& test = kTest) {
  const Folder folder({{"a.csv", train}, {"b.csv", test}});
  try {
    read(folder);
  } catch (const InputError& error) {
    std::string message = error.what();
    const std::string prefix = folder.path().string() + "/";
    for (size_t at = 0; (at = message.find(prefix, at)) != std::string::npos;) message.erase(at, prefix.size());
    return message;
  }
  return "";
}

TEST_CASE("[answers] inputs are standardised by the train side, worked out by hand") {
  const Folder folder({{"a.csv", kTrain}, {"b.csv", kTest}});
  const auto table = read(folder);
  CHECK(table.answers == 3);
  const auto sides = sources::binned_number(table, 0);
  const auto root5 = static_cast<float>(std::sqrt(5));
  const std::vector<float> first = {-3 / root5, -1 / root5, 1 / root5, 3 / root5};
  for (size_t i = 0; i < 4; ++i) {
    CHECK(sides.train_side.values[2 * i] == doctest::Approx(first[i]));
    CHECK(sides.train_side.values[2 * i + 1] == 0);
  }
  CHECK(sides.test.values[0] == 0);
  CHECK(sides.test.values[1] == 0);  // a constant of the train side says nothing
  CHECK(sides.test.values[2] == doctest::Approx(5 / root5));
}

TEST_CASE("[answers] a number is standardised by the train side and its label is the bin around it") {
  const Folder folder({{"a.csv", kTrain}, {"b.csv", kTest}});
  const auto sides = sources::binned_number(read(folder), 0);
  const double deviation = std::sqrt(125);
  CHECK(sides.train_side.target[0] == doctest::Approx(-15 / deviation));
  CHECK(sides.train_side.target[3] == doctest::Approx(15 / deviation));
  CHECK(sides.test.target[0] == 0);
  CHECK(sides.test.label[0] == 20);  // the middle of 41
  CHECK(sides.test.label[1] == 40);  // beyond the last
  for (size_t i = 0; i < 4; ++i)
    CHECK(std::abs(grid_centre(sides.train_side.label[i]) - sides.train_side.target[i]) <= 0.1 + 1e-6);
}

TEST_CASE("[answers] nothing is learnt from the test") {
  const Folder one({{"a.csv", kTrain}, {"b.csv", kTest}});
  const Folder other({{"a.csv", kTrain}, {"b.csv", "x1,x2,y1,y2,y3\n-500,77,1e9,0,0\n"}});
  const auto a = sources::binned_number(read(one), 0), b = sources::binned_number(read(other), 0);
  CHECK(a.train_side.values == b.train_side.values);
  CHECK(a.train_side.target == b.train_side.target);
}

TEST_CASE("[answers] a class is the place of the largest answer, and a tie is none") {
  const Folder folder({{"a.csv", kTrain}, {"b.csv", kTest}});
  const auto sides = sources::argmax_class(read(folder));
  CHECK(sides.train_side.label == std::vector<int32_t>{0, 1, 0, 1});
  CHECK(sides.train_side.target.empty());
  const Folder tie({{"a.csv", "x1,y1,y2\n1,1,0\n2,1,1\n"}, {"b.csv", "x1,y1,y2\n3,1,0\n"}});
  CHECK_THROWS_WITH_AS(sources::argmax_class(read(tie)), doctest::Contains("a.csv:3: no answer is the largest"),
                       InputError);
}

TEST_CASE("[answers] yes or no is 1 or 0 and nothing else") {
  const Folder folder({{"a.csv", "x1,y1\n1,1\n2,0\n3,1\n"}, {"b.csv", "x1,y1\n4,0\n"}});
  const auto sides = sources::yes_or_no(read(folder), 0);
  CHECK(sides.train_side.label == std::vector<int32_t>{1, 0, 1});
  CHECK(sides.test.label == std::vector<int32_t>{0});
  const Folder half({{"a.csv", "x1,y1\n1,1\n2,0.5\n"}, {"b.csv", "x1,y1\n4,0\n"}});
  CHECK_THROWS_WITH_AS(sources::yes_or_no(read(half), 0), doctest::Contains("a.csv:3: y1 is neither 0 nor 1"),
                       InputError);
}

TEST_CASE("[answers] train rows whose inputs the test has are left out and counted; equal inputs share a group") {
  // Row 2 has the inputs of a test row with another answer; rows 1 and 3 are alike, -0 being 0.
  const Folder folder({{"a.csv", "x1,x2,y1\n0,1,5\n2,3,6\n-0,1,7\n8,9,1\n"}, {"b.csv", "x1,x2,y1\n2,3,0\n4,4,4\n"}});
  const auto table = read(folder);
  CHECK(table.left_out == 1);
  const auto sides = sources::binned_number(table, 0);
  CHECK(sides.train_side.count == 3);
  CHECK(sides.train_side.group[0] == sides.train_side.group[1]);
  CHECK(sides.train_side.group[0] != sides.train_side.group[2]);
  CHECK(sides.test.count == 2);
  CHECK(sides.test.group[0] != sides.test.group[1]);
}

TEST_CASE("[answers] the first rows of one file can be the train side") {
  const Folder folder(suite_files::Files{{"a.csv", "x1,y1\n1,1\n2,0\n3,1\n4,0\n"}});
  const auto sides = sources::yes_or_no(sources::read_answers({{.path = folder.path() / "a.csv", .train_rows = 3}}), 0);
  CHECK(sides.train_side.count == 3);
  CHECK(sides.test.count == 1);
}

TEST_CASE("[answers] broken files are refused in one line with their place") {
  CHECK(refusal("x1,x2,y1\n1,2\n") == "a.csv:2: the row has 2 cells, the first has 3");
  CHECK(refusal("x1,y1\n1,2\nnan,2\n") == "a.csv:3: a number is needed, but here is 'nan'");
  CHECK(refusal("x1,y1\n1,2\n1,\n") == "a.csv:3: a number is needed, but here is nothing");
  CHECK(refusal("x1,y1\n1e300,2\n") == "a.csv:2: a number is needed, but here is '1e300'");
  CHECK(refusal("x1,x3,y1\n1,2,3\n") == "a.csv:1: the first line names the columns x1, x2 ... y1, y2 ...; here 'x3'");
  CHECK(refusal("y1,x1\n1,2\n") == "a.csv:1: the first line names the columns x1, x2 ... y1, y2 ...; here 'y1'");
  CHECK(refusal("x1,x2\n1,2\n") == "a.csv:1: the header names no answers y1, y2 ...");
  CHECK(refusal("x1,y1\n1,2\n") == "b.csv:1: the columns differ from those of a.csv");
  CHECK(refusal("x1,x2,y1,y2,y3\n4,8,0,0,0\n").starts_with("a.csv: no row is left for the train side"));
}

}  // namespace
}  // namespace loom::answers_test
