// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "tasks/sources/mnist1d_signals.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource mnist1d();
}  // namespace loom::suites

using namespace loom;

namespace loom::mnist1d_test {
namespace {

constexpr size_t kTemplate = 12, kPoints = 40;

// A template and 28 zeros: as many points as a signal has, so that nothing is stretched.
sources::SignalSettings bare() {
  return {.padding_min = 28, .padding_max = 28, .shift = 1, .scale = 0, .shear = 0, .correlated_noise = 0, .noise = 0};
}

std::vector<float> drawn(int32_t digit, const sources::SignalSettings& settings, uint64_t index = 0) {
  return sources::draw_signal(digit, settings, Stream(3, "mnist1d_test", index));
}

std::vector<float> padded(int32_t digit, size_t points) {
  auto line = sources::signal_template(digit);
  line.resize(points, 0);
  return line;
}

bool close(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return std::abs(x - y) < 1e-5F; });
}

Suite load(const Json& changes = Json::object()) {
  Json options = {{"train", 200}, {"test", 50}};
  options.update(changes);
  return testing::load_with_defaults(suites::mnist1d(), options);
}

TEST_CASE("[mnist1d] a template begins at 0, has a deviation of a sixth, and the shape of its digit") {
  for (int32_t digit = 0; digit < 10; ++digit) {
    const auto line = sources::signal_template(digit);
    REQUIRE(line.size() == kTemplate);
    CHECK(line[0] == 0);
    double sum = 0, squares = 0;
    for (float value : line) sum += value, squares += value * value;
    CHECK(squares / 12 - sum / 12 * sum / 12 == doctest::Approx(1.0 / 36).epsilon(1e-5));
  }
  const auto zero = sources::signal_template(0), four = sources::signal_template(4);
  CHECK(zero[4] / zero[1] == doctest::Approx((7.0 - 5) / (6 - 5)));
  CHECK(four[4] / four[1] == doctest::Approx((2.6 - 5) / (4.4 - 5)));
}

TEST_CASE("[mnist1d] with everything off a signal is its template, and on more points lines between them") {
  for (int32_t digit = 0; digit < 10; ++digit) {
    CHECK(close(drawn(digit, bare()), padded(digit, kPoints)));
    auto longer = bare();
    longer.padding_min = longer.padding_max = 60;
    const auto line = padded(digit, 72);
    std::vector<float> expected;
    for (size_t i = 0; i < kPoints; ++i) {
      const size_t before = i * 71 / 39, rest = i * 71 % 39;
      const float share = static_cast<float>(rest) / 39;
      expected.push_back((1 - share) * line[before] + (rest > 0 ? share * line[before + 1] : 0));
    }
    CHECK(close(drawn(digit, longer), expected));
  }
}

TEST_CASE("[mnist1d] less padding is a wider digit") {
  auto settings = bare();
  settings.padding_min = 0;
  std::set<int64_t> widths;
  for (uint64_t i = 0; i < 500; ++i) widths.insert(kPoints - std::ranges::count(drawn(1, settings, i), 0));
  CHECK(*widths.begin() == 12);  // 28 zeros
  CHECK(*widths.rbegin() == kPoints);
}

TEST_CASE("[mnist1d] a move turns the signal, a factor scales it, a slope is taken off") {
  const auto line = padded(2, kPoints);
  auto moved = bare(), scaled = bare(), slanted = bare();
  moved.shift = kPoints, scaled.scale = 0.4, slanted.shear = 0.75;
  std::set<size_t> places;
  float least = 2, most = 0;
  for (uint64_t i = 0; i < 500; ++i) {
    const auto signal = drawn(2, moved, i);
    auto turned = line;
    size_t place = 0;
    for (; place < kPoints && !close(signal, turned); ++place) std::ranges::rotate(turned, turned.end() - 1);
    places.insert(place);
    const auto larger = drawn(2, scaled, i);
    const float factor = larger[2] / line[2];
    least = std::min(least, factor), most = std::max(most, factor);
    auto expected = line;
    for (float& value : expected) value *= factor;
    CHECK(close(larger, expected));
    const auto slant = drawn(2, slanted, i);
    const float half = slant[0];  // half the slope, above 0 at one end and below it at the other
    CHECK(std::abs(half) <= 0.375F + 1e-6F);
    for (size_t t = 0; t < kPoints; ++t)
      CHECK(slant[t] - line[t] == doctest::Approx(half * (1 - 2 * static_cast<float>(t) / 39)).epsilon(1e-4));
  }
  CHECK(places.size() == kPoints);
  CHECK(*places.rbegin() == kPoints - 1);
  CHECK(least > 0.8F - 1e-4F);
  CHECK(most < 1.2F + 1e-4F);
  CHECK(most - least > 0.38F);
}

TEST_CASE("[mnist1d] smoothing: a Gaussian of an impulse, mirrored ends, nothing lost") {
  std::vector<double> impulse(41, 0);
  impulse[20] = 1;
  const auto bell = sources::smoothed(impulse, 2);
  CHECK(bell[20] == doctest::Approx(1 / std::sqrt(2 * M_PI) / 2).epsilon(1e-3));
  for (size_t d = 1; d <= 8; ++d) {
    CHECK(bell[20 + d] / bell[20] == doctest::Approx(std::exp(-static_cast<double>(d * d) / 8)));
    CHECK(bell[20 + d] == bell[20 - d]);
  }
  CHECK(bell[29] == 0);
  std::vector<double> corner(41, 0);
  corner[0] = 1;
  const auto at_end = sources::smoothed(corner, 2);
  CHECK(at_end[0] == doctest::Approx(bell[20] + bell[21]));  // itself, and its mirror image beside it
  CHECK(std::accumulate(at_end.begin(), at_end.end(), 0.0) == doctest::Approx(1));
  for (double value : sources::smoothed(std::vector<double>(3, 7), 2)) CHECK(value == doctest::Approx(7));
}

TEST_CASE("[mnist1d] noise: everywhere, and a correlated one where the signal is 0") {
  auto white = bare(), coloured = bare();
  white.noise = 0.5, coloured.correlated_noise = 0.25;
  const auto line = padded(6, kPoints);
  double squares = 0, around = 0, neighbours = 0;
  constexpr int kSignals = 2000;
  for (uint64_t i = 0; i < kSignals; ++i) {
    const auto a = drawn(6, white, i), b = drawn(6, coloured, i);
    for (size_t t = 0; t < kPoints; ++t) squares += std::pow(a[t] - line[t], 2);
    for (size_t t = 0; t < kTemplate; ++t) CHECK(std::abs(b[t] - line[t]) < 1e-5F);
    around += b[25] * b[25];
    neighbours += b[25] * b[26];
  }
  CHECK(std::sqrt(squares / kSignals / kPoints) == doctest::Approx(0.5).epsilon(0.01));
  // White noise under a Gaussian of deviation s: variance 1 / (2 s sqrt(pi)), correlation exp(-1 / (4 s^2)).
  CHECK(around / kSignals == doctest::Approx(0.0625 / 4 / std::sqrt(M_PI)).epsilon(0.12));
  CHECK(neighbours / around == doctest::Approx(std::exp(-1.0 / 16)).epsilon(0.02));
}

TEST_CASE("[mnist1d] the same seed gives the same bytes, another one others, and the test moves no train item") {
  CHECK(load().digest() == load().digest());
  CHECK(load().train_digest() == load({{"test", 20}}).train_digest());
  CHECK(load().digest() != load({{"seed", 1}}).digest());
  CHECK(load().digest() != load({{"noise", 0}}).digest());
}

TEST_CASE("[mnist1d] three domains, classes equally often, standardised by the train side") {
  const Suite suite = load();
  const Items& items = suite.train_side();
  CHECK(suite.description().domains == std::vector<std::string>{"plain", "reversed", "permuted"});
  CHECK(suite.shape().outputs == 10);
  CHECK(items.count == 600);
  CHECK(suite.test_count() == 150);
  CHECK(std::set<int32_t>(items.group.begin(), items.group.end()).size() == 600);
  std::map<std::pair<int32_t, int32_t>, int> counts;
  for (size_t i = 0; i < 600; ++i) ++counts[{items.domain[i], items.label[i]}];
  CHECK(counts.size() == 30);
  for (const auto& [place, count] : counts) CHECK(count == 20);
  double sum = 0, squares = 0;
  for (float value : items.values) sum += value, squares += value * value;
  CHECK(sum / 24000 == doctest::Approx(0).epsilon(1e-5));
  CHECK(squares / 24000 == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("[mnist1d] the same signals: backwards, in one other order, a group each") {
  const Suite suite = load({{"signals", "same"}});
  const Items& items = suite.train_side();
  CHECK(std::set<int32_t>(items.group.begin(), items.group.end()).size() == 200);
  std::vector<std::set<size_t>> came_from(kPoints);  // where a point of the other order may have stood
  for (int64_t i = 0; i < 200; ++i) {
    const auto plain = testing::item_of(items, i), permuted = testing::item_of(items, 400 + i);
    auto reversed = testing::item_of(items, 200 + i);
    std::ranges::reverse(reversed);
    CHECK(plain == reversed);
    CHECK(items.group[static_cast<size_t>(i)] == items.group[static_cast<size_t>(400 + i)]);
    for (size_t t = 0; t < kPoints; ++t) {
      std::set<size_t> equal;
      for (size_t from = 0; from < kPoints; ++from)
        if (plain[from] == permuted[t] && (i == 0 || came_from[t].contains(from))) equal.insert(from);
      came_from[t] = equal;
    }
  }
  std::set<size_t> all;
  size_t stayed = 0;
  for (size_t t = 0; t < kPoints; ++t) {
    REQUIRE(came_from[t].size() == 1);
    all.insert(*came_from[t].begin());
    stayed += came_from[t].contains(t) ? 1 : 0;
  }
  CHECK(all.size() == kPoints);
  CHECK(stayed < 8);
}

TEST_CASE("[mnist1d] published figures are of the default signals alone") {
  const SuiteSource source = suites::mnist1d();
  const SuiteCard card = *source.card;
  CHECK(card.published.size() == 5 * 2 + 3);
  for (const auto& figure : card.published) {
    CHECK(figure.score > 0);
    CHECK(figure.score < 1);
    for (const auto& [name, value] : figure.options.items()) {
      const auto field = std::ranges::find(source.facts.fields, name, &Field::name);
      REQUIRE(field != source.facts.fields.end());
      CHECK(field->fallback == value);
    }
  }
}

}  // namespace
}  // namespace loom::mnist1d_test
