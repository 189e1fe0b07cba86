// SPDX-License-Identifier: Apache-2.0
#include "harness/json.h"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/error.h"
#include "harness/random.h"

namespace loom {
namespace json_test {
namespace {

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string complaint(std::string_view text) {
  try {
    parse_json(text, "a.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("[json] every kind of value is read") {
  const Json value = parse_json(R"( {"a": [1, -2, 2.5, "x\u00e9", true, null], "b": {}} )", "a.json");
  const Json expected = {{"a", {1, -2, 2.5, "x\xc3\xa9", true, nullptr}}, {"b", Json::object()}};
  CHECK(value == expected);
  CHECK(parse_json("7", "a.json").is_number_unsigned());
  CHECK(parse_json("-7", "a.json").is_number_integer());
}

TEST_CASE("[json] 64 levels are read, 65 and a million are refused") {
  CHECK_NOTHROW(parse_json(nested(64), "a.json"));
  CHECK_THROWS_AS(parse_json(nested(65), "a.json"), InputError);
  CHECK_THROWS_AS(parse_json(std::string(1'000'000, '['), "a.json"), InputError);
  CHECK_NOTHROW(parse_json("[" + nested(63) + "," + nested(63) + "]", "a.json"));
}

TEST_CASE("[json] a duplicate key is refused at any level, equal keys of different objects are not") {
  CHECK(complaint(R"({"a": 1, "b": 2, "a": 3})").find("duplicate key 'a'") != std::string::npos);
  CHECK(complaint(R"([{"x": {"k": [], "k": {}}}])").find("duplicate key 'k'") != std::string::npos);
  CHECK(complaint(R"({"a": 1, "\u0061": 2})").find("duplicate key 'a'") != std::string::npos);
  CHECK(complaint(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]})") == "");
}

TEST_CASE("[json] what is not exactly one JSON value is refused") {
  for (const char* text :
       {"",         " ",      "{",       "[1,]",      "{\"a\":1,}", "1 2", "{} x",        "NaN",      "[Infinity]",
        "1e999",    "'a'",    "// c\n1", "/* c */ 1", "01",         "+1",  "\"\\ud800\"", "\"\xff\"", "\"\xc0\xaf\"",
        "\"\x01\"", "{1: 2}", "tru",     "{\"a\" 1}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_json(text, "a.json"), InputError);
  }
  CHECK_THROWS_AS(parse_json(std::string_view("1\0", 2), "a.json"), InputError);
  CHECK_THROWS_AS(parse_json(std::string_view("{}\0garbage", 10), "a.json"), InputError);
}

TEST_CASE("[json] a complaint names the source in one short printable line") {
  for (const std::string& text : {std::string("\xff\xfe\x01"), "{\"" + std::string(5000, 'k') + "\": x}",
                                  "\"" + std::string(100'000, 'v'), std::string("[1,\n\n2,]")}) {
    const std::string line = complaint(text);
    CHECK(line.starts_with("a.json: "));
    CHECK(line.size() < 200);
    for (const char c : line) CHECK((c >= ' ' && c <= '~'));
  }
  CHECK(complaint("[1,\n\n2,]").find("line 3") != std::string::npos);
}

TEST_CASE("[json] canonical text has sorted keys and no spaces") {
  CHECK(canonical({{"b", 1}, {"a", {1.5, nullptr, "\n"}}, {"A", {{"z", -0.0}}}}) ==
        R"({"A":{"z":-0.0},"a":[1.5,null,"\n"],"b":1})");
  CHECK(canonical(parse_json(R"({"b" : 1, "a" : 2})", "a")) == canonical(parse_json(R"({"a":2,"b":1})", "b")));
}

TEST_CASE("[json] canonical numbers read back to the same bits") {
  Stream stream(1, "json");
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(stream.next());
    if (!std::isfinite(value)) continue;
    const auto back = parse_json(canonical(value), "x").get<double>();
    REQUIRE(std::bit_cast<uint64_t>(back) == std::bit_cast<uint64_t>(value));
  }
  CHECK(canonical(std::numeric_limits<uint64_t>::max()) == "18446744073709551615");
  CHECK(canonical(0.1) == "0.1");
}

TEST_CASE("[json] values that are passed over are null, and all else is as if they were there") {
  const std::array<std::string_view, 2> unread = {"b", "d"};
  const auto partly = [&](std::string_view text) { return parse_json(text, "a.json", unread); };
  const char* text = R"({"a": {"b": 1, "x": [2, {}]}, "b": {"b": [[], {"a": 1}], "y": "s"}, "c": [{"d": 3}], "d": 4})";
  Json expected = parse_json(text, "a.json");
  expected["b"] = expected["d"] = nullptr;
  CHECK(partly(text) == expected);
  CHECK(partly(R"([{"b": 1}])") == Json::array({{{"b", 1}}}));  // only the outermost keys
  for (const char* wrong : {R"({"b": [1})", R"({"b": 1, "b": 2})", R"({"b": [1], "b": 2})", R"({"b": tru})"})
    CHECK_THROWS_AS(partly(wrong), InputError);
  const auto deep = [](int levels) { return R"({"b": )" + std::string(levels, '[') + std::string(levels, ']') + "}"; };
  CHECK_NOTHROW(partly(deep(63)));
  CHECK_THROWS_AS(partly(deep(64)), InputError);
}

TEST_CASE("[json] canonical refuses what JSON cannot say instead of writing null") {
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    CHECK_THROWS_AS(canonical(value), std::logic_error);
    CHECK_THROWS_WITH_AS(canonical({{"a", {1.0, value}}}), doctest::Contains("$/a/1: non-finite"), std::logic_error);
  }
  CHECK_THROWS_AS(canonical("\xff"), InputError);
  CHECK_THROWS_AS(canonical({{"a\xc3", 1}}), InputError);
  CHECK_THROWS_AS(canonical(Json::binary({1, 2})), std::logic_error);
}

TEST_CASE("[json] what canonical writes is never too deep to be read") {
  Json value = 1;
  for (int i = 0; i < 64; ++i) value = Json::array({value});
  CHECK(parse_json(canonical(value), "x") == value);
  CHECK_THROWS_AS(canonical(Json::array({value})), std::logic_error);
}

}  // namespace
}  // namespace json_test
}  // namespace loom
