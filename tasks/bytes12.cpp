// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "harness/error.h"
#include "harness/suite.h"
#include "tasks/sources/byte_blocks.h"
#include "tasks/sources/prepared.h"

namespace loom::suites {
namespace bytes12_detail {
namespace {

constexpr const char* kLicence =
    "by domain: public domain, MIT, BSD-3, GPL-3+, GFDL, CC0, CC BY 4.0; senders keep the rights to their emails";
constexpr const char* kSource = "Debian, PyPI and npm packages, as scripts/data lists them";

struct Domain {
  const char* name;
  double own = 0, pooled = 0;  // bits per byte of order-5 n-grams
  bool documents = false;  // a speech, a thread of mails, a manual page, a source file: many, and their ends are known
};
constexpr std::array kDomains = {
    Domain{"en_lit", 2.29, 2.46},       Domain{"en_sotu", 1.71, 1.86, true},  Domain{"en_email", 1.92, 2.00, true},
    Domain{"man_de", 1.50, 1.67, true}, Domain{"man_ja", 1.87, 1.93, true},   Domain{"man_zh", 2.26, 2.32, true},
    Domain{"c_sqlite", 1.92, 2.14},     Domain{"py_sympy", 2.73, 2.94, true}, Domain{"js_three", 3.30, 3.62, true},
    Domain{"metamath", 3.06, 3.41},     Domain{"dna_ecoli", 1.95, 1.95},      Domain{"protein", 4.40, 4.56}};

constexpr std::array kNear = {"en_kjv", "en_brown", "iset_mm", "man_es", "hol_light"};
constexpr std::array kFar = {"man_ru",         "lisp_sbcl", "svg_mdi", "wordnet",
                             "krn_palestrina", "help_ko",   "help_sv", "help_uk"};

std::vector<Domain> held_out(const std::string& test) {
  std::vector<Domain> domains;
  const auto add = [&](const auto& names) {
    for (const char* name : names) domains.push_back({.name = name});
  };
  if (test == "near") add(kNear);
  if (test == "far") add(kFar);
  return domains;
}

sources::ByteBlocks open(const Domain& domain, bool by_document = false) {
  const std::string name = domain.name;
  const auto folder = sources::prepared(name, "bytes12");
  const auto bytes = folder / (name + ".bytes"), documents = folder / (name + ".documents");
  if (!by_document || !domain.documents) return sources::ByteBlocks(bytes);
  if (!std::filesystem::exists(documents))
    throw EnvironmentError("suite 'bytes12': " + name +
                           " was prepared without its documents; prepare it again with: scripts/data bytes12");
  return {bytes, documents};
}

// Groups of the train side come first, so that it is the same to the byte whatever the test.
Suite load(const Json& options) {
  const auto test = options.at("test").get<std::string>();
  const bool by_document = options.value("split", "blocks") == "documents";  // results from before it was an option
  Items train_side = sources::empty_windows(options.at("window")), in_test = train_side;
  Suite::Description facts;
  int32_t domain = 0, group = 0;
  for (const Domain& trained : kDomains) {
    group = open(trained, by_document).append_train(options.at("train_kib"), {domain++, group}, train_side);
    facts.domains.emplace_back(trained.name);
  }
  const std::vector<Domain> unseen = held_out(test);
  domain = unseen.empty() ? 0 : domain;
  for (const Domain& tested : unseen.empty() ? std::vector<Domain>(kDomains.begin(), kDomains.end()) : unseen)
    group = open(tested, by_document).append_test(options.at("test_kib"), {domain++, group}, in_test);
  if (test == "spliced") in_test = sources::splice(in_test, domain);
  for (const Domain& added : unseen) facts.domains.emplace_back(added.name);
  facts.held_out = std::ssize(unseen);
  facts.name = "bytes12";
  facts.metric = "bits_per_byte";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary =
      std::string("bytes of twelve domains") + (by_document ? ", split by document" : "") + "; test: " + test;
  facts.shares = {0.95, 0.02, 0.02, 0.01};  // of a megabyte 2 % are enough to choose by, and validation is charged
  return {std::move(facts), std::move(train_side), std::move(in_test)};
}

SuiteCard card() {
  SuiteCard card = {.metric = "bits_per_byte", .licence = kLicence, .source = kSource};
  const char* measured = "measured for this suite; 1 MB a domain to train, blocks of 16 KiB";
  for (const Domain& domain : kDomains) {
    card.domains.emplace_back(domain.name);
    card.published.push_back({domain.name, domain.own, "order-5 Witten-Bell n-gram, own domain", measured});
    card.published.push_back({domain.name, domain.pooled, "order-5 Witten-Bell n-gram, one for 20 domains", measured});
  }
  for (auto& figure : card.published) figure.options = {{"test", "own"}, {"split", "blocks"}, {"train_kib", 1024}};
  card.data = card.domains;
  return card;
}

Field number(const char* name, int64_t fallback, double min, double max, const char* doc) {
  return {.name = name, .fallback = fallback, .min = min, .max = max, .doc = doc};
}

}  // namespace
}  // namespace bytes12_detail

SuiteSource bytes12() {
  using namespace bytes12_detail;
  return {
      .facts = {.kind = "suite",
                .name = "bytes12",
                .summary = "twelve byte domains: English, manuals in three languages, code, proofs, DNA, protein",
                .inputs = {"tokens"},
                .fields = {{.name = "test",
                            .type = FieldType::choice,
                            .fallback = "own",
                            .choices = {"own", "near", "far", "spliced"},
                            .doc = "own: the twelve; near, far: domains that nobody trained on; spliced: the second "
                                   "half of each window is of another domain"},
                           {.name = "split",
                            .type = FieldType::choice,
                            .fallback = "documents",
                            .choices = {"documents", "blocks"},
                            .doc = "every tenth is the test's: of speeches, threads of mails, manual pages and source "
                                   "files where there are many, else of blocks of 16 KiB; blocks: everywhere"},
                           number("train_kib", 1024, 64, 3072,
                                  "KiB a domain on the train side, a multiple of 16; 95 in 100 train"),
                           number("test_kib", 16, 1, 256, "KiB a domain in the test, in pieces of 1 KiB"),
                           number("window", 128, 16, 1024, "bytes of an item")}},
      .load = load,
      .card = card()};
}

}  // namespace loom::suites
