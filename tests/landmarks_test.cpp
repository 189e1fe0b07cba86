// SPDX-License-Identifier: Apache-2.0
#include "harness/landmarks.h"

#include <doctest/doctest.h>

#include <cmath>

#include "harness/error.h"
#include "harness/random.h"

namespace loom::landmarks_test {
namespace {

constexpr int64_t kPerDomain = 400;

// Points in four bands along the first axis, labelled by band; domain d shifts the labels by `turn` and its points by
// `apart` along the second axis.
Suite bands(int32_t turn, float apart, int64_t domains = 2) {
  Items items;
  items.kind = InputKind::vector;
  items.input_dim = 2;
  Stream stream(1, "landmarks_test");
  for (int64_t i = 0; i < kPerDomain * domains; ++i) {
    const auto domain = static_cast<int32_t>(i % domains);
    const double along = stream.uniform() * 4;
    items.values.push_back(static_cast<float>(along));
    items.values.push_back(static_cast<float>(stream.uniform() * 0.01) + apart * static_cast<float>(domain));
    items.label.push_back((static_cast<int32_t>(along) + turn * domain) % 4);
    items.domain.push_back(domain);
    items.group.push_back(static_cast<int32_t>(i));
  }
  items.count = std::ssize(items.label);
  Items test = items;
  for (int32_t& group : test.group) group += 100000;
  Suite::Description about;
  about.name = "bands", about.metric = "accuracy", about.source = "here";
  for (int64_t d = 0; d < domains; ++d) about.domains.push_back("d" + std::to_string(d));
  return Suite(about, std::move(items), std::move(test));
}

Suite texts(bool alike) {
  Items items;
  items.kind = InputKind::tokens;
  items.input_dim = 32;
  Stream stream(2, "landmarks_test");
  for (int32_t i = 0; i < 200; ++i) {
    for (int b = 0; b < 32; ++b)
      items.bytes.push_back(static_cast<uint8_t>((alike || i % 2 == 0 ? 'a' : 'n') + stream.below(4)));
    items.domain.push_back(i % 2);
    items.group.push_back(i);
  }
  items.count = 200;
  Items test = items;
  for (int32_t& group : test.group) group += 100000;
  Suite::Description about;
  about.name = "texts", about.metric = "bits_per_byte", about.source = "here", about.higher_is_better = false;
  about.domains = {"one", "two"};
  return Suite(about, std::move(items), std::move(test));
}

TEST_CASE("[landmarks] domains that are one population lie at no distance, and nobody can tell them apart") {
  const Landmarks marks = landmarks(bands(0, 0));
  CHECK(marks.domains == 2);
  CHECK(std::abs(marks.distance) < 1);  // errors of one or two items in 40
  CHECK(marks.floor > 0.6);             // four bands
  CHECK(marks.own < 0.1);
  CHECK(marks.router_error > 0.3);
  CHECK(marks.learner == "nearest neighbour");
  CHECK(marks.values == marks.items);
}

TEST_CASE("[landmarks] where domains contradict each other, others' data teach the wrong thing") {
  const Landmarks mixed = landmarks(bands(2, 0)), apart = landmarks(bands(2, 9));
  CHECK(mixed.others > 0.9);
  CHECK(mixed.pooled == doctest::Approx(0.5).epsilon(0.3));  // a neighbour of either domain
  CHECK(mixed.distance > 1);                                 // worse than knowing nothing
  CHECK(mixed.pooling > 1);
  CHECK(apart.others > 0.9);
  CHECK(apart.pooled < 0.1);  // the domain shows in the input
  CHECK(std::abs(apart.pooling) < 0.5);
  CHECK(apart.router_error == 0);
}

TEST_CASE("[landmarks] of texts in bits per byte, by hand where letters are uniform") {
  const Landmarks alike = landmarks(texts(true)), apart = landmarks(texts(false));
  CHECK(alike.own == doctest::Approx(2).epsilon(0.25));  // four letters, and the n-gram's price of learning
  CHECK(std::abs(alike.distance) < 0.05);
  CHECK(apart.others > 8);  // letters never seen
  CHECK(apart.distance == doctest::Approx(std::log(apart.others / apart.own)).epsilon(0.02));
  CHECK(apart.router_error == 0);
  CHECK(alike.router_error > 0.2);
  CHECK(alike.values == doctest::Approx(alike.items * 32));
}

TEST_CASE("[landmarks] the test stays sealed, equal data give equal numbers, and they survive JSON") {
  const Suite suite = bands(1, 0);
  const Landmarks marks = landmarks(suite);
  CHECK(to_json(landmarks(suite)) == to_json(marks));
  CHECK(to_json(landmarks_from_json(to_json(marks))) == to_json(marks));
}

TEST_CASE("[landmarks] one domain has nothing to specialise in") {
  CHECK_THROWS_WITH_AS(landmarks(bands(0, 0, 1)), "suite bands has one domain: there is nothing to specialise in",
                       InputError);
}

}  // namespace
}  // namespace loom::landmarks_test
