// SPDX-License-Identifier: Apache-2.0
// Every suite of this build whose data are here, with its usual options: its card, and the ends of its metric.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "harness/audit.h"
#include "harness/evaluator.h"
#include "harness/grid.h"
#include "harness/io.h"
#include "harness/metrics.h"
#include "tasks/all.h"
#include "tasks/sources/data_root.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::shipped_suites_test {
namespace {

bool needs_more(const SuiteSource& source) {
  return !source.card || source.load == nullptr || std::ranges::any_of(source.facts.fields, &Field::required);
}

std::optional<Json> stored(const SuiteSource& source) {
  return read_card(data_root() / "cards" / (source.facts.name + ".json"));
}

// Those that can be loaded, with what is missing said once.
void each_suite(const std::function<void(const SuiteSource&, const Suite&, const Json& card)>& look) {
  for (const SuiteSource& source : all_suites()) {
    if (needs_more(source)) continue;
    CAPTURE(source.facts.name);
    if (!std::ranges::all_of(source.card->data, [](const auto& name) { return sources::is_prepared(name); })) {
      MESSAGE("skipped: " << source.facts.name << " is not prepared");
      continue;
    }
    const auto card = stored(source);
    REQUIRE(card);
    look(source, testing::load_with_defaults(source), *card);
  }
}

TEST_CASE("[shipped suites] every card repeats the domains and figures of its source, here or not") {
  for (const SuiteSource& source : all_suites()) {
    if (needs_more(source)) continue;
    CAPTURE(source.facts.name);
    const auto card = stored(source);
    REQUIRE(card);
    CHECK(card->at("published") == published_json(source.card->published));
    CHECK(card->at("metric") == source.card->metric);
    std::vector<std::string> domains;
    for (const Json& domain : card->at("domains")) domains.push_back(domain.at("name"));
    CHECK(domains == source.card->domains);
  }
}

TEST_CASE("[shipped suites] every card is of the data that are here: digest, sizes, domains, words") {
  each_suite([](const SuiteSource& source, const Suite& suite, const Json& card) {
    CHECK(card.at("digest") == suite.digest());
    CHECK(source.card->domains == suite.description().domains);
    CHECK(source.card->metric == suite.description().metric);
    CHECK(source.card->licence == suite.description().licence);
    CHECK(source.card->source == suite.description().source);
    CHECK(card.at("sizes").at("test") == suite.test_count());
    for (const Split split : kTrainSideSplits)
      CHECK(card.at("sizes").at(std::string(name(split))) == suite.indices(split, 0).size());
  });
}

TEST_CASE("[shipped suites] no group is in two splits, nor in the test, and the four hold the train side once") {
  each_suite([](const SuiteSource&, const Suite& suite, const Json&) {
    Evaluator evaluator(suite);
    const auto& tested = evaluator.open_test("shipped_suites_test").group;
    for (const uint64_t seed : {1, 2}) {
      std::map<int32_t, Split> split_of;
      for (const int32_t group : tested) split_of[group] = Split::test;
      std::vector<bool> dealt(static_cast<size_t>(suite.train_side().count));
      int64_t wrong = 0;
      for (const Split split : kTrainSideSplits)
        for (const int64_t item : suite.indices(split, seed)) {
          const auto at = static_cast<size_t>(item);
          wrong += dealt[at] || split_of.emplace(suite.train_side().group[at], split).first->second != split;
          dealt[at] = true;
        }
      CHECK(wrong == 0);
      CHECK(std::ranges::count(dealt, false) == 0);
    }
  });
}

// What no shift may touch (TaskShape::asked) is one-hot in the test's domain; building3, yeast14 and brown3 have it.
TEST_CASE("[shipped suites] the inputs and features that only ask are the question, and nothing else is") {
  const std::set<std::string> known = {"brown3", "building3", "yeast14"};
  each_suite([&](const SuiteSource& source, const Suite& suite, const Json&) {
    const TaskShape shape = suite.shape();
    CHECK(shape.asked == (known.contains(source.facts.name) ? shape.domains : 0));
    if (shape.asked == 0) return;
    Evaluator evaluator(suite);
    const Items& test = evaluator.open_test("shipped_suites_test");
    int64_t wrong = 0;
    for (int64_t item = 0; item < test.count; ++item) {
      std::vector<int64_t> asked;
      for (int64_t at = item * test.input_dim; at < (item + 1) * test.input_dim; ++at) {
        const auto place = static_cast<size_t>(at);
        const int64_t first =
            test.kind == InputKind::bags ? shape.vocabulary - shape.asked : test.input_dim - shape.asked;
        const int64_t input = test.kind == InputKind::bags ? test.ids[place] : at - item * test.input_dim;
        if (input >= first && (test.kind == InputKind::bags || test.values[place] != 0)) asked.push_back(input - first);
      }
      wrong += asked != std::vector<int64_t>{test.domain[static_cast<size_t>(item)]};
    }
    CHECK(wrong == 0);
  });
}

bool any_twins(const Json& domain) {
  for (const char* kind : {"exact_duplicates", "near_duplicates"})
    if (domain.at(kind).is_object())
      for (const Json& count : domain.at(kind))
        if (count != 0) return true;
  return false;
}

// Pairs of suite and domain in rows "| suite | domain, domain | twins |" of docs/data.md.
std::set<std::pair<std::string, std::string>> explained() {
  std::set<std::pair<std::string, std::string>> out;
  std::istringstream lines(read_file(std::filesystem::path(LOOM_SOURCE_DIR) / "docs" / "data.md"));
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    inside = line.starts_with("| suite | domains |") || (inside && line.starts_with("|"));
    std::istringstream cells(line);
    std::string suite, domains, domain;
    if (!inside || !std::getline(std::getline(std::getline(cells, suite, '|'), suite, '|'), domains, '|')) continue;
    std::erase(suite, ' ');
    for (std::istringstream names(domains); std::getline(names >> std::ws, domain, ',');) {
      domain.erase(domain.find_last_not_of(' ') + 1);
      out.insert({suite, domain});
    }
  }
  return out;
}

TEST_CASE("[shipped suites] every domain with duplicates, and no other, has a line in docs/data.md") {
  auto rows = explained();
  REQUIRE(rows.size() > 40);
  rows.erase({"suite", "domains"});
  rows.erase({"---", "---"});
  for (const SuiteSource& source : all_suites()) {
    const auto card = needs_more(source) ? std::nullopt : stored(source);
    if (!card) continue;
    for (const Json& domain : card->at("domains")) {
      const std::string name = domain.at("name");
      CAPTURE(source.facts.name);
      CAPTURE(name);
      CHECK(rows.erase({source.facts.name, name}) == (any_twins(domain) ? 1 : 0));
    }
  }
  for (const auto& [suite, domain] : rows) FAIL_CHECK("no such duplicates: " << suite << " " << domain);
}

// The answers of one model to a test: what it says of an item's places, by the item's domain.
struct Saying {
  std::function<int32_t(size_t item, size_t step)> best;    // the class or byte in front
  std::function<float(size_t item, size_t step)> log_prob;  // of the true one
  std::function<double(size_t item)> number;                // in the units of the bins' centres
};

// Mass on the two bins beside the number, so that their mean is it.
void put_number(double value, float* log_probs) {
  const double inside = std::clamp(value, grid_centre(0), grid_centre(kGridBins - 1));
  int64_t low = 0;
  while (low + 2 < kGridBins && grid_centre(low + 1) <= inside) ++low;
  const double share = (inside - grid_centre(low)) / (grid_centre(low + 1) - grid_centre(low));
  log_probs[low] = static_cast<float>(std::log(1 - share));
  log_probs[low + 1] = static_cast<float>(std::log(share));
}

Outcomes said(const Suite& suite, const Items& test, const Saying& saying) {
  const bool tokens = test.kind == InputKind::tokens;
  Outcomes o;
  o.items = test.count;
  o.steps = tokens ? test.input_dim : 1;
  o.outputs = suite.shape().outputs;
  o.domain = test.domain, o.group = test.group, o.value = test.target, o.bytes = test.item_bytes;
  if (!test.target.empty()) o.log_probs.assign(static_cast<size_t>(o.items * o.outputs), -INFINITY);
  for (size_t item = 0; item < static_cast<size_t>(o.items); ++item)
    for (size_t step = 0; step < static_cast<size_t>(o.steps); ++step) {
      const size_t at = item * static_cast<size_t>(o.steps) + step;
      const bool asked = test.scored.empty() || test.scored[at] == 1;
      o.target.push_back(!asked ? -1 : tokens ? token(test, at) : test.label[item]);
      o.argmax.push_back(asked ? saying.best(item, step) : 0);
      o.target_log_prob.push_back(asked ? saying.log_prob(item, step) : 0);
      if (!test.target.empty() && !std::isnan(test.target[item]))
        put_number(saying.number(item), o.log_probs.data() + item * static_cast<size_t>(o.outputs));
    }
  return o;
}

std::vector<int32_t> answer(const Items& items, size_t item) {
  std::vector<int32_t> out;
  const auto width = static_cast<size_t>(items.input_dim);
  for (size_t at = item * width; at < (item + 1) * width; ++at)
    if (items.scored[at] == 1) out.push_back(token(items, at));
  return out;
}

// What never looks at an item: of each domain's train side the most frequent label or answer, the mean, the unigram.
class Constant {
 public:
  Constant(const Items& train, size_t domains) : unigram_(domains, std::vector<double>(256, 1)) {
    std::vector<std::map<std::vector<int32_t>, int>> counts(domains);
    for (size_t item = 0; item < static_cast<size_t>(train.count); ++item) {
      const auto domain = static_cast<size_t>(train.domain[item]);
      const auto width = static_cast<size_t>(train.input_dim);
      if (train.kind != InputKind::tokens) ++counts[domain][{train.label[item]}];
      if (!train.scored.empty()) ++counts[domain][answer(train, item)];
      for (size_t at = item * width; train.kind == InputKind::tokens && at < (item + 1) * width; ++at)
        ++unigram_[domain][static_cast<size_t>(token(train, at))];
    }
    for (const auto& of_domain : counts) {
      const auto most = std::ranges::max_element(of_domain, {}, [](const auto& one) { return one.second; });
      most_.push_back(most == of_domain.end() ? std::vector<int32_t>{0} : most->first);
    }
    for (auto& bytes : unigram_) {
      double all = 0;
      for (const double count : bytes) all += count;
      for (double& count : bytes) count = std::log(count / all);
    }
  }

  Saying about(const Items& test) const {
    return {[this, &test](size_t item, size_t step) {
              const auto& most = most_[static_cast<size_t>(test.domain[item])];
              if (test.scored.empty()) return most[0];
              const size_t first = item * static_cast<size_t>(test.input_dim);
              const auto place =
                  static_cast<size_t>(std::count(test.scored.begin() + static_cast<int64_t>(first),
                                                 test.scored.begin() + static_cast<int64_t>(first + step), 1));
              return place < most.size() ? most[place] : -1;
            },
            [this, &test](size_t item, size_t step) {
              if (test.kind != InputKind::tokens) return -1.0F;
              const auto byte = static_cast<size_t>(token(test, item * static_cast<size_t>(test.input_dim) + step));
              return static_cast<float>(unigram_[static_cast<size_t>(test.domain[item])][byte]);
            },
            [](size_t) { return 0.0; }};  // targets have mean 0 on the train side
  }

 private:
  std::vector<std::vector<int32_t>> most_;
  std::vector<std::vector<double>> unigram_;
};

TEST_CASE("[shipped suites] perfect predictions score best, and constant ones the card's floor") {
  each_suite([](const SuiteSource&, const Suite& suite, const Json& card) {
    const auto domains = std::ssize(suite.description().domains);
    const std::string& metric = suite.description().metric;
    Evaluator evaluator(suite);
    const Items& test = evaluator.open_test("shipped_suites_test");
    const Saying truth = {
        [&](size_t item, size_t step) {
          return test.kind == InputKind::tokens ? token(test, item * static_cast<size_t>(test.input_dim) + step)
                                                : test.label[item];
        },
        [](size_t, size_t) { return 0.0F; }, [&](size_t item) { return static_cast<double>(test.target[item]); }};
    const Scores best = score(said(suite, test, truth), metric, domains);
    const Constant constant(suite.train_side(), static_cast<size_t>(domains));
    const Scores floor = score(said(suite, test, constant.about(test)), metric, domains);
    for (size_t d = 0; d < static_cast<size_t>(domains); ++d) {
      const double expected = card.at("domains")[d].at("floor");
      CAPTURE(suite.description().domains[d]);
      const bool numbers = std::isfinite(expected) && expected < 0.01 && metric == "accuracy_or_r2";
      if (metric == "bits_per_byte") {
        CHECK(best.domain[d] == 0);
        CHECK(floor.domain[d] == doctest::Approx(expected).epsilon(0.01));  // another smoothing
      } else if (numbers) {
        CHECK(best.domain[d] <= 1);
        CHECK(best.domain[d] > 0.97);  // numbers beyond the bins' ends
        CHECK(std::abs(floor.domain[d] - expected) < 1e-4);
      } else {
        CHECK(best.domain[d] == 1);
        CHECK(std::abs(floor.domain[d] - expected) < 1e-6);
      }
    }
  });
}

}  // namespace
}  // namespace loom::shipped_suites_test
