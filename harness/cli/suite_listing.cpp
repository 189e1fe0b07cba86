// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/suite_listing.h"

#include <nlohmann/json.hpp>

#include "harness/error.h"

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
  out["available"] = true;
}

// Worlds are drawn when a trial runs: there is nothing to load and nothing to count.
void add_planted(Json& out, const PlantedSource& planted, const Json& options) {
  out["domains"] = Json::array();
  for (int64_t d = 0; d < planted.domains(options); ++d) out["domains"].push_back("domain " + std::to_string(d));
  out["metric"] = planted.metric;
  out["licence"] = out["source"] = "generated";
  out["sizes"] = Json::object();
  out["available"] = true;
}

}  // namespace
}  // namespace suite_listing_detail

Json describe_suite(const SuiteSource& source) {
  using namespace suite_listing_detail;
  Json out = {{"name", source.facts.name}, {"summary", source.facts.summary},
              {"domains", nullptr},        {"sizes", nullptr},
              {"metric", nullptr},         {"licence", nullptr},
              {"source", nullptr},         {"available", false},
              {"reason", nullptr}};
  if (const std::string missing = missing_setting(source.facts); !missing.empty()) {
    out["reason"] = missing;
    return out;
  }
  if (source.planted) {
    add_planted(out, *source.planted, defaults(source.facts));
    return out;
  }
  try {
    add_loaded(out, source.load(defaults(source.facts)));
  } catch (const EnvironmentError& error) {
    out["reason"] = error.what();
  } catch (const InputError& error) {
    out["reason"] = error.what();
  }
  return out;
}

}  // namespace loom
