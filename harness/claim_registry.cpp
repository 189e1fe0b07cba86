// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_registry.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/file_field.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/verdict.h"
#include "harness/version.h"

namespace loom {
namespace claim_registry_detail {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 1;

// Any record of the folder counts, of this plan or of an older one: whoever could have seen a score states a claim too
// late.
int64_t recorded_trials(const fs::path& results) {
  int64_t count = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results / "trials", ignored))
    count += fs::exists(entry.path() / "record.json", ignored);
  return count;
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Registration read(const fs::path& file) {
  try {
    const Json value = parse_json(read_file(file), file.string());
    if (value.at("format") != kFormat)
      throw InputError(file.string() + ": format " + value.at("format").dump() + "; this loom reads format 1");
    Registration out = {.claim = claim_from_json(value.at("claim")),
                        .records = value.at("records").get<int64_t>(),
                        .time = value.at("time").get<std::string>(),
                        .terms = value.value("terms", ""),
                        .seeds = value.value("seeds", std::map<std::string, int>()),
                        .cells = value.value("cells", 0)};
    if (claim_hash(out.claim) != file.stem().string())
      throw InputError(file.string() + ": its claim is not the one that its name is the digest of");
    return out;
  } catch (const Json::exception& error) {
    throw InputError(file.string() + ": not what loom wrote (" + error.what() + ")");
  }
}

// The claim's suites of the experiment, in the experiment's order, each with the claim's columns and arms alone.
std::vector<Json> claimed_suites(const Claim& claim, const Json& experiment) {
  const auto outside = [](const std::vector<std::string>& names) {
    return [&names](const Json& name) { return std::ranges::count(names, name.get<std::string>()) == 0; };
  };
  std::vector<Json> out;
  for (Json suite : experiment.value("suites", Json::array())) {
    if (outside(claim.suites)(suite.at("label"))) continue;
    Json columns = suite.value("columns", Json::array()), arms = Json::array();
    columns.erase(std::remove_if(columns.begin(), columns.end(), outside(claim.columns)), columns.end());
    for (const Json& arm : suite.value("arms", Json::array()))
      if (!claim.better.family.empty() || !claim.than.family.empty() || arm.at("label") == claim.better.arm ||
          arm.at("label") == claim.than.arm)
        arms.push_back(arm);
    suite["columns"] = std::move(columns);
    suite["arms"] = std::move(arms);
    out.push_back(std::move(suite));
  }
  return out;
}

// The order of suites and arms in a config decides nothing.
void sort_by_label(Json& parts) {
  std::ranges::stable_sort(parts.get_ref<Json::array_t&>(), {}, [](const Json& part) { return part.at("label"); });
}

// A replicate of a planted suite counts as a seed.
std::map<std::string, int> planned_seeds(const Claim& claim, const Json& experiment) {
  std::map<std::string, int> out;
  for (const Json& suite : claimed_suites(claim, experiment))
    out[suite.at("label").get<std::string>()] = suite.value("seeds", 0) * std::max(suite.value("replicates", 1), 1);
  return out;
}

Json registration(const Claim& claim, int64_t records, const Json& code, const Json& experiment) {
  int64_t cells = 0;
  for (const Json& suite : claimed_suites(claim, experiment)) cells += std::ssize(suite.at("columns"));
  return {{"format", kFormat},
          {"hash", claim_hash(claim)},
          {"claim", to_json(claim)},
          {"records", records},
          {"terms", claim_terms(claim, experiment)},
          {"seeds", planned_seeds(claim, experiment)},
          {"cells", cells},
          {"time", now_utc()},
          {"loom", kVersion},
          {"code", code}};
}

}  // namespace
}  // namespace claim_registry_detail

void register_claims(std::span<const Claim> claims, const std::filesystem::path& results, const Json& code,
                     const Json& experiment) {
  using namespace claim_registry_detail;
  const int64_t records = recorded_trials(results);
  for (const Claim& claim : claims) {
    const fs::path file = results / "claims" / (claim_hash(claim) + ".json");
    if (fs::exists(file)) {
      const Registration old = read(file);
      if (records > 0 || (!old.terms.empty() && deviation(old, experiment).empty())) continue;
    }
    make_folders(file.parent_path());
    write_file_atomic(file, registration(claim, records, code, experiment).dump(1) + "\n");
  }
}

std::string claim_terms(const Claim& claim, const Json& experiment) {
  Json terms = experiment;
  for (const char* key : {"claims", "name", "latency", "threads"}) terms.erase(key);
  terms["suites"] = claim_registry_detail::claimed_suites(claim, experiment);
  for (Json& suite : terms["suites"]) {
    suite.erase("seeds");
    if (claim.margin) suite.erase("margin");
    if (std::ranges::count(suite.at("columns"), Json("free")) == 0) suite.erase("free");
    claim_registry_detail::sort_by_label(suite.at("arms"));
  }
  claim_registry_detail::sort_by_label(terms["suites"]);
  if (claim.margin && terms.contains("statistics")) terms["statistics"].erase("margin");
  return sha256(canonical(without_paths(std::move(terms))));
}

// More seeds after a verdict are a second test; before the promised number nothing is decided, so that it may be
// reached in parts. Fewer than planned are a choice of where to stop.
std::string deviation(const Registration& registration, const Json& experiment) {
  const Claim& claim = registration.claim;
  if (registration.terms.empty()) return "";
  if (registration.terms != claim_terms(claim, experiment)) return "the experiment was changed after trials were seen";
  const int promised = claim.family.empty() ? claim.seeds : std::max(claim.seeds, kFamilyPairs);
  for (const auto& [suite, seeds] : claim_registry_detail::planned_seeds(claim, experiment)) {
    const auto then = registration.seeds.find(suite);
    const int planned = then == registration.seeds.end() ? seeds : then->second;
    const std::string numbers =
        suite + ": " + std::to_string(seeds) + " seeds, " + std::to_string(planned) + " planned";
    if (seeds > std::max(planned, promised)) return "extended: more seeds than were promised (" + numbers + ")";
    if (seeds < planned) return "cut: fewer seeds than were planned (" + numbers + ")";
  }
  return "";
}

std::map<std::string, Registration> registrations(const std::filesystem::path& results) {
  using namespace claim_registry_detail;
  std::map<std::string, Registration> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results / "claims", ignored))
    if (entry.path().extension() == ".json" && safe_name(entry.path().filename().string()))
      out.emplace(entry.path().stem().string(), read(entry.path()));
  return out;
}

}  // namespace loom
