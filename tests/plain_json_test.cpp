// SPDX-License-Identifier: Apache-2.0
#include "harness/plain_json.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/random.h"

namespace loom::plain_json_test {
namespace {

using Sink = nlohmann::detail::json_sax_dom_parser<Json>;

// nlohmann's own value builder behind the virtual interface.
class Dom : public nlohmann::json_sax<Json> {
 public:
  Json root;
  bool null() override { return sink_.null(); }
  bool boolean(bool value) override { return sink_.boolean(value); }
  bool number_integer(number_integer_t value) override { return sink_.number_integer(value); }
  bool number_unsigned(number_unsigned_t value) override { return sink_.number_unsigned(value); }
  bool number_float(number_float_t value, const string_t& text) override { return sink_.number_float(value, text); }
  bool string(string_t& value) override { return sink_.string(value); }
  bool binary(binary_t& value) override { return sink_.binary(value); }
  bool start_object(size_t size) override { return sink_.start_object(size); }
  bool start_array(size_t size) override { return sink_.start_array(size); }
  bool end_object() override { return sink_.end_object(); }
  bool end_array() override { return sink_.end_array(); }
  bool key(string_t& name) override { return sink_.key(name); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  Sink sink_{root, false};
};

bool plain(const std::string& text) {
  Dom dom;
  return read_plain_json(text, dom);
}

// Accepted, and the same value of the same kinds as nlohmann's.
bool agrees(const std::string& text) {
  Dom dom;
  if (!read_plain_json(text, dom)) return false;
  const Json expected = Json::parse(text);
  return dom.root == expected && dom.root.dump() == expected.dump() && dom.root.type() == expected.type();
}

TEST_CASE("[plain json] what is plain is read as nlohmann reads it") {
  for (const char* text : {"{}",
                           "[]",
                           " [ ] ",
                           "0",
                           "-0",
                           "-0.0",
                           "7",
                           "-7",
                           "1e3",
                           "1E-3",
                           "2.50",
                           "5e-324",
                           "1.7976931348623157e308",
                           "123456789012345678",
                           "-123456789012345678",
                           "true",
                           "false",
                           "null",
                           R"("")",
                           R"("~ !#")",
                           "\t[1 ,2\r\n]\n",
                           R"({"a":{"b":[1,-2,2.5,"x",true,null]},"c":[[],{}]})",
                           R"( { "a" : 1 , "b" : [ 1 , { "c" : "d" } ] } )"})
    CHECK_MESSAGE(agrees(text), text);
  CHECK(Json::parse("7").is_number_unsigned());
  Stream stream(1, "numbers");
  for (int i = 0; i < 2000; ++i) CHECK(agrees(Json(stream.normal() * std::pow(10, i % 600 - 300)).dump()));
}

TEST_CASE("[plain json] whatever nlohmann refuses is not plain, nor what it reads otherwise") {
  const std::string seed = R"({"a": [1, -2.5e3, "xy", true, null, 10], "b": {"c": 0}} )";
  Stream stream(2, "mutations");
  const std::string bytes = "{}[],:\"\\ \n0123456789.-+eEtrufalsn\x01\x7f\x80\xff";
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = seed;
    for (uint64_t change = stream.below(3) + 1; change > 0; --change) {
      const size_t place = stream.below(text.size());
      const char byte = bytes[stream.below(bytes.size())];
      if (stream.below(3) == 0)
        text.erase(place, 1);
      else if (stream.below(2) == 0)
        text.insert(place, 1, byte);
      else
        text[place] = byte;
    }
    if (!plain(text)) continue;
    ++accepted;
    CHECK_MESSAGE((Json::accept(text) && agrees(text)), text);
  }
  CHECK(accepted > 1000);
}

TEST_CASE("[plain json] what needs the general reader is left to it") {
  for (const char* text : {"",
                           " ",
                           "[1",
                           "[1,]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{,}",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "--1",
                           "1 2",
                           "nul",
                           "nan",
                           R"("a\n")",
                           R"("a\"b")",
                           "\"\xc3\xa9\"",
                           "\"\t\"",
                           "\xef\xbb\xbf[]",
                           "1e999",
                           "1234567890123456789",
                           "\"abc"})
    CHECK_MESSAGE(!plain(text), text);
}

}  // namespace
}  // namespace loom::plain_json_test
