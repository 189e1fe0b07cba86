// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/result_listing.h"

#include <nlohmann/json.hpp>
#include <set>

#include "harness/result_store.h"

namespace loom {

Json describe_results(const std::filesystem::path& root, const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  const Json plan = read_plan(folder);
  std::set<std::string> arms, columns, trials;
  int rejected = 0, recorded = 0, failed = 0;
  for (const Json& row : plan.at("rows")) {
    arms.insert(row.at("arm").get<std::string>());
    columns.insert(row.at("column").get<std::string>());
    rejected += row.at("status") == "rejected" ? 1 : 0;
    for (const Json& id : row.at("trials")) trials.insert(id.get<std::string>());
  }
  for (const std::string& id : trials) {
    if (fs::exists(folder / "trials" / id / "record.json")) {
      ++recorded;
    } else if (fs::exists(folder / "trials" / (id + ".failed.json"))) {
      ++failed;
    }
  }
  Json suites = Json::array();
  for (const auto& [label, unused] : plan.at("suites").items()) suites.push_back(label);
  return {{"name", result_name(root, folder)},
          {"folder", folder.string()},
          {"suites", suites},
          {"columns", columns},
          {"arms", arms},
          {"trials", trials.size()},
          {"recorded", recorded},
          {"failed", failed},
          {"rejected_rows", rejected},
          {"quick", plan.at("experiment").value("quick", false)}};
}

std::string joined_words(const Json& list) {
  std::string out;
  for (const Json& item : list) (out += out.empty() ? "" : ", ") += item.get<std::string>();
  return out;
}

}  // namespace loom
