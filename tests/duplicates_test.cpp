// SPDX-License-Identifier: Apache-2.0
#include "harness/duplicates.h"

#include <doctest/doctest.h>

#include <cmath>

#include "harness/likeness.h"
#include "harness/random.h"
#include "harness/set_likeness.h"
#include "harness/vector_likeness.h"

namespace loom::duplicates_test {
namespace {

constexpr int64_t kItems = 600;  // of each side

Suite::Description about(std::vector<std::string> domains) {
  Suite::Description out;
  out.name = "made";
  out.domains = std::move(domains);
  return out;
}

// Items with nothing in common, each a group of its own; `side` keeps the two sides apart.
Items random_items(InputKind kind, int64_t count, int64_t dim, uint64_t side) {
  Items out;
  out.kind = kind;
  out.count = count;
  out.input_dim = dim;
  Stream stream(side, "test/duplicates");
  for (int64_t i = 0; i < count * dim; ++i) {
    if (kind == InputKind::vector) out.values.push_back(static_cast<float>(stream.uniform()));
    if (kind == InputKind::tokens) out.bytes.push_back(static_cast<uint8_t>('a' + stream.below(26)));
    if (kind == InputKind::bags) out.ids.push_back(static_cast<int32_t>(stream.below(16384)));
  }
  for (int64_t i = 0; i < count; ++i) {
    out.domain.push_back(static_cast<int32_t>(i % 2));
    out.group.push_back(static_cast<int32_t>(i + static_cast<int64_t>(side) * 1000000));
  }
  return out;
}

// Item `to` becomes item `from` with small changes: noise on a vector, 5 % of bytes or features exchanged.
void plant(const Items& source, int64_t from, Items& target, int64_t to, bool near, Stream& stream) {
  const auto dim = source.input_dim;
  for (int64_t k = 0; k < dim; ++k) {
    const size_t a = static_cast<size_t>(from * dim + k), b = static_cast<size_t>(to * dim + k);
    if (source.kind == InputKind::vector)
      target.values[b] = source.values[a] + (near ? static_cast<float>(0.03 * stream.normal()) : 0);
    if (source.kind == InputKind::tokens) target.bytes[b] = source.bytes[a];
    if (source.kind == InputKind::bags) target.ids[b] = source.ids[a];
  }
  if (!near || source.kind == InputKind::vector) return;
  const auto places = permutation(dim, Stream(stream.next(), "test/places"));
  for (int64_t k = 0; k < dim / 20; ++k) {
    const size_t b = static_cast<size_t>(to * dim + places[static_cast<size_t>(k)]);
    if (source.kind == InputKind::tokens) target.bytes[b] = static_cast<uint8_t>('A' + stream.below(26));
    if (source.kind == InputKind::bags) target.ids[b] = static_cast<int32_t>(16384 + stream.below(1000));
  }
}

DuplicateCounts sum(const Duplicates& found, bool exact) {
  DuplicateCounts out;
  for (const DomainDuplicates& domain : found.domains) {
    const DuplicateCounts& one = exact ? domain.exact : domain.near;
    out.test_same += one.test_same, out.test_other += one.test_other;
    out.train_same += one.train_same, out.train_other += one.train_other;
  }
  return out;
}

constexpr InputKind kKinds[] = {InputKind::vector, InputKind::tokens, InputKind::bags};

TEST_CASE("[duplicates] every planted exact and at least 95 of 100 planted near ones are found, in their place") {
  for (const InputKind kind : kKinds) {
    CAPTURE(name(kind));
    const int64_t dim = kind == InputKind::bags ? 60 : 128;
    Items train = random_items(kind, kItems, dim, 1), test = random_items(kind, kItems, dim, 2);
    Stream stream(3, "test/plant");
    for (int64_t i = 0; i < 100; ++i) {
      plant(train, i, test, i, false, stream);              // same domain
      plant(train, i + 100, test, i + 101, false, stream);  // another domain
      plant(train, i + 220, test, i + 220, true, stream);   // same domain
      plant(train, i + 220, train, i + 421, true, stream);  // train side, another domain
    }
    const Duplicates found = find_duplicates(about({"a", "b"}), train, test);
    const DuplicateCounts exact = sum(found, true), near = sum(found, false);
    CHECK(exact.test_same == 100);
    CHECK(exact.test_other == 100);
    CHECK(exact.train_same + exact.train_other == 0);
    CHECK(near.test_same >= 95);
    CHECK(near.test_same <= 100);
    CHECK(near.train_other >= 190);  // both sides of each pair
    CHECK(near.train_other <= 200);
    CHECK(near.train_same == 0);
    CHECK_FALSE(found.examples.empty());
    for (const auto& domain : found.domains) CHECK(domain.near_unknown.empty());
  }
}

TEST_CASE("[duplicates] independent random items raise no alarm") {
  for (const InputKind kind : kKinds) {
    CAPTURE(name(kind));
    const Duplicates found =
        find_duplicates(about({"a", "b"}), random_items(kind, 3000, 64, 4), random_items(kind, 1000, 64, 5));
    for (const bool exact : {false, true}) {
      const DuplicateCounts all = sum(found, exact);
      CHECK(all.test_same + all.test_other + all.train_same + all.train_other == 0);
    }
    CHECK(found.examples.empty());
  }
}

TEST_CASE("[duplicates] copies within a group are no duplicates, and inputs of domains apart are not compared") {
  Items train = random_items(InputKind::vector, kItems, 66, 6);
  const Items test = random_items(InputKind::vector, kItems, 66, 7);
  for (int64_t i = 0; i < kItems; ++i) train.values[static_cast<size_t>(i * 66 + 64)] = 0;
  Stream stream(8, "test/plant");
  plant(train, 0, train, 2, false, stream);
  plant(train, 0, train, 1, false, stream);
  Suite::Description description = about({"a", "b"});
  DuplicateCounts all = sum(find_duplicates(description, train, test), true);
  CHECK(all.train_same == 2);   // 0 and 2
  CHECK(all.train_other == 3);  // 0, 1 and 2
  description.adapters = 2;     // the last two inputs say which domain: not compared
  for (int64_t i = 0; i < kItems; ++i) train.values[static_cast<size_t>(i * 66 + 65)] = static_cast<float>(i);
  all = sum(find_duplicates(description, train, test), true);
  CHECK(all.train_same == 2);
  CHECK(all.train_other == 0);
  train.group[2] = train.group[0];
  CHECK(sum(find_duplicates(description, train, test), true).train_same == 0);
}

TEST_CASE("[duplicates] where unrelated items are alike, near ones are left out with the reason") {
  Items train = random_items(InputKind::tokens, 400, 64, 9);
  const Items test = random_items(InputKind::tokens, 100, 64, 10);
  for (int64_t i = 0; i < 400; i += 2)  // domain 0: one template, three bytes of its own
    for (int64_t k = 3; k < 64; ++k) train.bytes[static_cast<size_t>(i * 64 + k)] = static_cast<uint8_t>('a' + k % 26);
  const Duplicates found = find_duplicates(about({"a", "b"}), train, test);
  CHECK(found.domains[0].near_unknown.find("random pairs are as alike") != std::string::npos);
  CHECK(found.domains[1].near_unknown.empty());
  const Duplicates few = find_duplicates(about({"a", "b"}), random_items(InputKind::vector, 200, 8, 11),
                                         random_items(InputKind::vector, 50, 8, 12));
  CHECK(few.domains[0].near_unknown == "only 8 inputs vary; 32 are needed");
}

TEST_CASE("[duplicates] likeness is the Jaccard similarity, or the correlation, computed plainly") {
  Items train = random_items(InputKind::bags, 3, 4, 13);
  train.ids = {1, 2, 3, 4, 3, 4, 5, -1, 9, -1, -1, -1};
  const BothSides bags(train, train);
  CHECK(set_likeness(bags)->of(0, 1) == doctest::Approx(2.0 / 5));
  CHECK(set_likeness(bags)->of(0, 2) == 0);
  Items bytes = random_items(InputKind::tokens, 2, 10, 14);
  const std::string text = "abcdefghijabcdefghXY";  // shingles 1-3 and 1, 4, 5
  bytes.bytes.assign(text.begin(), text.end());
  const BothSides windows(bytes, bytes);
  CHECK(set_likeness(windows)->of(0, 1) == doctest::Approx(1.0 / 5));
  const Items values = random_items(InputKind::vector, 2, 50, 15);
  const BothSides both(values, values);
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (size_t k = 0; k < 50; ++k) {
    const double a = values.values[k], b = values.values[50 + k];
    x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
  }
  const double expected = (xy - x * y / 50) / std::sqrt((xx - x * x / 50) * (yy - y * y / 50));
  CHECK(vector_likeness(both, 50, 2, false)->of(0, 1) == doctest::Approx(expected).epsilon(1e-5));
}

}  // namespace
}  // namespace loom::duplicates_test
