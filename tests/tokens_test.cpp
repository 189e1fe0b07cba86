// SPDX-License-Identifier: Apache-2.0
// Suites of a tokeniser's ids: files, windows, scores in bits per byte, outcomes, baselines.
#include <cmath>
#include <cstring>

#include "harness/baselines.h"
#include "harness/duplicates.h"
#include "harness/evaluator.h"
#include "harness/member_scores.h"
#include "harness/metrics.h"
#include "harness/outcomes.h"
#include "harness/random.h"
#include "tests/suite_files.h"

using namespace loom;
using namespace loom::suite_files;

namespace loom::tokens_test {
namespace {

constexpr const char* kYaml = "kind: tokens\nwindow: 4\nblock: 8\nsplit: {test: 0.2}\n";

Array words(const std::vector<uint16_t>& values) {
  Array array{DType::u16, {std::ssize(values)}, std::string(2 * values.size(), '\0')};
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

std::string file_of(const std::vector<uint16_t>& ids, const std::vector<uint16_t>& bytes) {
  return encode_safetensors({{"ids", words(ids)}, {"bytes", words(bytes)}});
}

std::vector<uint16_t> counting(int64_t count, int64_t below) {
  std::vector<uint16_t> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back(static_cast<uint16_t>(i * i % below));
  return ids;
}

// Ids 0 .. 299: id k stands for k % 3 bytes.
std::vector<uint16_t> thirds() {
  std::vector<uint16_t> bytes;
  for (int k = 0; k < 300; ++k) bytes.push_back(static_cast<uint16_t>(k % 3));
  return bytes;
}

std::string refused(const std::string& bytes, const char* yaml = kYaml) {
  return refusal({{"suite.yaml", yaml}, {"a.safetensors", bytes}});
}

std::string text(int64_t count) {
  std::string bytes;
  Stream stream(3, "test/text");
  for (int64_t i = 0; i < count; ++i) bytes += static_cast<char>(stream.below(256));
  return bytes;
}

std::string as_ids(const std::string& bytes) {
  std::vector<uint16_t> ids;
  for (const char byte : bytes) ids.push_back(static_cast<uint8_t>(byte));
  return file_of(ids, std::vector<uint16_t>(256, 1));
}

// Two items of two steps: 3 nats over 4 bytes, 5 nats over 1.
Outcomes said() {
  Outcomes o;
  o.items = 2;
  o.steps = 2;
  o.outputs = 40000;
  o.domain = {0, 0};
  o.group = {0, 1};
  o.target = {7, 39999, 1, 300};
  o.target_log_prob = {-1, -2, -4, -1};
  o.argmax = {7, 300, 39999, 300};
  o.max_log_prob = {-1, -1, -1, -1};
  o.entropy = {1, 1, 1, 1};
  o.bytes = {4, 1};
  return o;
}

TEST_CASE("[tokens] ids are cut like bytes, and a window knows for how many bytes it stands") {
  const auto ids = counting(41, 300);
  const Suite suite = load({{"suite.yaml", kYaml}, {"a.safetensors", file_of(ids, thirds())}});
  const TaskShape shape = suite.shape();
  CHECK(shape.kind == InputKind::tokens);
  CHECK(shape.vocabulary == 300);
  CHECK(shape.outputs == 300);
  CHECK(shape.input_dim == 4);
  CHECK(suite.description().metric == "bits_per_byte");
  Evaluator evaluator(suite);
  const Items& train = suite.train_side();
  const Items& test = evaluator.open_test("cut");
  CHECK(train.count == 8);  // blocks 0 to 3; block 4 is the fifth; the last id is left over
  CHECK(test.count == 2);
  CHECK(train.bytes.empty());
  for (size_t i = 0; i < 32; ++i) CHECK(token(train, i) == ids[i]);
  for (size_t i = 0; i < 8; ++i) CHECK(token(test, i) == ids[32 + i]);
  for (size_t item = 0; item < 8; ++item) {
    int32_t bytes = 0;
    for (size_t i = 4 * item; i < 4 * item + 4; ++i) bytes += ids[i] % 3;
    CHECK(train.item_bytes[item] == bytes);
  }
}

TEST_CASE("[tokens] a byte file and the same as ids have the same windows, splits and duplicates") {
  const std::string bytes = text(2048) + text(2048);
  const Suite plain = load({{"suite.yaml", "kind: bytes\nwindow: 16\n"}, {"a.txt", bytes}});
  const Suite ids = load({{"suite.yaml", "kind: tokens\nwindow: 16\n"}, {"a.safetensors", as_ids(bytes)}});
  const Items &left = plain.train_side(), &right = ids.train_side();
  CHECK(left.count == right.count);
  for (size_t i = 0; i < left.bytes.size(); ++i) REQUIRE(token(left, i) == token(right, i));
  CHECK(left.group == right.group);
  CHECK(plain.shape().outputs == ids.shape().outputs);
  CHECK(plain.indices(Split::train, 3) == ids.indices(Split::train, 3));
  CHECK(plain.train_digest() != ids.train_digest());
  Evaluator open_plain(plain), open_ids(ids);
  const auto by_bytes = find_duplicates(plain.description(), left, open_plain.open_test("a"));
  const auto by_ids = find_duplicates(ids.description(), right, open_ids.open_test("a"));
  CHECK(by_bytes.domains[0].exact.train_same > 50);
  CHECK(by_bytes.domains[0].exact.train_same == by_ids.domains[0].exact.train_same);
}

TEST_CASE("[tokens] bits per byte are all bits over all bytes, whatever the number of ids") {
  const Scores scores = score(said(), "bits_per_byte", 1);
  CHECK(scores.macro == doctest::Approx(8 / std::log(2) / 5));
  CHECK(scores.nll == doctest::Approx(2));
  REQUIRE(scores.cells.size() == 2);
  CHECK(scores.cells[0].sum == doctest::Approx(3 / std::log(2)));
  CHECK(scores.cells[0].count == 4);
  CHECK(scores.cells[1].count == 1);
  Outcomes one_each = said(), plain = said();
  one_each.bytes = {2, 2};
  plain.bytes.clear();
  CHECK(score(one_each, "bits_per_byte", 1).macro == score(plain, "bits_per_byte", 1).macro);
  // The oracle of one member is that member.
  const Json members = member_scores(std::vector{said()}, "bits_per_byte", 1);
  CHECK(members.at("sample_oracle").at("macro").get<double>() == doctest::Approx(scores.macro));
}

TEST_CASE("[tokens] outcomes of many outputs keep targets and argmax whole") {
  for (const int64_t outputs : {40000, 65536, 65537}) {
    Outcomes o = said();
    o.outputs = outputs;
    o.target[1] = o.argmax[2] = static_cast<int32_t>(outputs - 1);
    const std::string bytes = encode_outcomes(o);
    const Outcomes back = decode_outcomes(bytes, "outcomes");
    CHECK(back.argmax == o.argmax);
    CHECK(back.target == o.target);
    CHECK(back.bytes == o.bytes);
    CHECK(back.outputs == outputs);
    const DType type = decode_safetensors(bytes, "outcomes").at("argmax").type;
    CHECK(type == (outputs <= 65536 ? DType::u16 : DType::i32));
  }
  Outcomes none = said();
  none.bytes = {4, 0};
  Arrays arrays = decode_safetensors(encode_outcomes(said()), "outcomes");
  arrays["bytes"] = make_i32({2}, none.bytes.data());
  CHECK_THROWS_WITH_AS(decode_outcomes(encode_safetensors(arrays, {{"outputs", "40000"}}), "o"),
                       doctest::Contains("an item of no bytes"), InputError);
}

TEST_CASE("[tokens] the floor of an audit is the unigram over ids, by hand") {
  // One domain, train ids 0 0 0 1, test ids 0 2, of 3 ids: (3+1)/7 and (0+1)/7; they stand for 1 + 3 bytes.
  Suite::Description description;
  description.domains = {"d"};
  description.metric = "bits_per_byte";
  description.vocabulary = 3;
  Items train;
  train.kind = InputKind::tokens;
  train.count = 2;
  train.input_dim = 2;
  train.domain = train.group = {0, 0};
  Items test = train;
  train.ids = {0, 0, 0, 1};
  train.item_bytes = {2, 3};
  test.count = 1;
  test.domain = test.group = {0};
  test.ids = {0, 2};
  test.item_bytes = {4};
  const auto found = baselines(description, train, test);
  CHECK(found[0].floor == doctest::Approx((std::log2(7.0 / 4) + std::log2(7.0)) / 4));
  CHECK(found[0].floor_kind == "unigram");
}

TEST_CASE("[tokens] a malformed file of ids is refused in one line") {
  const auto ids = counting(48, 300);
  const Array good = words(ids), table = words(thirds());
  const auto two = [](const Array& left, const Array& right) {
    return encode_safetensors({{"ids", left}, {"bytes", right}});
  };
  const std::vector<int32_t> wide(48, 1);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {encode_safetensors({{"ids", good}}), "a.safetensors: there is no tensor 'bytes'"},
      {encode_safetensors({{"ids", good}, {"bytes", table}, {"mask", good}}),
       "a.safetensors: has a tensor 'mask'; a file of ids holds 'ids' and 'bytes'"},
      {two(make_i32({48}, wide.data()), table), "a.safetensors: tensor 'ids' is to be U16"},
      {two({DType::u16, {6, 8}, good.bytes}, table), "a.safetensors: tensor 'ids' is to have one axis"},
      {two(good, make_i32({48}, wide.data())), "a.safetensors: tensor 'bytes' is to be U8 or U16"},
      {two(good, words({1})), "a.safetensors: tensor 'bytes' has 1 ids; a vocabulary has 2 to 65536"},
      {two(words({0, 1, 2, 3, 4, 300, 1, 1}), table), "a.safetensors: id 300 at place 5 is none of the 300 in 'bytes'"},
      {two(words({}), table), "a.safetensors: is empty"},
      {two(words({1, 2}), table), "a.safetensors: holds 2 ids, less than one window of 4"},
      {two(words({0, 3, 6, 9, 1, 1, 1, 1}), table),
       "a.safetensors: the window of 4 ids from place 0 stands for 0 bytes"},
      {"no safetensors", "a.safetensors"},
  };
  for (const auto& [bytes, expected] : cases) {
    const std::string message = refused(bytes);
    CAPTURE(expected);
    CAPTURE(message);
    CHECK(message.starts_with(expected));
    CHECK(message.find('\n') == std::string::npos);
  }
  auto other = thirds();
  other[1] = 9;
  const std::string message = refusal(
      {{"suite.yaml", kYaml}, {"a.safetensors", file_of(ids, thirds())}, {"b.safetensors", file_of(ids, other)}});
  CHECK(message == "b.safetensors: tensor 'bytes' is not that of a.safetensors; one suite has one vocabulary");
}

}  // namespace
}  // namespace loom::tokens_test
