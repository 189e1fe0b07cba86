// SPDX-License-Identifier: Apache-2.0
#include "harness/facts.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "harness/error.h"

namespace loom {
namespace facts_test {
namespace {

Facts sample() {
  Facts facts{.kind = "combiner", .name = "router", .summary = "one specialist answers"};
  facts.paper = "Jacobs 1991";
  facts.view = "summary";
  facts.level = "domain";
  facts.access = {"logits", "router_split"};
  facts.causal = false;
  facts.row_independent = false;
  facts.inputs = {"vector"};
  facts.fields = {
      {.name = "mode", .type = FieldType::choice, .fallback = "soft", .choices = {"soft", "hard"}, .doc = "how"},
      {.name = "width", .type = FieldType::integer, .required = true, .min = 1.0, .max = 4096.0},
      {.name = "rate", .type = FieldType::real, .fallback = 0.1, .min = 1e-9},
      {.name = "loss", .type = FieldType::component, .fallback = "plain", .component = "layer"},
      {.name = "label", .type = FieldType::text},
      {.name = "frozen", .type = FieldType::boolean, .fallback = false}};
  return facts;
}

// Every word one insertion, deletion, substitution or swap of neighbours away, by trying them all.
std::set<std::string> edits(const std::string& word, const std::string& letters) {
  std::set<std::string> out;
  for (size_t i = 0; i <= word.size(); ++i) {
    for (const char c : letters) {
      out.insert(word.substr(0, i) + c + word.substr(i));
      if (i < word.size()) out.insert(word.substr(0, i) + c + word.substr(i + 1));
    }
    if (i < word.size()) out.insert(word.substr(0, i) + word.substr(i + 1));
    if (i + 1 < word.size()) out.insert(word.substr(0, i) + word[i + 1] + word[i] + word.substr(i + 2));
  }
  return out;
}

std::vector<std::string> words(const std::string& letters, size_t length) {
  std::vector<std::string> out = {""};
  for (size_t i = 0; i < length; ++i) {
    std::vector<std::string> longer;
    for (const std::string& word : out) {
      for (const char c : letters) longer.push_back(word + c);
    }
    out = longer;
  }
  return out;
}

std::string near(std::string_view word, std::vector<std::string> candidates) { return nearest(word, candidates); }

TEST_CASE("[facts] JSON text keeps everything a component says about itself") {
  const Json value = to_json(sample());
  const Facts back = facts_from_json(parse_json(canonical(value), "facts"));
  CHECK(to_json(back) == value);
  CHECK(back.name == "router");
  CHECK(back.access == sample().access);
  CHECK_FALSE(back.causal);
  CHECK_FALSE(back.row_independent);
  REQUIRE(back.fields.size() == 6);
  CHECK(back.fields[0].choices == std::vector<std::string>{"soft", "hard"});
  CHECK(back.fields[1].type == FieldType::integer);
  CHECK(back.fields[1].required);
  CHECK(back.fields[1].max == 4096.0);
  CHECK(back.fields[2].min == 1e-9);
  CHECK_FALSE(back.fields[2].max.has_value());
  CHECK(back.fields[2].fallback == 0.1);
  CHECK(back.fields[3].component == "layer");
  CHECK(back.fields[4].fallback.is_null());
  CHECK(back.fields[5].type == FieldType::boolean);
}

TEST_CASE("[facts] the JSON of two components differs when any one thing differs") {
  std::vector<Facts> variants(14, sample());
  variants[1].kind = variants[2].name = variants[3].summary = variants[4].paper = "x";
  variants[5].family = variants[6].view = variants[7].level = "x";
  variants[8].access = variants[9].inputs = {"x"};
  variants[10].causal = variants[11].row_independent = true;
  variants[12].fields[2].min = 0.0;
  variants[13].fields[0].doc = "x";
  std::set<std::string> texts;
  for (const Facts& facts : variants) texts.insert(canonical(to_json(facts)));
  CHECK(texts.size() == variants.size());
}

TEST_CASE("[facts] facts that another build wrote are refused, not guessed") {
  const Json good = to_json(sample());
  for (const auto& item : good.items()) {
    Json missing = good, wrong = good;
    missing.erase(item.key());
    wrong[item.key()] = 3.5;
    CHECK_THROWS_WITH_AS(facts_from_json(missing), doctest::Contains(item.key().c_str()), InputError);
    CHECK_THROWS_AS(facts_from_json(wrong), InputError);
  }
  Json unknown = good, type = good, nested = good;
  unknown["colour"] = "red";
  type["fields"][0]["type"] = "colour";
  nested["fields"][0]["colour"] = "red";
  for (const Json& bad : {unknown, type, nested}) {
    CHECK_THROWS_WITH_AS(facts_from_json(bad), doctest::Contains("colour"), InputError);
  }
  CHECK_THROWS_AS(facts_from_json(Json::array()), InputError);
}

TEST_CASE("[facts] a sheet finds by kind and name and lists names in order") {
  const FactSheet sheet({{.kind = "combiner", .name = "router"},
                         {.kind = "layer", .name = "router"},
                         {.kind = "combiner", .name = "mean"}});
  REQUIRE(sheet.find("layer", "router"));
  CHECK(sheet.find("layer", "router")->kind == "layer");
  CHECK(sheet.find("combiner", "router")->kind == "combiner");
  CHECK(sheet.find("layer", "mean") == nullptr);
  CHECK(sheet.find("suite", "router") == nullptr);
  CHECK(sheet.names("combiner") == std::vector<std::string>{"mean", "router"});
  CHECK(sheet.names("suite").empty());
  CHECK(sheet.all().size() == 3);
}

TEST_CASE("[facts] a misspelt key finds the one that was meant") {
  const std::vector<std::string> keys = {"batch", "learning_rate", "optimizer", "schedule", "weight_decay"};
  CHECK(nearest("learing_rate", keys) == "learning_rate");
  CHECK(nearest("lerning_rat", keys) == "learning_rate");
  CHECK(nearest("bacth", keys) == "batch");
  CHECK(nearest("optimiser", keys) == "optimizer");
  CHECK(nearest("temperature", keys) == "");
  CHECK(nearest("", keys) == "");
  CHECK(near("x", {}) == "");
  CHECK(near(std::string(4000, 'x'), {"batch"}) == "");
}

TEST_CASE("[facts] the nearest wins, the first of equals, and a swap is one step") {
  CHECK(near("abcdef", {"abcdxx", "abcdex"}) == "abcdex");
  CHECK(near("abcdef", {"abcdey", "abcdex"}) == "abcdey");
  CHECK(near("ab", {"ba"}) == "ba");
  CHECK(near("ab", {"cd"}) == "");
}

TEST_CASE("[facts] words of four letters accept exactly what two edits can reach") {
  const std::string letters = "abc";
  const size_t length = 4;  // 1 + 4 / 3 = 2 edits allowed
  std::vector<std::string> candidates;
  for (size_t other = 2; other <= 6; ++other) {
    for (const std::string& word : words(letters, other)) candidates.push_back(word);
  }
  for (const std::string& word : words(letters, length)) {
    if (word[0] != 'c') continue;  // a third of the words stands for the others
    std::set<std::string> reached;
    for (const std::string& once : edits(word, letters)) reached.merge(edits(once, letters));
    for (const std::string& candidate : candidates) {
      const bool expected = reached.contains(candidate) || candidate == word;
      if ((near(word, {candidate}) == candidate) != expected) FAIL_CHECK(word, " ", candidate);
    }
  }
}

}  // namespace
}  // namespace facts_test
}  // namespace loom
