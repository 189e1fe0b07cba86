// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/suite_listing.h"

#include <nlohmann/json.hpp>

#include "harness/audit.h"
#include "harness/cli/commands.h"
#include "harness/cli/result_listing.h"
#include "harness/error.h"
#include "tasks/sources/data_root.h"
#include "tasks/sources/prepared.h"

namespace loom {
namespace suite_listing_detail {
namespace {

constexpr uint64_t kSeed = 0;  // sizes differ by a group at most between seeds

std::string missing_setting(const Facts& facts) {
  for (const Field& field : facts.fields)
    if (field.required) return "needs a " + field.name + ": " + field.doc;
  return "";
}

Json defaults(const Facts& facts) {
  Json options = {{"name", facts.name}};
  for (const Field& field : facts.fields) options[field.name] = field.fallback;
  return options;
}

void add_loaded(Json& out, const Suite& suite) {
  const Suite::Description& facts = suite.description();
  out["domains"] = facts.domains;
  out["metric"] = facts.metric;
  out["licence"] = facts.licence;
  out["source"] = facts.source;
  out["sizes"] = {{"test", suite.test_count()}};
  for (const Split split : kTrainSideSplits)
    out["sizes"][std::string(name(split))] = suite.indices(split, kSeed).size();
}

// Worlds are drawn when a trial runs: there is nothing to load and nothing to count.
void add_planted(Json& out, const PlantedSource& planted, const Json& options) {
  out["domains"] = Json::array();
  for (int64_t d = 0; d < planted.domains(options); ++d) out["domains"].push_back("domain " + std::to_string(d));
  out["metric"] = planted.metric;
  out["licence"] = out["source"] = "generated";
  out["sizes"] = Json::object();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

void add_source_card(Json& out, const SuiteCard& card) {
  out["metric"] = card.metric;
  out["licence"] = card.licence;
  out["source"] = card.source;
  if (!card.domains.empty()) out["domains"] = card.domains;
  out["data"] = card.data;
  out["published"] = published_json(card.published);
}

// The stored card says the same as the source and more; its published figures may be older, so those stay.
void add_stored_card(Json& out, const Json& card) {
  for (const char* key : {"metric", "licence", "source", "sizes", "duplicates"}) out[key] = card.at(key);
  out["domains"] = out["floors"] = out["baselines"] = Json::array();
  for (const Json& domain : card.at("domains")) {
    out["domains"].push_back(domain.at("name"));
    for (const std::string kind : {"floor", "baseline"})
      out[kind + "s"].push_back(
          {{"domain", domain.at("name")}, {"score", domain.at(kind)}, {"by", domain.at(kind + "_by")}});
  }
  out["card"] = true;
}

// The command that fetches what is missing; empty where all is here.
std::string missing_data(const SuiteSource& source) {
  if (source.card)
    for (const std::string& data_set : source.card->data)
      if (!sources::is_prepared(data_set)) return "data not here: scripts/data " + source.facts.name;
  return "";
}

std::optional<Json> stored_card(const Facts& facts) {
  return read_card(data_root() / "cards" / (facts.name + ".json"));
}

void fill(Json& out, const SuiteSource& source) {
  if (source.planted) return add_planted(out, *source.planted, defaults(source.facts));
  if (source.card) add_source_card(out, *source.card);
  if (const auto card = stored_card(source.facts)) {
    add_stored_card(out, *card);
  } else if (!source.card) {
    add_loaded(out, source.load(defaults(source.facts)));
  }
}

std::string words(const Json& text) { return text.is_string() ? text.get<std::string>() : "-"; }

std::string decimal(const Json& value) {
  if (!value.is_number()) return "-";
  std::string text = std::to_string(value.get<double>());  // six decimals, of which three are enough
  return text.substr(0, text.size() - 3);
}

std::string sizes_text(const Json& sizes) {
  if (!sizes.is_object()) return "not counted yet: loom audit counts them";
  std::string out;
  for (const auto& [split, items] : sizes.items()) (out += out.empty() ? "" : ", ") += split + " " + items.dump();
  return out.empty() ? "drawn afresh in every replicate" : out;
}

using Rows = std::vector<std::vector<std::string>>;

std::string published_text(const Json& published) {
  Rows rows = {{"published", "score", "what", "source"}};
  if (published.is_array())
    for (const Json& one : published)
      rows.push_back({one.at("domain").is_null() ? "mean" : one.at("domain").get<std::string>(),
                      decimal(one.at("score")), one.at("what").get<std::string>(),
                      one.at("source").get<std::string>()});
  return rows.size() > 1 ? "\n" + aligned(rows) : "";
}

std::string counts_text(const Json& counts, const Json& reason) {
  if (!counts.is_object()) return reason.is_string() ? reason.get<std::string>() : "-";
  std::string out;
  const std::vector<std::pair<const char*, const char*>> parts = {
      {"test_same_domain", "test"},
      {"test_other_domain", "test of another domain"},
      {"train_same_domain", "train side"},
      {"train_other_domain", "train side of another domain"}};
  for (const auto& [key, words] : parts)
    if (counts.at(key) != 0) (out += out.empty() ? "" : ", ") += counts.at(key).dump() + " " + words;
  return out.empty() ? "none" : out;
}

std::string duplicates_text(const Json& card) {
  Rows rows = {{"duplicates", "exact", "near"}};
  for (const Json& domain : card.at("domains"))
    rows.push_back({domain.at("name").get<std::string>(), counts_text(domain.at("exact_duplicates"), nullptr),
                    counts_text(domain.at("near_duplicates"), domain.at("near_unknown"))});
  const Json& found = card.at("duplicates");
  std::string out = "\n" + aligned(rows) + "items with a twin on the train side, in another group; near: " +
                    found.at("measure").get<std::string>() + "\n";
  if (found.at("across_unknown").is_string())
    out += "near ones across domains are not looked for: " + found.at("across_unknown").get<std::string>() + "\n";
  for (const Json& one : found.at("examples"))
    out += "  " + one.at("kind").get<std::string>() + ": " + one.at("side").get<std::string>() + " " +
           one.at("domain").get<std::string>() + " " + one.at("item").dump() + " = train side " +
           one.at("twin_domain").get<std::string>() + " " + one.at("twin").dump() + "  (" +
           decimal(one.at("likeness")) + ")\n";
  return out;
}

}  // namespace
}  // namespace suite_listing_detail

Json describe_suite(const SuiteSource& source) {
  using namespace suite_listing_detail;
  Json out = {{"name", source.facts.name}, {"summary", source.facts.summary}, {"data", Json::array()}};
  for (const char* key :
       {"domains", "sizes", "metric", "licence", "source", "reason", "published", "floors", "baselines", "duplicates"})
    out[key] = nullptr;
  out["card"] = false;
  std::string reason = missing_setting(source.facts);
  try {
    if (reason.empty()) reason = missing_data(source);
    if (missing_setting(source.facts).empty()) fill(out, source);
  } catch (const EnvironmentError& error) {
    reason = error.what();
  } catch (const InputError& error) {
    reason = error.what();
  }
  out["reason"] = text_or_null(reason);
  out["here"] = out["available"] = reason.empty();
  return out;
}

std::string suite_line(const Json& suite) {
  const std::string summary = suite.at("summary").get<std::string>();
  std::string out;
  const Json& sizes = suite.at("sizes");
  if (suite.at("domains").is_array() && !(sizes.is_object() && sizes.empty()))
    out += std::to_string(suite.at("domains").size()) + " domains, ";
  if (sizes.is_object() && sizes.contains("test")) out += sizes.at("test").dump() + " test items, ";
  if (suite.at("metric").is_string()) out += suite.at("metric").get<std::string>() + ": ";
  return out + summary + (suite.at("reason").is_string() ? " (" + suite.at("reason").get<std::string>() + ")" : "");
}

std::string suite_page(const Json& suite) {
  using namespace suite_listing_detail;
  const auto text = [&](const char* key) {
    return suite.at(key).is_string() ? suite.at(key).get<std::string>() : std::string("-");
  };
  Rows rows = {{"  here", suite.at("here") == true ? "yes" : "no: " + text("reason")}};
  if (suite.at("domains").is_array()) {
    rows.push_back({"  domains", joined_words(suite.at("domains"))});
    rows.push_back({"  items", sizes_text(suite.at("sizes"))});
    for (const char* key : {"metric", "licence", "source"}) rows.push_back({"  " + std::string(key), text(key)});
  }
  if (!suite.at("data").empty()) rows.push_back({"  data sets", joined_words(suite.at("data"))});
  std::string out = "data\n" + aligned(rows);
  if (suite.at("card") == true) {
    rows = {{"domain", "floor", "by", "baseline", "by"}};
    for (size_t d = 0; d < suite.at("floors").size(); ++d) {
      const Json &floor = suite.at("floors")[d], &base = suite.at("baselines")[d];
      rows.push_back({floor.at("domain").get<std::string>(), decimal(floor.at("score")), words(floor.at("by")),
                      decimal(base.at("score")), words(base.at("by"))});
    }
    out += "\n" + aligned(rows);
  }
  return out + published_text(suite.at("published"));
}

std::string audit_text(const Json& card) {
  using namespace suite_listing_detail;
  Rows rows = {{"domain", "train side", "test", "floor", "by", "baseline", "by"}};
  for (const Json& domain : card.at("domains"))
    rows.push_back({domain.at("name").get<std::string>(), domain.at("train_side").dump(), domain.at("test").dump(),
                    decimal(domain.at("floor")), words(domain.at("floor_by")), decimal(domain.at("baseline")),
                    words(domain.at("baseline_by"))});
  return card.at("suite").get<std::string>() + " · " + card.at("metric").get<std::string>() + " · " +
         sizes_text(card.at("sizes")) + "\n" + aligned(rows) + published_text(card.at("published")) +
         duplicates_text(card);
}

}  // namespace loom
