// SPDX-License-Identifier: Apache-2.0
// What a combiner says it needs of its members, checked by changing all else that they say.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/combiner.h"
#include "harness/random.h"

namespace loom::combiner_access_test {
namespace {

constexpr int64_t kMembers = 3, kRows = 40, kOutputs = 5;

// Distributions [members, rows, outputs] in nats, with what a summary tells of them.
struct Said {
  std::vector<float> log_probs, highest, entropy;
  MemberOutputs outputs() const { return {kMembers, kRows, 1, kOutputs, {}, log_probs, highest, entropy}; }
};

Said summarised(const std::vector<double>& probabilities) {
  Said said;
  for (auto first = probabilities.begin(); first != probabilities.end(); first += kOutputs) {
    double entropy = 0;
    for (auto p = first; p != first + kOutputs; ++p) {
      said.log_probs.push_back(static_cast<float>(std::log(*p)));
      entropy -= *p * std::log(*p);
    }
    said.highest.push_back(static_cast<float>(std::log(*std::max_element(first, first + kOutputs))));
    said.entropy.push_back(static_cast<float>(entropy));
  }
  return said;
}

// First choices are drawn by `seed` and so are, where `tops` is that too, their probabilities, all above a half; the
// rest is shared out by `rest`.
Said drawn(uint64_t seed, uint64_t tops, uint64_t rest) {
  Stream choice(seed, "test/choice"), top(tops, "test/top"), share(rest, "test/rest");
  std::vector<double> all;
  for (int64_t position = 0; position < kMembers * kRows; ++position) {
    const auto best = static_cast<int64_t>(choice.below(kOutputs));
    const double highest = 0.5 + 0.49 * top.uniform();
    std::vector<double> own;
    double sum = 0;
    for (int64_t output = 0; output < kOutputs; ++output) {
      own.push_back(output == best ? 0 : std::pow(share.uniform() + 0.01, 4));
      sum += own.back();
    }
    for (int64_t output = 0; output < kOutputs; ++output)
      all.push_back(output == best ? highest : own[static_cast<size_t>(output)] / sum * (1 - highest));
  }
  return summarised(all);
}

// What it decides: the answer where it makes one itself, else whom it weighs how much.
std::vector<float> decided(const Combiner& combiner, const Said& said) {
  std::vector<float> out(static_cast<size_t>(kRows * (combiner.mixes() ? kMembers : kOutputs)));
  if (combiner.mixes())
    combiner.weigh(said.outputs(), out);
  else
    combiner.combine(said.outputs(), out);
  return out;
}

// With every choice of its settings; a cascade with an order and a threshold as validation would give it.
std::vector<std::unique_ptr<Combiner>> built(const CombinerSource& source) {
  std::vector<Json> all = {{{"name", source.facts.name}}};
  for (const Field& field : source.facts.fields) {
    std::vector<Json> more;
    for (const Json& one : all)
      for (const Json& value : field.choices.empty() ? std::vector<Json>{field.fallback}
                                                     : std::vector<Json>(field.choices.begin(), field.choices.end())) {
        more.push_back(one);
        more.back()[field.name] = value;
      }
    all = std::move(more);
  }
  std::vector<std::unique_ptr<Combiner>> combiners;
  for (const Json& options : all) {
    combiners.push_back(build_combiner(options));
    if (source.facts.name == "cascade")
      combiners.back()->restore({{"order", {2, 0, 1}}, {"log_threshold", std::log(0.8)}}, {});
  }
  return combiners;
}

bool needs(const CombinerSource& source, const char* bit) {
  return std::ranges::find(source.facts.access, bit) != source.facts.access.end();
}

}  // namespace
}  // namespace loom::combiner_access_test

using namespace loom;
using namespace loom::combiner_access_test;

TEST_CASE("[access] who asks for first choices alone answers alike whatever else members say") {
  const Said said = drawn(1, 1, 1), surer = drawn(1, 2, 2), others = drawn(2, 1, 1);
  std::vector<std::string> checked;
  for (const CombinerSource& source : all_combiners()) {
    if (source.build == nullptr || needs(source, "l") || needs(source, "p_K")) continue;
    checked.push_back(source.facts.name);
    CAPTURE(source.facts.name);
    CHECK(needs(source, "g"));
    for (const auto& combiner : built(source)) {
      CHECK(decided(*combiner, said) == decided(*combiner, surer));
      CHECK(decided(*combiner, said) != decided(*combiner, others));
    }
  }
  CHECK(checked == std::vector<std::string>{"vote"});
}

TEST_CASE("[access] who asks for the highest probability alone decides alike whatever is left for the others") {
  const Said said = drawn(1, 1, 1), rest = drawn(1, 1, 2), surer = drawn(1, 2, 1);
  REQUIRE(said.highest == rest.highest);
  REQUIRE(said.entropy != rest.entropy);
  std::vector<std::string> checked;
  for (const CombinerSource& source : all_combiners()) {
    if (source.build == nullptr || !needs(source, "p_K") || needs(source, "l")) continue;
    checked.push_back(source.facts.name);
    CAPTURE(source.facts.name);
    for (const auto& combiner : built(source)) {
      CHECK(decided(*combiner, said) == decided(*combiner, rest));
      CHECK(decided(*combiner, said) != decided(*combiner, surer));
    }
  }
  CHECK(checked == std::vector<std::string>{"cascade"});
}

TEST_CASE("[access] confidence asks for all probabilities because of entropy, and for the highest without it") {
  const Said said = drawn(1, 1, 1), rest = drawn(1, 1, 2);
  const auto by = [](const char* what) { return build_combiner({{"name", "confidence"}, {"by", what}}); };
  CHECK(decided(*by("max_prob"), said) == decided(*by("max_prob"), rest));
  CHECK(decided(*by("entropy"), said) != decided(*by("entropy"), rest));
  const CombinerSource& source = find_combiner("confidence");
  CHECK((needs(source, "p_K") && needs(source, "l")));
}

TEST_CASE("[access] any other combiner of outputs needs all probabilities, and says so") {
  const Said said = drawn(1, 1, 1), rest = drawn(1, 1, 2);
  for (const CombinerSource& source : all_combiners()) {
    if (source.build == nullptr || !needs(source, "l")) continue;
    CAPTURE(source.facts.name);
    for (const auto& combiner : built(source))
      if (!combiner->mixes() && !combiner->needs_fit())  // else it decides by what was fitted
        CHECK(decided(*combiner, said) != decided(*combiner, rest));
  }
}
