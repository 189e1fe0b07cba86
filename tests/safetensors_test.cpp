// SPDX-License-Identifier: Apache-2.0
#include "harness/safetensors.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/json.h"
#include "harness/random.h"

namespace loom {
namespace safetensors_test {
namespace {

std::string little_endian(uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string file_of(const std::string& header, const std::string& data) {
  return little_endian(header.size()) + header + data;
}

std::string header_of(const std::string& bytes) {
  return bytes.substr(
      8, static_cast<unsigned char>(bytes[0]) + 256 * static_cast<size_t>(static_cast<unsigned char>(bytes[1])));
}

Arrays decode(const std::string& bytes) { return decode_safetensors(bytes, "weights"); }

template <class T>
Array array_of(DType type, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {type, std::move(shape), std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T))};
}

Arrays sample() {
  return {{"bias", array_of<double>(DType::f64, {1}, {0.1})},
          {"half", array_of<uint16_t>(DType::f16, {3}, {0x3c00, 0xc000, 0x0001})},
          {"index", array_of<int64_t>(DType::i64, {2, 1}, {-1, int64_t{1} << 40})},
          {"label", array_of<uint8_t>(DType::u8, {5}, {0, 1, 2, 254, 255})},
          {"none", array_of<float>(DType::f32, {0, 4}, {})},
          {"scalar", array_of<int32_t>(DType::i32, {}, {-7})},
          {"short", array_of<uint16_t>(DType::u16, {1}, {65535})},
          {"weight", array_of<float>(DType::f32, {2, 3}, {1, 2, 3, -4, 5e-40f, HUGE_VALF})}};
}

bool equal(const Array& a, const Array& b) { return a.type == b.type && a.shape == b.shape && a.bytes == b.bytes; }

TEST_CASE("[safetensors] every type, an empty array and a scalar come back with their bits") {
  const std::map<std::string, std::string> metadata = {{"format", "pt"}, {"note", "x\"y\xc3\xa9"}};
  std::map<std::string, std::string> found = {{"old", "gone"}};
  const Arrays back = decode_safetensors(encode_safetensors(sample(), metadata), "weights", &found);
  CHECK(found == metadata);
  REQUIRE(back.size() == sample().size());
  for (const auto& [name, array] : sample()) {
    CAPTURE(name);
    REQUIRE(back.contains(name));
    CHECK(equal(back.at(name), array));
  }
  CHECK(decode(encode_safetensors({})).empty());
}

TEST_CASE("[safetensors] a file laid out by hand as the format says is read") {
  // What the Python package writes for {"a": int32 [1, 2], "b": uint8 [9]} with metadata {"k": "v"}.
  const std::string header = R"({"__metadata__":{"k":"v"},"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  const std::string data = std::string("\1\0\0\0\2\0\0\0\11", 9);
  std::map<std::string, std::string> metadata;
  const Arrays arrays = decode_safetensors(file_of(header + "   ", data), "weights", &metadata);
  CHECK(as_i32(arrays.at("a")) == std::vector<int32_t>{1, 2});
  CHECK(as_i32(arrays.at("b")) == std::vector<int32_t>{9});
  CHECK(metadata == std::map<std::string, std::string>{{"k", "v"}});
}

TEST_CASE("[safetensors] what is written has its data at a multiple of 8 and each array at one of its size") {
  for (size_t length = 1; length < 20; ++length) {
    Arrays arrays = sample();
    arrays[std::string(length, 'n')] = array_of<uint8_t>(DType::u8, {1}, {1});
    const std::string bytes = encode_safetensors(arrays);
    const std::string header = header_of(bytes);
    CHECK(header.size() % 8 == 0);
    CHECK(header.find_last_not_of(' ') == header.rfind('}'));
    const Json entries = parse_json(header, "header");
    for (const auto& [name, entry] : entries.items()) {
      CHECK(entry["data_offsets"][0].get<int64_t>() % size_bytes(arrays.at(name).type) == 0);
    }
  }
}

TEST_CASE("[safetensors] equal arrays give equal bytes") {
  CHECK(encode_safetensors(sample(), {{"b", "1"}, {"a", "2"}}) ==
        encode_safetensors(sample(), {{"a", "2"}, {"b", "1"}}));
  CHECK(encode_safetensors(sample()) != encode_safetensors(sample(), {{"a", "2"}}));
}

TEST_CASE("[safetensors] each cut and each added byte is refused") {
  const std::string bytes = encode_safetensors(sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_WITH_AS(decode(bytes.substr(0, size)), doctest::Contains("weights: not valid"), InputError);
  }
  CHECK_THROWS_AS(decode(bytes + '\0'), InputError);
}

TEST_CASE("[safetensors] a header length beyond the file or beyond 1 MiB is refused") {
  for (const uint64_t size :
       {uint64_t{3}, uint64_t{1} << 20, (uint64_t{1} << 20) + 1, uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{7}}) {
    CHECK_THROWS_AS(decode(little_endian(size) + "{}"), InputError);
  }
  const size_t limit = size_t{1} << 20;
  CHECK(decode(file_of("{}" + std::string(limit - 2, ' '), "")).empty());
  CHECK_THROWS_AS(decode(file_of("{}" + std::string(limit - 1, ' '), "")), InputError);
}

TEST_CASE("[safetensors] headers that break a rule of the format are refused") {
  const auto tensor = [](const std::string& shape, const std::string& offsets, const std::string& type = "\"U8\"") {
    return "{\"dtype\":" + type + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
  };
  const std::string good = tensor("[4]", "[0,4]");
  CHECK_NOTHROW(decode(file_of("{\"a\":" + good + "}", "1234")));
  const std::vector<std::string> bad = {
      "",
      " {\"a\":" + good + "}",
      "[]",
      "{\"a\":" + good + "}x",
      "{\"a\":" + good + ",\"a\":" + good + "}",                                      // twice the same name
      "{\"a\":" + tensor("[3]", "[0,3]") + ",\"b\":" + tensor("[2]", "[2,4]") + "}",  // overlap
      "{\"a\":" + tensor("[4]", "[0,4]") + ",\"b\":" + tensor("[4]", "[0,4]") + "}",  // twice the same bytes
      "{\"a\":" + tensor("[1]", "[0,1]") + ",\"b\":" + tensor("[2]", "[2,4]") + "}",  // gap
      "{\"a\":" + tensor("[3]", "[1,4]") + "}",                                       // gap at the start
      "{\"a\":" + tensor("[3]", "[0,3]") + "}",                                       // gap at the end
      "{\"a\":" + tensor("[5]", "[0,5]") + "}",                                       // beyond the end
      "{\"a\":" + tensor("[3]", "[0,4]") + "}",                                       // wrong length
      "{\"a\":" + tensor("[1]", "[0,4]", "\"F16\"") + "}",
      "{\"a\":" + tensor("[2]", "[0,4]", "\"F32\"") + "}",
      "{\"a\":" + tensor("[2]", "[4,0]") + "}",
      "{\"a\":" + tensor("[-4]", "[0,4]") + "}",
      "{\"a\":" + tensor("[-2,-2]", "[0,4]") + "}",
      "{\"a\":" + tensor("[4.0]", "[0,4]") + "}",
      "{\"a\":" + tensor("4", "[0,4]") + "}",
      "{\"a\":" + tensor("[\"4\"]", "[0,4]") + "}",
      "{\"a\":" + tensor("[4]", "[0,4,4]") + "}",
      "{\"a\":" + tensor("[4]", "[0]") + "}",
      "{\"a\":" + tensor("[4]", "[-4,0]") + "}",
      "{\"a\":" + tensor("[4]", "[18446744073709551612,18446744073709551616]") + "}",
      "{\"a\":" + tensor("[20,922337203685477581]", "[0,4]") + "}",  // 2^64 + 4
      "{\"a\":" + tensor("[9223372036854775808,2]", "[0,0]") + "}",
      "{\"a\":" + tensor("[2]", "[0,4]", "\"BF16\"") + "}",
      "{\"a\":" + tensor("[4]", "[0,4]", "\"u8\"") + "}",
      "{\"a\":" + tensor("[4]", "[0,4]", "1") + "}",
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}",
      "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"more\":1}}",
      "{\"a\":[]}",
      "{\"a\":" + good + ",\"__metadata__\":[]}",
      "{\"a\":" + good + ",\"__metadata__\":{\"k\":1}}",
      "{\"a\xff\":" + good + "}"};
  for (const std::string& header : bad) {
    CAPTURE(header);
    CHECK_THROWS_WITH_AS(decode(file_of(header, "1234")), doctest::Contains("weights: "), InputError);
  }
}

TEST_CASE("[safetensors] 10,000 tensors are read, one more is refused") {
  const auto header = [](int count) {
    std::ostringstream text;
    text << "{\"__metadata__\":{}";
    for (int i = 0; i < count; ++i) text << ",\"" << i << "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    return text.str() + "}";
  };
  CHECK(decode(file_of(header(10'000), "")).size() == 10'000);
  CHECK_THROWS_AS(decode(file_of(header(10'001), "")), InputError);
}

// Runs in a child that may take 64 MiB more than it has: what asks for more ends it with bad_alloc.
template <class Body>
bool ends_well_in_64_mib(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    const std::string statm = read_file("/proc/self/statm");  // size resident shared text lib data dirty, in pages
    std::istringstream fields(statm);
    rlim_t pages = 0;
    for (int i = 0; i < 6; ++i) fields >> pages;
    const rlim_t limit_bytes = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{64} << 20);
    const rlimit limit{limit_bytes, limit_bytes};
    if (::setrlimit(RLIMIT_DATA, &limit) != 0) ::_exit(2);
#endif
    try {
      body();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

TEST_CASE("[safetensors] flipped header bits never crash, never take 64 MiB and never change a shape unseen") {
  const std::string good = encode_safetensors(sample(), {{"k", "v"}});
  const size_t header_bytes = 8 + header_of(good).size();
  CHECK(ends_well_in_64_mib([&] {
    Stream stream(1, "flips");
    for (int i = 0; i < 1000; ++i) {
      std::string bad = good;
      const size_t flips = 1 + stream.below(3);
      for (size_t flip = 0; flip < flips; ++flip) {
        const size_t at = stream.below(header_bytes);
        bad[at] = static_cast<char>(bad[at] ^ (1 << stream.below(8)));
      }
      try {
        for (const auto& [name, array] : decode(bad)) {
          check(array.count() * size_bytes(array.type) == static_cast<int64_t>(array.bytes.size()), "shape and bytes");
        }
      } catch (const InputError&) {
      }
    }
  }));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK_FALSE(
      ends_well_in_64_mib([] { check(std::string(size_t{128} << 20, 'x').front() == 'x', "the limit holds"); }));
#endif
}

TEST_CASE("[safetensors] a full header of the worst JSON stays within 64 MiB") {
  const size_t limit = size_t{1} << 20;
  for (const std::string unit : {"[],", "{},", "[[", "0,", "{\"\":0},", "\"\","}) {
    std::string header = "{\"a\":[";
    while (header.size() + unit.size() < limit) header += unit;
    const std::string bytes = file_of(header, "");
    const auto refused = [&] {
      try {
        decode(bytes);
      } catch (const InputError&) {
        return;
      }
      fail("accepted");
    };
    CHECK(ends_well_in_64_mib(refused));
  }
}

TEST_CASE("[safetensors] an array whose bytes do not fit its shape is our mistake, not written") {
  CHECK_THROWS_AS(encode_safetensors({{"a", {DType::f32, {2}, "1234"}}}), std::logic_error);
  CHECK_THROWS_AS(encode_safetensors({{"a", {DType::f32, {-1}, ""}}}), std::logic_error);
  CHECK_THROWS_AS(encode_safetensors({{"__metadata__", {DType::u8, {1}, "1"}}}), std::logic_error);
  CHECK_THROWS_AS(as_f32({DType::f32, {2}, "1234"}), std::logic_error);
}

}  // namespace
}  // namespace safetensors_test
}  // namespace loom
