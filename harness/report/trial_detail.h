// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom::report {

// What a record holds beside its scores.
struct Charge {
  std::string stage, member;  // member: empty unless one was trained
  double flops = 0, samples = 0;
  int64_t participant = -1;  // -1: shared
};

// Who answered: members of a fabric trained apart, or the experts of one layer.
struct Routing {
  std::string what;                       // "members", "layer 1"
  std::vector<std::vector<double>> load;  // [domains][members]
  std::optional<double> entropy, accuracy, dead;
};

struct CurvePoint {
  std::string member;
  double step = 0, validation_loss = kUnknown;
};

struct TrialDetail {
  std::vector<Charge> ledger;
  std::vector<Routing> routing;   // members first
  std::vector<CurvePoint> curve;  // empty where metrics.jsonl is not stored
  Json train = {};                // settings of the training loop
  double assemble_cpu_s = kUnknown, bytes_moved = kUnknown;
  std::string energy_reason;  // why energy is unknown
};

// Of the recorded trials of `store`, read side by side. InputError names a file that is not what loom wrote.
std::map<std::string, TrialDetail> read_details(const ResultStore& store);

}  // namespace loom::report
