// SPDX-License-Identifier: Apache-2.0
#include "harness/yaml.h"

#include <doctest/doctest.h>

#include <string>

#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom::yaml_test {
namespace {

struct Parsed {
  Node node;
  Diagnostics diagnostics;
};

Parsed parse(const std::string& text) {
  Parsed out;
  out.node = parse_yaml("t.yaml", text, out.diagnostics);
  return out;
}

bool refused(const std::string& text, const std::string& reason) {
  const std::string told = parse(text).diagnostics.text();
  return told.find(reason) != std::string::npos;
}

std::string repeat(const std::string& part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

TEST_CASE("[yaml] values keep their kind, order and text") {
  const Parsed parsed = parse("b: 1\na: [x, 'y', ~]\nc: {d: }\n");
  REQUIRE(parsed.diagnostics.empty());
  const Node& root = parsed.node;
  REQUIRE(root.kind == Node::Kind::map);
  CHECK(root.entries[0].key == "b");
  CHECK(root.find("b")->text == "1");
  CHECK_FALSE(root.find("b")->quoted);
  const Node& list = *root.find("a");
  REQUIRE(list.items.size() == 3);
  CHECK(list.items[1].quoted);
  CHECK(list.items[2].kind == Node::Kind::null);
  CHECK(root.find("c")->find("d")->kind == Node::Kind::null);
  CHECK(root.find("ghost") == nullptr);
}

TEST_CASE("[yaml] marks are 1-based and count characters, not bytes") {
  const Parsed parsed = parse("# ü\nname: 'größe'   # a quoted text of 5 characters\n  \nlist: [ä, bc]\n");
  REQUIRE(parsed.diagnostics.empty());
  const Node& name = *parsed.node.find("name");
  CHECK(name.mark.line == 2);
  CHECK(name.mark.column == 7);
  CHECK(name.mark.length == 5 + 2);
  const Node& second = parsed.node.find("list")->items[1];
  CHECK(second.mark.line == 4);
  CHECK(second.mark.column == 11);
  CHECK(second.mark.length == 2);
  CHECK(parsed.node.entries[1].mark.column == 1);
}

TEST_CASE("[yaml] a byte order mark and CRLF line ends are read over") {
  const Parsed parsed = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: x\r\n");
  REQUIRE(parsed.diagnostics.empty());
  CHECK(parsed.node.find("b")->text == "x");
  CHECK(parsed.node.find("b")->mark.column == 4);
}

TEST_CASE("[yaml] text that JSON writes is read") {
  const Parsed parsed = parse(R"({"a":[1,2.5e-3,null,true],"b":{"c":"x: y, \"z\""}})");
  REQUIRE(parsed.diagnostics.empty());
  CHECK(parsed.node.find("a")->items[1].text == "2.5e-3");
  CHECK(parsed.node.find("a")->items[2].kind == Node::Kind::null);
  CHECK(parsed.node.find("b")->find("c")->text == "x: y, \"z\"");
}

TEST_CASE("[yaml] one document with markers and trailing comments is one document") {
  CHECK(parse("---\na: 1\n...\n# end\n\n").diagnostics.empty());
  CHECK(parse("a: 1\n# end").diagnostics.empty());
  CHECK(refused("a: 1\n---\nb: 2\n", "t.yaml:2:1: error: a config is one document"));
  CHECK(refused(",", "t.yaml:1:1: error: unexpected text"));
}

TEST_CASE("[yaml] depth 32 is read, depth 33 is not, whatever the brackets") {
  CHECK(parse(repeat("[", 32) + repeat("]", 32)).diagnostics.empty());
  CHECK(refused(repeat("[", 33) + repeat("]", 33), "t.yaml:1:33: error: nested deeper than 32 levels"));
  for (const char* opening : {"[", "{a: ", "? ", "- ", "[{a: "}) {
    CAPTURE(opening);
    CHECK_FALSE(parse(repeat(opening, 100'000)).diagnostics.empty());
  }
}

TEST_CASE("[yaml] at most 20,000 values") {
  // The list itself and its items: 19,999 fit beside it.
  const auto list = [](int items) { return "[" + repeat("1,", items) + "]"; };
  CHECK(parse(list(19'999)).diagnostics.empty());
  CHECK(refused(list(20'000), "more than 20000 values"));
}

TEST_CASE("[yaml] at most 1 MiB, and 4 KiB a value") {
  const std::string comment = "a: 1\n#";
  CHECK(parse(comment + std::string((1 << 20) - comment.size(), 'x')).diagnostics.empty());
  CHECK(refused(comment + std::string((1 << 20) - comment.size() + 1, 'x'), "t.yaml: error: 1048577 bytes"));
  CHECK(parse("a: " + std::string(4096, 'x')).diagnostics.empty());
  CHECK(refused("a: " + std::string(4097, 'x'), "a value of 4097 bytes"));
  CHECK_FALSE(parse(std::string(4097, 'x') + ": 1").diagnostics.empty());
}

TEST_CASE("[yaml] one long line of many values is read in time linear in its length") {
  std::string text = "[";
  for (int i = 0; i < 15'000; ++i) text += "\"" + std::string(60, 'x') + "\",";
  const Parsed parsed = parse(text + "]");
  REQUIRE(parsed.diagnostics.empty());
  CHECK(parsed.node.items.back().mark.column == 2 + 14'999 * 63);
}

TEST_CASE("[yaml] every kind of broken text is refused before the parser sees it") {
  CHECK(refused(std::string("a: b\0c", 6), "t.yaml:1:5: error: NUL byte"));
  CHECK(refused("a: \x1b[0m", "t.yaml:1:4: error: control character"));
  CHECK(refused("a: \xC2\x85", "control character"));  // C1 next line
  CHECK(refused("a: \x7F", "control character"));
  CHECK(refused("a: 1\rb: 2\n", "control character"));     // lone carriage return
  CHECK(refused("a: \xC0\xAF", "invalid UTF-8"));          // overlong slash
  CHECK(refused("a: \xF4\x90\x80\x80", "invalid UTF-8"));  // beyond U+10FFFF
  CHECK(refused("a: \xE2\x82", "invalid UTF-8"));          // cut short
  CHECK(refused("a: 1 \xEF\xBB\xBF", "byte order mark"));
  CHECK(refused("\xFE\xFF\0a", "UTF-16"));
  CHECK(parse("a: \xF0\x9F\x98\x80 \xE2\x82\xAC").diagnostics.empty());
}

TEST_CASE("[yaml] escapes may not smuggle in what the text may not hold") {
  CHECK(refused(R"(a: "\x1b[0m")", "an escape in this text"));
  CHECK(refused(R"(a: "\u0000")", "an escape in this text"));
  CHECK(parse(R"(a: "tab\tline\nquote\" \u00fc")").diagnostics.empty());
}

TEST_CASE("[yaml] duplicate keys show both places, in every map") {
  const std::string told = parse("a: 1\nb: {c: 1, \"c\": 2}\na: 3\n").diagnostics.text();
  CHECK(told.find("t.yaml:2:11: error: the key 'c' is written twice") != std::string::npos);
  CHECK(told.find("t.yaml:2:5: note: the first is here") != std::string::npos);
  CHECK(told.find("t.yaml:3:1: error: the key 'a' is written twice") != std::string::npos);
  CHECK(parse("a: {c: 1}\nb: {c: 1}\n").diagnostics.empty());
}

TEST_CASE("[yaml] anchors, aliases, tags and merge keys are refused, quoted look-alikes are not") {
  CHECK(refused("a: &x 1", "anchors"));
  CHECK(refused("a: *x", "aliases"));
  CHECK(refused("a: ! x", "tags"));
  CHECK(refused("a: !!int 3", "tags"));
  CHECK(refused("a: !<tag:x> [1]", "tags"));
  CHECK(refused("<<: {a: 1}", "merge keys"));
  CHECK(parse("a: '&x'\nb: \"*x\"\nc: '!x'\nd: x & y * z !\n").diagnostics.empty());
}

TEST_CASE("[yaml] an alias bomb and a self reference end at once") {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + "]\n";
  }
  CHECK(refused(bomb, "aliases"));
  CHECK(parse(bomb).diagnostics.count() <= 20);
  CHECK(refused("a: &x [1, *x]", "anchors"));
}

TEST_CASE("[yaml] what yaml-cpp lets through silently is refused") {
  CHECK(refused("a: 'x\n", "t.yaml:1:4: error: this quote is never closed"));
  CHECK(refused("a: \"x\\\"\n", "this quote is never closed"));
  CHECK(refused("- a\n - b\n", "t.yaml:1:3: error: this plain text goes on in the next line"));
  CHECK(parse("a: 'it''s'\nb: \"q\\\"q\"\nc: |\n  two\n  lines\n").diagnostics.empty());
  CHECK(parse("a: \"two\n  lines\"\n").diagnostics.empty());
}

TEST_CASE("[yaml] an empty text is null without a mistake") {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n"}) {
    CAPTURE(text);
    const Parsed parsed = parse(text);
    CHECK(parsed.diagnostics.empty());
    CHECK(parsed.node.kind == Node::Kind::null);
  }
}

TEST_CASE("[yaml] numbers are finite decimals") {
  for (const char* text : {"0", "-0", "7", "+7", "64.0", "2e-3", ".5", "1.", "1E5", "-1.5e+2"}) {
    CAPTURE(text);
    CHECK(parse_number(text).has_value());
  }
  CHECK(*parse_number("1E5") == 100000);
  CHECK(*parse_number("+.5") == 0.5);
  for (const char* text : {"",    "-",     ".",  "e5",    "0777", "00", "-01.5", "0x10", "1_000", "1,5", ".nan",
                           "inf", "-.inf", "1e", "1e999", "1 ",   " 1", "1.2.3", "++1",  "1e+-2", "0b1", "١"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text).has_value());
  }
}

TEST_CASE("[yaml] number text reads back as the same number") {
  for (const double value : {0.0, 1.0, -3.0, 0.1, 2e-3, 1e12, 1.0 / 3, 5e-324, 1.7976931348623157e308}) {
    CHECK(*parse_number(number_text(value)) == value);
  }
  CHECK(number_text(64) == "64");
  CHECK(number_text(0.25) == "0.25");
}

TEST_CASE("[yaml] printable text has no control characters") {
  CHECK(printable("a\x1b[31m\n\tb\xFF ü") == "a?[31m?\tb? ü");
  CHECK(character_count("größe") == 5);
}

}  // namespace
}  // namespace loom::yaml_test
