// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_registry.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/io.h"
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
                        .time = value.at("time").get<std::string>()};
    if (claim_hash(out.claim) != file.stem().string())
      throw InputError(file.string() + ": its claim is not the one that its name is the digest of");
    return out;
  } catch (const Json::exception& error) {
    throw InputError(file.string() + ": not what loom wrote (" + error.what() + ")");
  }
}

}  // namespace
}  // namespace claim_registry_detail

void register_claims(std::span<const Claim> claims, const std::filesystem::path& results, const Json& code) {
  using namespace claim_registry_detail;
  for (const Claim& claim : claims) {
    const std::string hash = claim_hash(claim);
    const fs::path file = results / "claims" / (hash + ".json");
    if (fs::exists(file)) continue;
    make_folders(file.parent_path());
    const Json registration = {{"format", kFormat},
                               {"hash", hash},
                               {"claim", to_json(claim)},
                               {"records", recorded_trials(results)},
                               {"time", now_utc()},
                               {"loom", kVersion},
                               {"code", code}};
    write_file_atomic(file, registration.dump(1) + "\n");
  }
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
