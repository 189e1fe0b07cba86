// SPDX-License-Identifier: Apache-2.0
#include "tests/image_files.h"

namespace loom::suites {
SuiteSource split_mnist();
}  // namespace loom::suites

using namespace loom;
using namespace loom::image_files;

namespace loom::split_mnist_test {
namespace {

Suite load_full(const std::string& scenario) {
  return load_with_defaults(suites::split_mnist(), {{"size", "full"}, {"scenario", scenario}});
}

TEST_CASE("[split_mnist] a domain has its two digits; the scenario says what is asked and told") {
  const Prepared data;
  data.put_halves("mnist", 1, 60, 30);
  struct Case {
    const char* scenario;
    int64_t outputs, ids;
  };
  for (const Case& one : {Case{"task", 2, 5}, Case{"domain", 2, 0}, Case{"class", 10, 0}}) {
    const Suite suite = load_full(one.scenario);
    const Items& train = suite.train_side();
    CHECK(suite.description().name == "split_mnist_" + std::string(one.scenario));
    CHECK(suite.shape().outputs == one.outputs);
    CHECK(suite.shape().input_dim == 784 + one.ids);
    CHECK(items_by_domain(train, 5) == std::vector<int64_t>(5, 12));
    CHECK(items_by_domain(test_of(suite), 5) == std::vector<int64_t>(5, 6));
    CHECK(groups_of(train).size() == 60);
    for (int64_t i = 0; i < train.count; ++i) {
      const auto at = static_cast<size_t>(i);
      const int64_t digit = place_of(bytes_of(train, i), 1, 60) % 10;
      CHECK(train.domain[at] == digit / 2);
      CHECK(train.label[at] == (one.outputs == 10 ? digit : digit % 2));
      std::vector<float> ids(static_cast<size_t>(one.ids), 0);
      if (one.ids > 0) ids[static_cast<size_t>(digit / 2)] = 1;
      CHECK(ids_of(train, i) == ids);
    }
  }
}

TEST_CASE("[split_mnist] scenarios show the same images in the same order") {
  const Prepared data;
  data.put_halves("mnist", 1, 60, 30);
  const Suite domain = load_full("domain"), classes = load_full("class");
  CHECK(domain.train_side().values == classes.train_side().values);
  CHECK(domain.train_side().group == classes.train_side().group);
}

TEST_CASE("[split_mnist] tiny of the real data has its sizes and the same bytes each time") {
  const SuiteSource source = suites::split_mnist();
  if (!all_here(source)) return;
  const Suite tiny = load_with_defaults(source);
  CHECK(items_by_domain(tiny.train_side(), 5) == std::vector<int64_t>(5, 3720));
  CHECK(items_by_domain(test_of(tiny), 5) == std::vector<int64_t>(5, 1000));
  CHECK(tiny.digest() == "9aa6af93e526aa77b0bb62d32c8b18377146ec6c5647270f67d06d59e82096c4");
}

}  // namespace
}  // namespace loom::split_mnist_test
