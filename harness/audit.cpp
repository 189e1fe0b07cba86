// SPDX-License-Identifier: Apache-2.0
#include "harness/audit.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/baselines.h"
#include "harness/duplicates.h"
#include "harness/error.h"
#include "harness/evaluator.h"
#include "harness/io.h"

namespace loom {
namespace audit_detail {
namespace {

constexpr uint64_t kSeed = 0;  // sizes of splits differ by a group at most between seeds

Json number(double value) { return std::isfinite(value) ? Json(std::round(value * 1e6) / 1e6) : Json(nullptr); }

Json counts(const DuplicateCounts& found) {
  return {{"test_same_domain", found.test_same},
          {"test_other_domain", found.test_other},
          {"train_same_domain", found.train_same},
          {"train_other_domain", found.train_other}};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json domain_json(const std::string& name, const DomainBaseline& base, const DomainDuplicates& twins) {
  return {{"name", name},
          {"train_side", base.train_items},
          {"test", base.test_items},
          {"floor", base.floor ? number(*base.floor) : Json(nullptr)},
          {"floor_by", text_or_null(base.floor_kind)},
          {"baseline", base.baseline ? number(*base.baseline) : Json(nullptr)},
          {"baseline_by", text_or_null(base.baseline_kind)},
          {"exact_duplicates", counts(twins.exact)},
          {"near_duplicates", twins.near_unknown.empty() ? counts(twins.near) : Json(nullptr)},
          {"near_unknown", text_or_null(twins.near_unknown)}};
}

Json example_json(const DuplicateExample& one, const std::vector<std::string>& domains) {
  return {{"kind", one.exact ? "exact" : "near"},
          {"side", one.in_test ? "test" : "train side"},
          {"domain", domains[static_cast<size_t>(one.domain)]},
          {"item", one.item},
          {"twin_domain", domains[static_cast<size_t>(one.twin_domain)]},
          {"twin", one.twin},
          {"likeness", number(one.likeness)}};
}

Json sizes(const Suite& suite) {
  Json out = {{"test", suite.test_count()}};
  for (const Split split : kTrainSideSplits) out[std::string(name(split))] = suite.indices(split, kSeed).size();
  return out;
}

std::string short_digest(const std::string& digest) { return digest.substr(0, 8); }

bool is_folder(const Json& component) { return component.at("name") == "folder" && component.contains("path"); }

std::filesystem::path in_folder(const Json& component) {
  return std::filesystem::path(component.at("path").get<std::string>()) / "card.json";
}

}  // namespace
}  // namespace audit_detail

Json published_json(const std::vector<SuiteCard::Published>& published) {
  using namespace audit_detail;
  constexpr std::array<const char*, 3> kKinds = {"figure", "chance", "ceiling"};  // in SuiteCard::Kind's order
  Json out = Json::array();
  for (const auto& one : published) {
    Json& row = out.emplace_back(Json{{"domain", text_or_null(one.domain)},
                                      {"score", number(one.score)},
                                      {"what", one.what},
                                      {"source", one.source}});
    if (one.kind != SuiteCard::Kind::figure) row["kind"] = kKinds.at(static_cast<size_t>(one.kind));
    if (!one.metric.empty()) row["metric"] = one.metric;
    if (!one.options.empty()) row["options"] = one.options;
  }
  return out;
}

Json audit(const Suite& suite, const Json& component, const std::vector<SuiteCard::Published>& published) {
  using namespace audit_detail;
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("audit");
  const Suite::Description& about = suite.description();
  const auto base = baselines(about, suite.train_side(), test);
  const Duplicates twins = find_duplicates(about, suite.train_side(), test);
  Json domains = Json::array(), examples = Json::array();
  for (size_t d = 0; d < base.size(); ++d) domains.push_back(domain_json(about.domains[d], base[d], twins.domains[d]));
  for (const auto& one : twins.examples) examples.push_back(example_json(one, about.domains));
  return {
      {"format", 1},
      {"suite", about.name},
      {"component", is_folder(component) ? Json({{"name", "folder"}}) : component},
      {"digest", suite.digest()},
      {"metric", about.metric},
      {"higher_is_better", about.higher_is_better},
      {"licence", about.licence},
      {"source", about.source},
      {"summary", about.summary},
      {"sizes", sizes(suite)},
      {"domains", domains},
      {"published", published_json(published)},
      {"duplicates",
       {{"measure", twins.measure}, {"across_unknown", text_or_null(twins.across_unknown)}, {"examples", examples}}}};
}

std::filesystem::path card_file(const std::filesystem::path& cards, const Json& component, const Facts& facts,
                                const std::string& digest) {
  using namespace audit_detail;
  if (is_folder(component)) return in_folder(component);
  bool usual = true;
  for (const Field& field : facts.fields)
    usual = usual && (!component.contains(field.name) || component.at(field.name) == field.fallback);
  return cards / (facts.name + (usual ? "" : "-" + short_digest(digest)) + ".json");
}

std::string card_text(const Json& card) { return card.dump(1) + "\n"; }

std::optional<Json> read_card(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  Json card = parse_json(read_file(file), file.string());
  bool sound = card.is_object() && card.value("format", 0) == 1;
  for (const char* key : {"suite", "digest", "metric", "sizes", "domains", "published", "duplicates"})
    sound = sound && card.contains(key);
  if (!sound) throw InputError(file.string() + ": not a card of a suite (format 1); loom audit --write makes one");
  return card;
}

Json find_card(const std::filesystem::path& cards, const Json& component, const std::string& digest) {
  using namespace audit_detail;
  const std::string name = component.at("name").get<std::string>();
  std::vector<std::filesystem::path> places = {cards / (name + ".json"),
                                               cards / (name + "-" + short_digest(digest) + ".json")};
  if (is_folder(component)) places = {in_folder(component)};
  bool other = false;
  for (const auto& place : places)
    if (auto card = read_card(place)) {
      if (card->at("digest") == digest) return *std::move(card);
      other = true;
    }
  std::string command =
      "loom audit " + (is_folder(component) ? "folder:" + component.at("path").get<std::string>() : name);
  if (!is_folder(component) && component.size() > 1) command += " [option=value ...]";
  throw InputError("suite '" + name + "' has no card" + (other ? " of these data (the one stored is of others)" : "") +
                   ", so its floors are not known; make it with: " + command + " --write");
}

}  // namespace loom
