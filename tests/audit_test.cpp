// SPDX-License-Identifier: Apache-2.0
#include "harness/audit.h"

#include <doctest/doctest.h>

#include "harness/cli/normalised.h"
#include "harness/cli/suite_listing.h"
#include "harness/error.h"
#include "harness/io.h"
#include "tasks/all.h"
#include "tasks/sources/data_root.h"
#include "tests/suite_files.h"
#include "tests/support/result_fixture.h"

namespace loom::audit_test {
namespace {

using testing::ScratchFolder;

const SuiteSource& source(const std::vector<SuiteSource>& all, const std::string& name) {
  for (const SuiteSource& one : all)
    if (one.facts.name == name) return one;
  throw InputError("no suite " + name);
}

TEST_CASE("[audit] the committed cards say what an audit of the embedded data says, to the byte") {
  const auto all = all_suites();
  for (const char* name : {"digits4", "bytes9"}) {
    CAPTURE(name);
    const SuiteSource& one = source(all, name);
    const Json component = {{"name", name}};
    const Suite suite = one.load(component);
    const auto file = card_file(data_root() / "cards", component, one.facts, suite.digest());
    CHECK(read_file(file) == card_text(audit(suite, component, one.card->published)));
    CHECK(one.card->domains == suite.description().domains);
    CHECK(one.card->licence == suite.description().licence);
    CHECK(one.card->source == suite.description().source);
    CHECK(one.card->metric == suite.description().metric);
  }
}

TEST_CASE("[audit] digits4's nearest neighbour is within two items of the published one, equal in every view") {
  const auto card = read_card(data_root() / "cards" / "digits4.json");
  REQUIRE(card);
  for (const Json& domain : card->at("domains")) {
    CHECK(domain.at("baseline").get<double>() == doctest::Approx(0.98).epsilon(2.0 / 1797));
    CHECK(domain.at("baseline") == card->at("domains")[0].at("baseline"));  // the views keep distances
    // Likewise correlations; hashing finds 998 of 1000 pairs at the threshold.
    for (const char* key : {"test_same_domain", "train_same_domain"})
      CHECK(domain.at("near_duplicates").at(key).get<double>() ==
            doctest::Approx(card->at("domains")[0].at("near_duplicates").at(key).get<double>()).epsilon(0.05));
  }
}

TEST_CASE("[audit] a card is found by the digest of the data, and its absence names the command") {
  const ScratchFolder scratch;
  const Facts facts = {.kind = "suite", .name = "made", .fields = {{.name = "size", .fallback = 3}}};
  const Json usual = {{"name", "made"}, {"size", 3}}, other = {{"name", "made"}, {"size", 4}};
  const std::string digest(64, 'a'), second(64, 'b');
  CHECK(card_file(scratch.path(), usual, facts, digest) == scratch.path() / "made.json");
  CHECK(card_file(scratch.path(), other, facts, second) == scratch.path() / "made-bbbbbbbb.json");
  const Json folder = {{"name", "folder"}, {"path", scratch.path().string()}};
  CHECK(card_file(scratch.path(), folder, facts, digest) == scratch.path() / "card.json");
  Json card = {{"format", 1}, {"suite", "made"}, {"digest", digest},           {"metric", "accuracy"},
               {"sizes", {}}, {"domains", {}},   {"published", Json::array()}, {"duplicates", {}}};
  write_file_atomic(scratch.path() / "made.json", card.dump());
  card["digest"] = second;
  write_file_atomic(scratch.path() / "made-bbbbbbbb.json", card.dump());
  CHECK(find_card(scratch.path(), usual, digest).at("digest") == digest);
  CHECK(find_card(scratch.path(), other, second).at("digest") == second);
  CHECK_THROWS_WITH_AS(find_card(scratch.path(), {{"name", "made"}}, std::string(64, 'c')),
                       "suite 'made' has no card of these data (the one stored is of others), so its floors are not "
                       "known; make it with: loom audit made --write",
                       InputError);
  write_file_atomic(scratch.path() / "made.json", "{}");
  CHECK_THROWS_AS(read_card(scratch.path() / "made.json"), InputError);
  CHECK_FALSE(read_card(scratch.path() / "none.json"));
}

TEST_CASE("[audit] a folder of one's own is audited, with its duplicates") {
  const suite_files::Folder folder({{"suite.yaml", suite_files::kTable},
                                    {"a.csv", "x,y,where\n1,no,east\n2,yes,east\n3,no,east\n4,yes,east\n5,no,east\n"},
                                    {"b.csv", "x,y,where\n4,no,east\n9,no,east\n1,yes,east\n"}});
  const Json card = audit(folder.load(), {{"name", "folder"}, {"path", "x"}}, {});
  const Json& east = card.at("domains")[0];
  CHECK(east.at("floor").get<double>() == doctest::Approx(2.0 / 3).epsilon(1e-5));     // "no"
  CHECK(east.at("baseline").get<double>() == doctest::Approx(1.0 / 3).epsilon(1e-5));  // 9, by 5
  CHECK(east.at("exact_duplicates").at("test_same_domain") == 2);
  CHECK(east.at("near_duplicates").is_null());
  CHECK(audit_text(card).find("2 test") != std::string::npos);
}

TEST_CASE("[audit] suites are listed without reading their data, and missing data name their command") {
  SuiteSource made;
  made.facts.kind = "suite";
  made.facts.name = "made_of_nothing";
  made.load = [](const Json&) -> Suite { throw InputError("it was read"); };
  made.card = SuiteCard{.metric = "accuracy",
                        .licence = "CC0",
                        .source = "here",
                        .domains = {"a", "b"},
                        .data = {"no_such_data_set"},
                        .published = {{.domain = "a", .score = 0.5, .what = "w", .source = "s"}}};
  const Json one = describe_suite(made);
  CHECK(one.at("here") == false);
  CHECK(one.at("reason") == "data not here: scripts/data made_of_nothing");
  CHECK(one.at("domains") == Json({"a", "b"}));
  CHECK(one.at("published")[0].at("score") == 0.5);
  CHECK(suite_page(one).find("scripts/data made_of_nothing") != std::string::npos);
  made.card->data.clear();
  CHECK(describe_suite(made).at("here") == true);
  const Json digits = describe_suite(source(all_suites(), "digits4"));
  CHECK(digits.at("card") == true);
  CHECK(digits.at("floors").size() == 4);
  CHECK(digits.at("baselines")[0].at("by") == "1-nn");
}

ComparedBlock block(bool higher, std::vector<double> scores) {
  ComparedBlock out;
  out.suite = "made";
  out.column = "serving";
  out.metric = higher ? "accuracy" : "bits_per_byte";
  out.higher_is_better = higher;
  out.domains = {"a", "b"};
  ComparedRow row;
  row.plan.arm = "dense";
  row.plan.role = "arm";
  row.seeds = 2;
  row.score = (scores[0] + scores[1]) / 2;
  row.domain = std::move(scores);
  out.rows = {row, ComparedRow{}};  // the second has no score
  return out;
}

Json card_of(const std::vector<double>& floor, const Json& baseline, const Json& published) {
  Json domains = Json::array();
  for (size_t d = 0; d < 2; ++d)
    domains.push_back({{"name", d == 0 ? "a" : "b"}, {"floor", floor[d]}, {"baseline", baseline[d]}});
  return {{"domains", domains}, {"published", published}};
}

NormalisedBlock one(const ComparedBlock& compared, const std::string& reference, const Json& card) {
  const auto out = normalise(std::span(&compared, 1), reference, [&](const std::string&) { return card; });
  REQUIRE(out.size() == 1);
  REQUIRE(out[0].rows.size() == 1);
  return out[0];
}

TEST_CASE("[audit] a normalised score is 0 at the floor and 1 at the reference, in either direction") {
  const Json published = {{{"domain", "a"}, {"score", 0.8}}, {{"domain", "a"}, {"score", 0.9}}};
  const Json card = card_of({0.1, 0.5}, {0.5, 0.75}, published);
  const ComparedBlock up = block(true, {0.3, 1.0});
  NormalisedRow row = one(up, "baseline", card).rows[0];
  CHECK(row.domain[0] == doctest::Approx((0.3 - 0.1) / (0.5 - 0.1)));
  CHECK(row.domain[1] == doctest::Approx(2));
  CHECK(row.mean == doctest::Approx(1.25));
  CHECK(row.worst == doctest::Approx(0.5));
  CHECK(one(up, "floor", card).rows[0].mean == doctest::Approx((0.2 / 0.9 + 1) / 2));
  row = one(up, "published", card).rows[0];
  CHECK(row.mean == doctest::Approx(0.2 / 0.8));  // the better of two figures; b has none
  CHECK(std::isnan(row.domain[1]));
  CHECK(one(up, "published", card).left_out == std::vector<std::string>{"b: no published figure"});
  const Json bits = card_of({5, 4}, {3, 2}, Json::array());
  CHECK(one(block(false, {4, 3}), "baseline", bits).rows[0].mean == doctest::Approx(0.5));
  CHECK(one(block(false, {4, 3}), "floor", bits).rows[0].mean == doctest::Approx((0.2 + 0.25) / 2));
}

TEST_CASE("[audit] figures of another metric, of other options and of no model are not normalised by") {
  const Json published = {{{"domain", "a"}, {"score", 0.7}, {"options", {{"size", "full"}}}},
                          {{"domain", "a"}, {"score", 0.8}, {"options", {{"size", "tiny"}}}},
                          {{"domain", "a"}, {"score", 0.9}, {"metric", "f1"}},
                          {{"domain", "b"}, {"score", 0.6}, {"kind", "chance"}},
                          {{"domain", "b"}, {"score", 1.0}, {"kind", "ceiling"}}};
  Json card = card_of({0.1, 0.5}, {0.5, 0.75}, published);
  card["metric"] = "accuracy";
  card["component"] = {{"name", "made"}, {"size", "full"}};
  const ComparedBlock up = block(true, {0.3, 1.0});
  CHECK(one(up, "published", card).unit[0] == doctest::Approx(0.7));
  CHECK(one(up, "published", card).left_out == std::vector<std::string>{"b: no published figure"});
  card["component"]["size"] = "tiny";
  CHECK(one(up, "published", card).unit[0] == doctest::Approx(0.8));
  card["metric"] = "f1";
  CHECK(one(up, "published", card).unit[0] == doctest::Approx(0.9));
  card["metric"] = "accuracy";
  card["component"] = {{"name", "made"}};
  CHECK_THROWS_WITH_AS(one(up, "published", card),
                       "suite 'made': no published figure to normalise by in its metric and with its options (5 of "
                       "another kind)",
                       InputError);
}

// Each option and value that a figure is restricted to must be one that the suite can have.
TEST_CASE("[audit] shipped figures name options that there are, and F1 is no accuracy") {
  const std::vector<SuiteSource> suites = all_suites();
  for (const SuiteSource& source : suites) {
    if (!source.card) continue;
    CAPTURE(source.facts.name);
    for (const auto& figure : source.card->published)
      for (const auto& [key, value] : figure.options.items()) {
        const auto field = std::ranges::find(source.facts.fields, key, &Field::name);
        REQUIRE(field != source.facts.fields.end());
        if (field->type == FieldType::choice) CHECK(std::ranges::count(field->choices, value.get<std::string>()) == 1);
      }
  }
  for (const auto& figure : source(suites, "sent4_published").card->published) CHECK(figure.metric == "f1");
  const auto skills = source(suites, "skills").card->published;
  for (const auto& figure : skills) CHECK(figure.kind != SuiteCard::Kind::figure);
}

TEST_CASE("[audit] a published mean alone normalises the mean; nothing to normalise by is said") {
  const ComparedBlock up = block(true, {0.3, 1.0});
  const Json mean = {{{"domain", nullptr}, {"score", 0.7}}};
  const Json card = card_of({0.1, 0.5}, {0.5, 0.4}, mean);
  CHECK(one(up, "published", card).rows[0].mean == doctest::Approx((0.65 - 0.3) / (0.7 - 0.3)));
  const NormalisedBlock partial = one(up, "baseline", card);
  CHECK(partial.left_out == std::vector<std::string>{"b: the baseline is not better than the floor"});
  CHECK(partial.rows[0].mean == doctest::Approx(0.5));
  CHECK_THROWS_WITH_AS(one(up, "published", card_of({0.1, 0.5}, {0.5, 0.4}, Json::array())),
                       "suite 'made': no published figure to normalise by", InputError);
  for (const Format format : {Format::text, Format::md, Format::csv, Format::json}) {
    const std::string text = render(std::span(&partial, 1), format);
    CHECK(text.find("dense") != std::string::npos);
    CHECK(text.find(".5") != std::string::npos);
  }
}

}  // namespace
}  // namespace loom::audit_test
