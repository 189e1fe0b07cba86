// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "harness/claim.h"
#include "harness/facts.h"

namespace loom {

// A component chosen in a config with every setting resolved: {"name": "router", "mode": "hard", ...}; settings of
// nested components are such objects again.
struct ArmConfig {
  std::string label;  // unique within a suite, e.g. "specialists cold router"
  Json component;     // {"name": architecture, settings...}
};

struct SuiteConfig {
  std::string label;                 // suite name, or the folder's name
  Json suite;                        // {"name": "digits4"} or {"name": "folder", "path": "..."}
  std::vector<std::string> columns;  // of free, serving, memory; in this order
  int seeds = 6;
  ArmConfig reference;              // its settings fix the sizes that serving and memory match
  int64_t samples = 0;              // items (or windows) the reference is trained on; fixes C
  std::vector<double> free_widths;  // four multiples of the reference's width tried in the free column
  std::vector<ArmConfig> arms;      // as written; nulls are added by the plan
  Json train;                       // batch, optimizer, learning_rate, schedule, weight_decay, ...
  Json tune;                        // {"trials", "edge", "grid": {key of train: [values]}}; null = no search
  Json margin;                      // smallest effect of interest here; null = the metric's own rule
  // A planted suite trains nothing: no reference, samples, free_widths and train, but
  int64_t replicates = 0;  // worlds in each trial; 0: the suite is not planted
  Json search;             // null, or {"over", "low", "high", "between", "tolerance", "beside"}
};

struct Experiment {
  std::string name;            // results/<name>
  std::filesystem::path file;  // the config as given
  std::vector<SuiteConfig> suites;
  Json latency;     // {"seconds": 60, "batches": [1, 8, 64, 512]} ; seconds 0 = off
  Json statistics;  // {"margin": ..., "confidence": ...}
  std::string device = "cpu";
  int threads = 1;  // per job
  std::vector<Claim> claims;
  Json resolved;  // everything above as one JSON value: the lock's body and the plan's identity
};

// Descriptors of the config's own keys (not of components): one table for validation, defaults and `loom show KEY`.
// Section "" is the top level, "train", "latency", "statistics", "suite" and "claims" the nested ones. A field whose
// default is a list takes a list of its type; one whose default is an object is the section of that name.
struct Section {
  std::string name;
  std::vector<Field> fields;
};
std::span<const Section> config_sections();

// Reads FILE and the files of its `defaults:` list (relative to it, later ones win, FILE last), applies `key=value`
// overrides (dotted paths; list items by index: arms.1.sparse_moe.top_k=2), expands sweeps ({sweep: [..]} in an arm
// gives one arm each; key=1,2 on the command line likewise inside arms), validates and resolves against the fact sheet.
// Collects every mistake; throws InputError with all of them. A lock.yaml is such a file too.
// Overrides change the name to <name>+<hash6>; quick gives <name>-quick and a tiny budget (samples / 16, 2 seeds,
// latency 5 s).
Experiment load_experiment(const std::filesystem::path& file, std::span<const std::string> overrides, bool quick,
                           const FactSheet& facts);

}  // namespace loom
