// SPDX-License-Identifier: Apache-2.0
#include "harness/job_words.h"

#include <nlohmann/json.hpp>
#include <set>

namespace loom {

JobWords::JobWords(const Json& plan) {
  const auto rows = plan.find("rows");
  if (rows == plan.end()) return;
  for (const Json& row : *rows) {
    const std::string name = row.at("suite").get<std::string>() + ", " + row.at("arm").get<std::string>();
    for (const Json& id : row.at("trials")) {
      row_of_.emplace(id, name);
      const Json& trial = plan.at("trials").at(id.get<std::string>());
      if (const auto charges = trial.find("charges"); charges != trial.end())
        for (const Json& charge : *charges) row_of_.emplace(charge.at("member"), name);
    }
  }
}

std::string JobWords::of(const std::string& kind, std::span<const std::string> ids) const {
  std::set<std::string> rows;
  for (const std::string& id : ids)
    if (const auto found = row_of_.find(id); found != row_of_.end()) rows.insert(found->second);
  std::string out = kind + (rows.empty() ? "" : " " + *rows.begin());
  if (rows.size() > 1) out += " and " + std::to_string(rows.size() - 1) + " more";
  const std::string what = kind == "train" ? "network" : "trial";
  return out + ", " + std::to_string(ids.size()) + " " + what + (ids.size() == 1 ? "" : "s");
}

}  // namespace loom
