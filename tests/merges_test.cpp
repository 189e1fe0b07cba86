// SPDX-License-Identifier: Apache-2.0
// Combiners on weights: closed identities, cases by hand, and numpy's answers (tests/peer/merge_reference.py).
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/combiner.h"
#include "harness/error.h"
#include "harness/io.h"

using namespace loom;

namespace loom::merges_test {
namespace {

using Values = std::vector<float>;

Arrays one_array(const Values& values) { return {{"w", make_f32({std::ssize(values)}, values.data())}}; }

// Members that are given; counts what is asked of it.
class Given : public MergeContext {
 public:
  std::vector<Arrays> all, fishers, gram_matrices;
  Arrays from;
  std::function<double(const Arrays&)> loss = [](const Arrays&) { return 0.0; };
  int64_t passes = 0;
  uint64_t drawn_for = 0;

  std::span<const Arrays> members() const override { return all; }
  const Arrays* seed() const override { return &from; }
  uint64_t trial_seed() const override { return drawn_for; }
  double calibration_loss(const Arrays& weights) override {
    ++passes;
    return loss(weights);
  }
  std::vector<Arrays> fisher(int64_t) override { return fishers; }
  std::vector<Arrays> grams(int64_t) override { return gram_matrices; }
  void charge(double) override {}
};

Given given(const Values& seed, const std::vector<Values>& members) {
  Given made;
  made.from = one_array(seed);
  for (const Values& member : members) made.all.push_back(one_array(member));
  return made;
}

Arrays merge(const std::string& name, Json options, Given& context) {
  const CombinerSource& source = find_combiner(name);
  for (const Field& field : source.facts.fields)
    if (!options.contains(field.name)) options[field.name] = field.fallback;
  return source.merge(options, context);
}
Values merged(const std::string& name, const Json& options, Given& context) {
  return as_f32(merge(name, options, context).at("w"));
}

Arrays arrays_from(const Json& all) {
  Arrays result;
  for (const auto& [name, one] : all.items()) {
    const auto values = one.at("values").get<Values>();
    result[name] = make_f32(one.at("shape").get<std::vector<int64_t>>(), values.data());
  }
  return result;
}

const Json& golden() {
  static const Json all = [] {
    const auto file = std::filesystem::path(LOOM_SOURCE_DIR) / "tests" / "golden" / "merges.json";
    return parse_json(read_file(file), "merges.json");
  }();
  return all;
}

Given drawn() {
  const Json& from = golden().at("given");
  Given made;
  made.from = arrays_from(from.at("seed"));
  for (const Json& one : from.at("members")) made.all.push_back(arrays_from(one));
  for (const Json& one : from.at("fisher")) made.fishers.push_back(arrays_from(one));
  for (const Json& one : from.at("grams")) made.gram_matrices.push_back(arrays_from(one));
  return made;
}

double largest_difference(const Arrays& a, const Arrays& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (const auto& [name, array] : a) {
    REQUIRE(array.shape == b.at(name).shape);
    const Values x = as_f32(array), y = as_f32(b.at(name));
    for (size_t i = 0; i < x.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(x[i]) - y[i]));
  }
  return largest;
}

// Settings under which nothing is thrown away.
const std::vector<std::pair<std::string, Json>>& gentle() {
  static const std::vector<std::pair<std::string, Json>> all = {{"uniform_soup", Json::object()},
                                                                {"greedy_soup", Json::object()},
                                                                {"task_arithmetic", {{"lambda", 1.0 / 3}}},
                                                                {"ties", {{"density", 1.0}, {"lambda", 1}}},
                                                                {"dare", {{"drop", 0.0}, {"lambda", 1}}},
                                                                {"slerp", Json::object()},
                                                                {"slerp", {{"t", 0.3}}},
                                                                {"fisher", Json::object()},
                                                                {"regmean", Json::object()},
                                                                {"model_stock", Json::object()}};
  return all;
}

TEST_CASE("[merges] the merge of equal weights is the weights, whatever merges") {
  size_t merging = 0;
  for (const CombinerSource& source : all_combiners()) merging += source.merge != nullptr ? 1 : 0;
  CHECK(merging == 9);
  for (const auto& [name, options] : gentle()) {
    CAPTURE(name);
    Given same = drawn();
    const Arrays weights = same.all[1];
    same.all = {weights, weights, weights};
    CHECK(largest_difference(merge(name, options, same), weights) < 1e-6);
    same.all.resize(1);
    same.fishers.resize(1);
    same.gram_matrices.resize(1);
    Json alone = options;
    if (name == "task_arithmetic") alone["lambda"] = 1;
    CHECK(largest_difference(merge(name, alone, same), weights) < 1e-6);
  }
}

TEST_CASE("[merges] each is what numpy makes of random weights by the paper's formula") {
  REQUIRE(golden().at("cases").size() == 14);
  for (const Json& one : golden().at("cases")) {
    const std::string name = one.at("combiner");
    CAPTURE(name);
    CAPTURE(one.at("options").dump());
    Given context = drawn();
    CHECK(largest_difference(merge(name, one.at("options"), context), arrays_from(one.at("merged"))) < 1e-6);
    CHECK(context.passes == 0);
  }
}

TEST_CASE("[merges] what uses a seed says so, and scaled by nothing it is the seed") {
  for (const CombinerSource& source : all_combiners()) {
    if (source.merge == nullptr) continue;
    CAPTURE(source.facts.name);
    CHECK(source.facts.view == "weights");
    const auto& access = source.facts.access;
    CHECK((std::ranges::find(access, "W") != access.end()));
    CHECK(source.needs_seed == (std::ranges::find(access, "S0") != access.end()));
    Given context = drawn();
    const bool scales = std::ranges::any_of(source.facts.fields, [](const Field& f) { return f.name == "lambda"; });
    if (scales) CHECK(largest_difference(merge(source.facts.name, {{"lambda", 0.0}}, context), context.from) == 0);
  }
}

TEST_CASE("[merges] a scale left open is the best of the list on calibration, for one pass each") {
  Given context = given({1, 1}, {{2, 1}, {1, 3}});
  context.loss = [](const Arrays& weights) { return std::abs(as_f32(weights.at("w"))[0] - 1.42); };
  const Json options = {{"lambda", nullptr}, {"lambdas", "0, 0.4,0.5 , 1"}};
  CHECK(merged("task_arithmetic", options, context) == Values{1.4F, 1.8F});
  CHECK(context.passes == 4);
  context.loss = [](const Arrays&) { return 0.0; };
  CHECK(merged("task_arithmetic", options, context) == Values{1, 1});  // the first of equals
  for (const char* wrong : {"", "0.1,", "0.1 0.2", "a", "1e9"})
    CHECK_THROWS_AS(merged("task_arithmetic", {{"lambdas", wrong}}, context), InputError);
}

TEST_CASE("[greedy_soup] keeps who does not raise the loss, best first, for 2 K - 1 passes") {
  // Alone 1, .5 and 3 from the target 2. The second comes first; with the first 1.75, kept; the third would make 3.
  Given context = given({0}, {{1}, {2.5}, {5}});
  context.loss = [](const Arrays& weights) { return std::abs(as_f32(weights.at("w"))[0] - 2); };
  CHECK(merged("greedy_soup", {}, context) == Values{1.75});
  CHECK(context.passes == 5);
  context.loss = [](const Arrays& weights) { return -as_f32(weights.at("w"))[0]; };
  CHECK(merged("greedy_soup", {}, context) == Values{5});
  context.loss = [](const Arrays&) { return 1.0; };  // not worse: all stay
  CHECK(merged("greedy_soup", {}, context)[0] == doctest::Approx(8.5 / 3));
}

TEST_CASE("[slerp] ends are the members, parallel weights a line, right angles a circle") {
  Given context = given({}, {{3, 0}, {0, 3}});
  CHECK(merged("slerp", {{"t", 0}}, context) == Values{3, 0});
  const Values end = merged("slerp", {{"t", 1}}, context);
  CHECK(end[0] == doctest::Approx(0).epsilon(1e-6));
  CHECK(end[1] == doctest::Approx(3));
  const Values middle = merged("slerp", {}, context);
  for (const float value : middle) CHECK(value == doctest::Approx(3 / std::sqrt(2)));
  Given parallel = given({}, {{1, 2}, {3, 6}});
  CHECK(merged("slerp", {{"t", 0.25}}, parallel) == Values{1.5, 3});
  Given opposite = given({}, {{1, 2}, {-1, -2}});
  CHECK(merged("slerp", {{"t", 0.25}}, opposite) == Values{0.5, 1});
  Given nothing = given({}, {{0, 0}, {2, 2}});
  CHECK(merged("slerp", {}, nothing) == Values{1, 1});
}

TEST_CASE("[ties] three members by hand: trimmed, a sign elected, the mean of those that agree") {
  // Changes from a seed of ones; half of six entries stay:
  //   4  1 -3  2  0  0  ->  4  0 -3  2  0  0
  //  -1  5  2  3  0  0  ->  0  5  2  3  0  0
  //   6  2 -2  1  0  4  ->  6  2 -2  0  0  4   two are equal to the least kept, and both stay
  // Elected            +  +  -  +     +
  // Mean of agreeing   5 3.5 -2.5 2.5 0  4
  Given context = given({1, 1, 1, 1, 1, 1}, {{5, 2, -2, 3, 1, 1}, {0, 6, 3, 4, 1, 1}, {7, 3, -1, 2, 1, 5}});
  CHECK(merged("ties", {{"density", 0.5}, {"lambda", 1}}, context) == Values{6, 4.5, -1.5, 3.5, 1, 5});
  CHECK(merged("ties", {{"density", 0.5}, {"lambda", 2}}, context) == Values{11, 8, -4, 6, 1, 9});
}

TEST_CASE("[dare] drops a share p, keeps the expectation, and draws for each seed, member and array anew") {
  const size_t count = 20000;
  Given context = given(Values(count, 0), {Values(count, 1)});
  const Values once = merged("dare", {{"drop", 0.9}, {"lambda", 1}}, context);
  const auto dropped = static_cast<double>(std::ranges::count(once, 0.0F)) / count;
  CHECK(std::abs(dropped - 0.9) < 5 * std::sqrt(0.09 / count));
  for (const float value : once) CHECK((value == 0 || value == doctest::Approx(10)));
  CHECK(merged("dare", {{"drop", 0.9}, {"lambda", 1}}, context) == once);
  context.drawn_for = 1;  // another seed of the trial keeps other changes: by chance a tenth of the first one's
  const Values other = merged("dare", {{"drop", 0.9}, {"lambda", 1}}, context);
  double kept_by_both = 0;
  for (size_t i = 0; i < count; ++i) kept_by_both += once[i] != 0 && other[i] != 0 ? 1 : 0;
  CHECK(std::abs(kept_by_both / static_cast<double>(count) - 0.01) < 5 * std::sqrt(0.01 * 0.99 / count));
  Given two = given(Values(count, 0), {Values(count, 1), Values(count, 1)});
  const Values both = merged("dare", {{"drop", 0.9}, {"lambda", 1}}, two);
  const auto by_neither = static_cast<double>(std::ranges::count(both, 0.0F)) / count;
  CHECK(std::abs(by_neither - 0.81) < 5 * std::sqrt(0.81 * 0.19 / count));
}

TEST_CASE("[model_stock] at right angles the seed, along one line the mean") {
  Given apart = given({1, 1}, {{3, 1}, {1, 4}});
  CHECK(merged("model_stock", {}, apart) == Values{1, 1});
  Given along = given({1, 1}, {{3, 1}, {7, 1}});
  CHECK(merged("model_stock", {}, along) == Values{5, 1});
  Given against = given({1, 1}, {{3, 1}, {-1, 1}});
  CHECK(merged("model_stock", {}, against) == Values{1, 1});
}

TEST_CASE("[regmean] fits all members' answers at once where their inputs do not meet") {
  // Two inputs each seen by one member alone: each row is taken from who saw it; what nobody saw is the mean.
  Given context;
  const Values first = {1, 2, 3}, second = {10, 20, 30};
  const Values saw_first = {4, 0, 0, 0, 0, 0, 0, 0, 0}, saw_second = {0, 0, 0, 0, 9, 0, 0, 0, 0};
  context.all = {{{"w", make_f32({3, 1}, first.data())}}, {{"w", make_f32({3, 1}, second.data())}}};
  context.gram_matrices = {{{"w", make_f32({3, 3}, saw_first.data())}}, {{"w", make_f32({3, 3}, saw_second.data())}}};
  const Values result = merged("regmean", {}, context);
  CHECK(result[0] == doctest::Approx(1).epsilon(1e-4));
  CHECK(result[1] == doctest::Approx(20).epsilon(1e-4));
  CHECK(result[2] == doctest::Approx(16.5).epsilon(1e-6));
}

}  // namespace
}  // namespace loom::merges_test
