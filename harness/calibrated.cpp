// SPDX-License-Identifier: Apache-2.0
#include "harness/calibrated.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/io.h"
#include "harness/json.h"
#include "harness/planning.h"
#include "harness/worker_pool.h"

namespace loom {
namespace calibrated_detail {
namespace {

namespace fs = std::filesystem;

bool passed(const fs::path& file, const std::string& statistics) {
  std::error_code none;
  if (!fs::exists(file, none)) return false;
  try {
    const Json found = parse_json(read_file(file), file.string());
    return found.at("ok").get<bool>() && found.at("statistics").get<std::string>() == statistics;
  } catch (const std::exception&) {
    return false;  // not what scripts/calibrate wrote: tables stay uncalibrated
  }
}

}  // namespace
}  // namespace calibrated_detail

bool calibrated(const std::filesystem::path& results) {
  using namespace calibrated_detail;
  std::error_code none;
  if (!fs::exists(program_folder() / "digests.json", none)) return false;
  const std::string statistics = code_digests().at("statistics");
  if (const char* chosen = std::getenv("LOOM_CALIBRATION"); chosen != nullptr && *chosen != '\0')
    return passed(fs::path(chosen) / "calibration.json", statistics);
  const fs::path tail = fs::path("reference") / "calibration" / "calibration.json";
  const fs::path beside = fs::absolute(results).lexically_normal().parent_path();
  for (const fs::path& root : {beside, beside.parent_path(), program_folder() / ".." / ".." / "results"})
    if (passed(root / tail, statistics)) return true;
  return false;
}

}  // namespace loom
