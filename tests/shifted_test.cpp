// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "tasks/sources/held_out.h"
#include "tasks/sources/shifts.h"

namespace loom::suites {
SuiteSource shifted();
SuiteSource digits4();
SuiteSource bytes9();
SuiteSource skills();
}  // namespace loom::suites

namespace loom::shifted_test {
namespace {

using sources::Shift;
using sources::ShiftKind;

constexpr int64_t kSide = 5;
const TaskShape kImage = {
    .kind = InputKind::vector, .input_dim = kSide * kSide + 2, .outputs = 2, .domains = 2, .image = {1, kSide, kSide}};

// Images with two more inputs each, which no shift may touch.
Items images(int64_t count) {
  Items items;
  items.count = count;
  items.input_dim = kImage.input_dim;
  for (int64_t i = 0; i < count * items.input_dim; ++i) items.values.push_back(static_cast<float>(i % 7) / 7);
  return items;
}

Items shifted(ShiftKind kind, double strength, Items items, const TaskShape& shape = kImage) {
  sources::apply({kind, strength, 3}, shape, items);
  return items;
}

void check_extras(const Items& before, const Items& after) {
  for (int64_t i = 0; i < before.count; ++i)
    for (int64_t k = kSide * kSide; k < before.input_dim; ++k)
      CHECK(after.values[i * before.input_dim + k] == before.values[i * before.input_dim + k]);
}

Suite load(const Json& options) { return suites::shifted().load(options); }

Json options(const char* of, const char* kind, double strength) {
  return {{"of", {{"name", of}}}, {"kind", kind}, {"strength", strength}, {"seed", 0}, {"domain", nullptr}};
}

TEST_CASE("[shift] strength 0 changes nothing, and the same seed changes the same") {
  const Items before = images(3);
  for (const auto kind : {ShiftKind::noise, ShiftKind::blur, ShiftKind::rotation, ShiftKind::occlusion}) {
    CHECK(shifted(kind, 0, before).values == before.values);
    CHECK(shifted(kind, 0.5, before).values == shifted(kind, 0.5, before).values);
    check_extras(before, shifted(kind, 0.5, before));
  }
}

TEST_CASE("[shift] noise has the deviation that is asked for") {
  Items items;
  items.count = 400;
  items.input_dim = kImage.input_dim;
  items.values.assign(400 * static_cast<size_t>(items.input_dim), 0.0F);
  const Items after = shifted(ShiftKind::noise, 0.3, items);
  double squares = 0;
  for (const float value : after.values) squares += static_cast<double>(value * value);
  CHECK(std::sqrt(squares / (400.0 * kSide * kSide)) == doctest::Approx(0.3).epsilon(0.03));
  check_extras(items, after);
}

TEST_CASE("[shift] a quarter turn is an exact rearrangement, and blur keeps a plain image") {
  const Items before = images(1);
  const Items turned = shifted(ShiftKind::rotation, 90, before);
  for (int64_t y = 0; y < kSide; ++y)
    for (int64_t x = 0; x < kSide; ++x)
      CHECK(turned.values[y * kSide + x] == doctest::Approx(before.values[x * kSide + (kSide - 1 - y)]));
  Items plain = images(1);
  std::fill_n(plain.values.begin(), kSide * kSide, 0.5F);
  for (int64_t i = 0; i < kSide * kSide; ++i)
    CHECK(shifted(ShiftKind::blur, 1, plain).values[i] == doctest::Approx(0.5));
}

TEST_CASE("[shift] blur of one bright pixel is the Gaussian's row, worked by hand") {
  Items point = images(1);
  std::fill_n(point.values.begin(), kSide * kSide, 0.0F);
  point.values[2 * kSide + 2] = 1;
  const Items after = shifted(ShiftKind::blur, 0.5, point);
  // exp(-x^2 / (2 0.25)) at x = 0, 1, 2: 1, .135335, .000335463; their sum over -2..2 is 1.271341
  const double middle = 1 / 1.271341, next = 0.135335 / 1.271341;
  CHECK(after.values[2 * kSide + 2] == doctest::Approx(middle * middle).epsilon(1e-4));
  CHECK(after.values[2 * kSide + 3] == doctest::Approx(middle * next).epsilon(1e-4));
  CHECK(after.values[1 * kSide + 3] == doctest::Approx(next * next).epsilon(1e-4));
}

TEST_CASE("[shift] occlusion clears one square") {
  Items bright = images(20);
  std::ranges::fill(bright.values, 1.0F);
  const Items after = shifted(ShiftKind::occlusion, 0.36, bright);  // 3 of 5 pixels a side
  for (int64_t i = 0; i < 20; ++i) {
    const auto* image = after.values.data() + i * bright.input_dim;
    CHECK(std::count(image, image + kSide * kSide, 0.0F) == 9);
  }
  check_extras(bright, after);
}

TEST_CASE("[shift] byte flips hit the share asked for and never leave a byte as it was by chance") {
  Items items;
  items.kind = InputKind::tokens;
  items.count = 100;
  items.input_dim = 100;
  items.bytes.assign(10000, 65);
  const TaskShape shape = {.kind = InputKind::tokens, .input_dim = 100};
  const Items all = shifted(ShiftKind::byte_flips, 1, items, shape);
  CHECK(std::ranges::count(all.bytes, 65) == 0);
  const auto flipped = 10000 - std::ranges::count(shifted(ShiftKind::byte_flips, 0.1, items, shape).bytes, 65);
  CHECK(std::abs(flipped - 1000) < 120);  // four standard deviations
}

TEST_CASE("[shift] dropped features leave a subset, never an empty bag") {
  Items items;
  items.kind = InputKind::bags;
  items.count = 50;
  items.input_dim = 4;
  for (int i = 0; i < 50; ++i) items.ids.insert(items.ids.end(), {i, i + 1, i + 2, -1});
  const TaskShape shape = {.kind = InputKind::bags, .input_dim = 4, .vocabulary = 100};
  for (const double share : {0.5, 1.0}) {
    const Items after = shifted(ShiftKind::dropped_features, share, items, shape);
    for (size_t i = 0; i < 50; ++i) {
      CHECK(after.ids[4 * i] >= 0);
      bool ended = false;
      for (size_t k = 4 * i; k < 4 * i + 4; ++k) {
        CHECK_FALSE((ended && after.ids[k] >= 0));
        ended = ended || after.ids[k] < 0;
        if (after.ids[k] >= 0) CHECK((after.ids[k] >= static_cast<int>(i) && after.ids[k] <= static_cast<int>(i) + 2));
      }
      if (share == 1) CHECK(after.ids[4 * i + 1] == -1);
    }
  }
}

TEST_CASE("[shift] byte flips leave the answers, which are marked as scored") {
  Items items;
  items.kind = InputKind::tokens;
  items.count = 20;
  items.input_dim = 10;
  items.bytes.assign(200, 65);
  for (int i = 0; i < 200; ++i) items.scored.push_back(i % 10 >= 7);  // three bytes of answer behind each question
  const Items after = shifted(ShiftKind::byte_flips, 1, items, {.kind = InputKind::tokens, .input_dim = 10});
  for (size_t i = 0; i < 200; ++i) CHECK((after.bytes[i] == 65) == (i % 10 >= 7));
}

TEST_CASE("[shift] what says which question is asked is no content") {
  Items rows = images(40);
  const TaskShape asking = {.kind = InputKind::vector, .input_dim = rows.input_dim, .asked = 2};
  const Items noisy = shifted(ShiftKind::noise, 1, rows, asking);
  check_extras(rows, noisy);
  for (int64_t k = 0; k < kSide * kSide; ++k) CHECK(noisy.values[k] != rows.values[k]);
  Items bags;
  bags.kind = InputKind::bags;
  bags.count = 30;
  bags.input_dim = 3;
  for (int i = 0; i < 30; ++i) bags.ids.insert(bags.ids.end(), {i, i + 1, 100 + i % 2});
  const TaskShape of_bags = {.kind = InputKind::bags, .input_dim = 3, .vocabulary = 102, .asked = 2};
  const Items dropped = shifted(ShiftKind::dropped_features, 1, bags, of_bags);
  for (int i = 0; i < 30; ++i) {
    CHECK(dropped.ids[3 * i] == 100 + i % 2);
    CHECK(dropped.ids[3 * i + 1] == -1);
  }
}

TEST_CASE("[shift] skills under byte flips ask otherwise and want the same answers") {
  Json asked = options("skills", "byte_flips", 0.5);
  asked["of"] = {{"name", "skills"},  {"samples", 40}, {"test_samples", 10},
                 {"test", "trained"}, {"tag", true},   {"seed", 0}};
  const Suite plain = suites::skills().load(asked.at("of")), hard = load(asked);
  Evaluator of_plain(plain), of_hard(hard);
  const Items &before = of_plain.open_test("shifted_test"), &after = of_hard.open_test("shifted_test");
  REQUIRE(before.scored == after.scored);
  int64_t flipped = 0;
  for (size_t i = 0; i < before.bytes.size(); ++i) {
    if (before.scored[i] == 1) CHECK(before.bytes[i] == after.bytes[i]);
    flipped += before.bytes[i] != after.bytes[i];
  }
  CHECK(flipped > 0);
}

TEST_CASE("[shift] a shifted suite has another test and the same train side") {
  const Suite plain = suites::digits4().load(Json::object());
  const Suite noisy = load(options("digits4", "noise", 0.3));
  CHECK(noisy.train_digest() == plain.train_digest());
  CHECK(noisy.digest() != plain.digest());
  CHECK(noisy.test_count() == plain.test_count());
}

TEST_CASE("[shift] a domain held out is nobody's training and the whole test") {
  Json held = options("digits4", "held_out", 0);
  held["domain"] = "inverted";
  const Suite plain = suites::digits4().load(Json::object());
  const Suite suite = load(held);
  CHECK(suite.description().domains.back() == "inverted");
  CHECK(suite.shape().domains == 3);
  CHECK(suite.shape().held_out == 1);
  CHECK(std::ranges::count(suite.train_side().domain, 3) == 0);
  CHECK(suite.train_side().count == plain.train_side().count / 4 * 3);
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("shifted_test");
  CHECK(std::ranges::count(test.domain, 3) == test.count);
  // Domains that stay keep their items under their own names.
  const auto items_of = [](const Suite& from, const std::string& name) {
    const auto& all = from.description().domains;
    const auto index = static_cast<int32_t>(std::ranges::find(all, name) - all.begin());
    std::vector<float> out;
    for (int64_t i = 0; i < from.train_side().count; ++i)
      if (from.train_side().domain[i] == index) out.push_back(from.train_side().values[i * 64]);
    return out;
  };
  for (const std::string& name : plain.description().domains)
    if (name != "inverted") CHECK(items_of(suite, name) == items_of(plain, name));
}

TEST_CASE("[shift] for rejection the test is all domains, and the train side that of the domain held out") {
  Json held = options("digits4", "held_out", 0), beside = options("digits4", "rejection", 0);
  held["domain"] = beside["domain"] = "inverted";
  const Suite plain = suites::digits4().load(Json::object()), alone = load(held), suite = load(beside);
  CHECK(suite.train_digest() == alone.train_digest());
  CHECK(suite.digest() != alone.digest());
  CHECK(suite.description().domains == std::vector<std::string>{"plain", "rotated", "permuted", "inverted"});
  CHECK(suite.shape().domains == 3);
  CHECK(suite.shape().held_out == 1);
  Evaluator of_plain(plain), of_suite(suite);
  const Items &before = of_plain.open_test("shifted_test"), &after = of_suite.open_test("shifted_test");
  CHECK(after.values == before.values);
  CHECK(after.group == before.group);
  for (size_t i = 0; i < before.domain.size(); ++i) {
    const auto was = static_cast<size_t>(before.domain[i]), is = static_cast<size_t>(after.domain[i]);
    REQUIRE(suite.description().domains[is] == plain.description().domains[was]);
    REQUIRE(after.label[i] == (is == 3 ? 0 : before.label[i]));
  }
}

TEST_CASE("[shift] a domain whose classes nobody learned can be rejected, though not answered") {
  Suite::Description facts;
  facts.name = "own classes";
  facts.domains = {"a", "b"};
  Items train, test;
  train.kind = InputKind::vector;
  train.count = train.input_dim = 2;
  train.values = {0, 1, 1, 0};
  train.label = {1, 3};
  train.domain = train.group = {0, 1};
  test = train;
  test.group = {2, 3};
  sources::hold_out("b", sources::HeldOutTest::beside, facts, train, test);
  CHECK(train.label == std::vector<int32_t>{1});
  CHECK(test.label == std::vector<int32_t>{1, 0});
  CHECK(test.domain == std::vector<int32_t>{0, 1});
}

TEST_CASE("[shift] what does not fit is refused in words") {
  const auto refusal = [](const Json& asked) -> std::string {
    try {
      load(asked);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refusal(options("bytes9", "blur", 1)).find("images") != std::string::npos);
  CHECK(refusal(options("digits4", "byte_flips", 1)).find("for bytes") != std::string::npos);
  CHECK(refusal(options("digits4", "held_out", 1)).find("domain: NAME") != std::string::npos);
  CHECK(refusal(options("digits4", "rejection", 1)).find("kind rejection needs domain: NAME") != std::string::npos);
  CHECK(refusal(options("linear", "noise", 1)).find("planted") != std::string::npos);
  Json nested = options("digits4", "noise", 1);
  nested["of"] = options("digits4", "noise", 1);
  nested["of"]["name"] = "shifted";
  CHECK(refusal(nested).find("one at a time") != std::string::npos);
  Json twice = options("skills", "held_out", 0);
  twice["of"] = {{"name", "skills"},       {"samples", 40}, {"test_samples", 10},
                 {"test", "compositions"}, {"tag", true},   {"seed", 0}};
  twice["domain"] = "copy";
  CHECK(refusal(twice).find("of held-out domains already") != std::string::npos);
  Json typo = options("digits4", "held_out", 0);
  typo["domain"] = "invertd";
  CHECK(refusal(typo).find("did you mean 'inverted'") != std::string::npos);
}

}  // namespace
}  // namespace loom::shifted_test
