// SPDX-License-Identifier: Apache-2.0
// Every suite that reads packages, given a file that is cut short, of another kind, or holds no number.
#include <algorithm>

#include "tasks/all.h"
#include "tests/image_files.h"

using namespace loom;
using namespace loom::image_files;

namespace loom::malformed_data_test {
namespace {

struct Case {
  std::vector<std::string> suites;
  const char* data_set;
  const char* file;
  std::string bytes;
  const char* expected;
};

const std::vector<std::string> kMnist = {"img4",           "split_img4",  "rotated_mnist",
                                         "permuted_mnist", "split_mnist", "multimnist"};
const std::vector<std::string> kSent = {"sent4", "sent4_published"};
const std::string kVowels = "speaker,vowel,f0,f1,f2,f3\n", kAnswers = "x1,x2,y1,y2,y3\n";
const std::string kRated = "id,rating,text\n", kSeries = "@classLabel true a b\n@data\n";

std::vector<Case> cases() {
  return {
      {kMnist, "mnist", "train-images-idx3-ubyte", images(1, 62).substr(0, 784 * 61), ": is truncated: its header"},
      {kMnist, "mnist", "t10k-images-idx3-ubyte", "P5\n28 28\n255\n", ": is not an IDX file: it begins with 50350a32"},
      {kMnist, "mnist", "train-labels-idx1-ubyte", labels(62).substr(0, 69), ": is truncated: its header"},
      {{"vowels"}, "vowels", "vowels.csv", kVowels + "1,iy,100,240\n", ":2: the row has 4 cells, the first has 6"},
      {{"vowels"}, "vowels", "vowels.csv", kVowels + "1,iy,1,nan,1,1\n", ":2: 'nan' is no speaker and no frequency"},
      {{"tables12"}, "keel", "letter.csv", "x1,x2,y\n1,2,a\n3,b\n", ":3: the row has 2 cells, the first has 3"},
      {{"tables12"}, "keel", "letter.csv", "x1,y\n1,a\n2,b\nnan,b\n4,a\n", ":4: column 'x1' holds numbers, but here"},
      {{"fann8"}, "fann", "gene_train.csv", kAnswers + "1,2,1,0\n", ":2: the row has 4 cells, the first has 5"},
      {{"fann8"}, "fann", "gene_train.csv", kAnswers + "1,nan,1,0,0\n", ":2: a number is needed, but here is 'nan'"},
      {{"building3"}, "fann", "building_train.csv", kAnswers + "1,2\n", ":2: the row has 2 cells, the first has 5"},
      {{"building3"}, "fann", "building_train.csv", kAnswers + "1,2,3,4,NaN\n", ":2: a number is needed, but here"},
      {{"yeast14"}, "yeast", "yeast.csv", kAnswers + "1,2,0,1\n", ":2: the row has 4 cells, the first has 5"},
      {{"yeast14"}, "yeast", "yeast.csv", kAnswers + "nan,2,0,1,0\n", ":2: a number is needed, but here is 'nan'"},
      {{"series8"}, "series", "ACSF1_TRAIN.ts", kSeries + "1,2:a\n1:b\n", ":4: a channel has 1 values, the first"},
      {{"series8"}, "series", "ACSF1_TRAIN.ts", kSeries + "1,NaN:a\n", ":3: a number is needed, but here is 'NaN'"},
      {kSent, "sent4", "tweets.csv", kRated + "1,2\n", ":2: the row has 2 cells, the first has 3"},
      {kSent, "sent4", "tweets.csv", kRated + "1,nan,so\n", ":2: the rating 'nan' is not from -4 to 4"},
      {{"brown3"}, "brown", "ca01", "The/at\njury/nn said\n", ":2: 'said' is not a word with its tag"},
      {{"brown3"}, "brown", "ca01", "P5\n28 28\n255\n", ":1: 'P5' is not a word with its tag"},
  };
}

SuiteSource suite_called(const std::string& name) {
  const auto all = all_suites();
  const auto found = std::ranges::find(all, name, [](const SuiteSource& source) { return source.facts.name; });
  REQUIRE(found != all.end());
  return *found;
}

TEST_CASE("[malformed data] what is cut short, of another kind or no number is refused in one line with its place") {
  for (const Case& one : cases())
    for (const std::string& suite : one.suites) {
      CAPTURE(suite);
      const Prepared data;
      data.put_halves("mnist", 1, 62, 33);
      data.put_halves("fashion", 3, 62, 33);
      data.add(one.data_set, one.file, one.bytes);
      const std::string message = testing::refusal(data, suite_called(suite));
      CAPTURE(message);
      CHECK(message.starts_with(std::string(one.data_set) + "/" + one.file + one.expected));
      CHECK_FALSE(has(message, "\n"));
    }
}

TEST_CASE("[malformed data] no other suite that reads packages is left out") {
  std::set<std::string> seen = {"bytes12", "sotu_decades", "udhr"};  // their own tests have theirs
  for (const Case& one : cases()) seen.insert(one.suites.begin(), one.suites.end());
  for (const SuiteSource& source : all_suites())
    if (source.card && !source.card->data.empty()) CHECK_MESSAGE(seen.contains(source.facts.name), source.facts.name);
}

}  // namespace
}  // namespace loom::malformed_data_test
