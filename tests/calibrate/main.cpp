// SPDX-License-Identifier: Apache-2.0
// The simulated planted-effect checks, as JSON on standard output; scripts/calibrate adds the searched crossovers.
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/calibration.h"
#include "harness/verdict_calibration.h"

int main() {
  constexpr int kDraws = 4000, kRepeats = 200;  // at 1,000 draws a sound rate leaves its bounds for 3 % of seeds
  auto checks = loom::calibrate_statistics(kDraws, 0);
  const auto verdicts = loom::calibrate_verdicts(kRepeats, 0);
  checks.insert(checks.end(), verdicts.begin(), verdicts.end());
  nlohmann::json list = nlohmann::json::array();
  for (const auto& check : checks)
    list.push_back({{"name", check.name},
                    {"value", check.value},
                    {"low", check.low},
                    {"high", check.high},
                    {"ok", check.ok},
                    {"what", check.what}});
  std::cout << list.dump(1) << "\n";
}
