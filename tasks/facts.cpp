// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "harness/error.h"
#include "harness/random.h"
#include "harness/suite.h"
#include "tasks/sources/prompted.h"

namespace loom::suites {
namespace facts_detail {
namespace {

constexpr int64_t kKeyBytes = 8, kAnswerAt = 16;

struct Setting {
  explicit Setting(const Json& options)
      : domains(options.at("domains")),
        facts(options.at("facts")),
        digits(options.at("bits").get<int64_t>() / 4),
        repeats(options.at("repeats")),
        similarity(options.at("similarity")),
        conflict(options.at("conflict")),
        visible(options.at("visible")),
        seed(options.at("seed")) {
    if (options.at("bits").get<int64_t>() % 4 != 0)
      throw InputError("suite facts: bits must be a multiple of 4: a value is written in hexadecimal digits");
    if (similarity + conflict > 1)
      throw InputError("suite facts: similarity and conflict are shares of the same facts");
  }
  int64_t domains, facts, digits, repeats;
  double similarity, conflict;
  bool visible;
  uint64_t seed;
};

// 64 letters for keys, so that 1.7 million keys of 48 bits hardly ever meet; the first 16 are values' digits.
constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-";

std::string drawn(int64_t length, uint64_t letters, Stream stream) {
  std::string out;
  for (int64_t i = 0; i < length; ++i) out += kLetters[stream.below(letters)];
  return out;
}

std::string domain_name(int64_t domain) { return "domain " + std::to_string(domain); }

struct Fact {
  std::string key, value;
};

// The first facts of every domain are common, the next have common keys and values of their own, the rest are its own.
Fact fact(const Setting& s, int64_t domain, int64_t index) {
  const auto shared = static_cast<int64_t>(s.similarity * static_cast<double>(s.facts) + 0.5);
  const auto clashing = shared + static_cast<int64_t>(s.conflict * static_cast<double>(s.facts) + 0.5);
  const auto own = static_cast<uint64_t>(domain + 1), i = static_cast<uint64_t>(index);
  const uint64_t key_of = index < clashing ? 0 : own, value_of = index < shared ? 0 : own;
  return {drawn(kKeyBytes, kLetters.size(), Stream(s.seed, "facts/key", key_of, i)),
          drawn(s.digits, 16, Stream(s.seed, "facts/value", value_of, i))};
}

Suite load(const Json& options) {
  const Setting s(options);
  const int64_t window = kAnswerAt + s.digits + 1;
  sources::Prompted train_side(kAnswerAt, window), test(kAnswerAt, window);
  Suite::Description description;
  int32_t group = 0;
  for (int64_t d = 0; d < s.domains; ++d) {
    description.domains.push_back(domain_name(d));
    const char marker = s.visible ? static_cast<char>('A' + d) : ' ';
    for (int64_t i = 0; i < s.facts; ++i) {
      const Fact one = fact(s, d, i);
      const std::string question = std::string(1, marker) + one.key + "=";
      for (int64_t r = 0; r < s.repeats; ++r) train_side.add(static_cast<int32_t>(d), group++, question, one.value);
      test.add(static_cast<int32_t>(d), group++, question, one.value);
    }
  }
  description.name = "facts";
  description.metric = "exact_match";
  description.licence = description.source = "generated";
  description.summary = "keys and values; the test asks for what was trained on, so that memory is the task";
  description.shares = {0.85, 0.05, 0.05, 0.05};  // with four copies of a fact one in 2,000 has none to train on
  return {std::move(description), train_side.take(), test.take()};
}

std::vector<Field> fields() {
  using enum FieldType;
  return {
      {.name = "similarity",
       .type = real,
       .fallback = 0.0,
       .min = 0,
       .max = 1,
       .doc = "alpha: share of a domain's facts that all domains have in common"},
      {.name = "facts", .fallback = 256, .min = 8, .max = 65536, .doc = "K: facts a domain"},
      {.name = "bits", .fallback = 16, .min = 4, .max = 64, .doc = "b: bits of a value, a multiple of 4"},
      {.name = "domains", .fallback = 4, .min = 2, .max = 26, .doc = "D: how many domains"},
      {.name = "conflict",
       .type = real,
       .fallback = 0.0,
       .min = 0,
       .max = 1,
       .doc = "chi: share of a domain's facts whose key is common and whose value is the domain's own"},
      {.name = "visible", .type = boolean, .fallback = true, .doc = "the question begins with the domain's letter"},
      {.name = "repeats", .fallback = 4, .min = 4, .max = 1000, .doc = "train-side copies of a fact"},
      {.name = "seed", .fallback = 0, .min = 0, .max = 1e9, .doc = "of keys and values"},
  };
}

}  // namespace
}  // namespace facts_detail

// The test asks for the very facts that were trained on: what fits into the parameters is the question, not what
// generalises, and tasks/sources/fact_load.h predicts it. Copies of a fact are groups of their own, as sides share
// none. With conflict and without the letter nobody can tell whose value is asked for: one who knows the domain can.
SuiteSource facts() {
  SuiteCard card{.metric = "exact_match", .licence = "generated", .source = "generated"};
  card.published = {{"", 1, "attainable at the default setting: a question has one answer", "by construction",
                     SuiteCard::Kind::ceiling},
                    {"", std::pow(2, -16), "chance at the default setting: a blind guess of 16 bits", "counted",
                     SuiteCard::Kind::chance}};
  for (int d = 0; d < 4; ++d) card.domains.push_back(facts_detail::domain_name(d));  // of the default setting
  return {.facts = {.kind = "suite",
                    .name = "facts",
                    .summary = "planted: keys and values to be memorised; shared, conflicting and own facts",
                    .paper = "Allen-Zhu and Li 2024",
                    .inputs = {"tokens"},
                    .fields = facts_detail::fields()},
          .load = facts_detail::load,
          .card = std::move(card)};
}

}  // namespace loom::suites
