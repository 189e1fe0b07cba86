// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/json.h"
#include "harness/statistics.h"

namespace loom {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct SplitScores {
  std::vector<double> domain;  // NaN where the split has no item
  double macro = kUnknown, nll = kUnknown;
  std::optional<double> ece, rejection_auroc;  // the latter only of tests that hold out a domain beside others
};

// Each deployed member of a trial alone on the test; see harness/member_scores.h. NaN where a number does not exist.
struct MemberScores {
  std::vector<std::vector<double>> domain;  // [members][domains]
  double sample_oracle = kUnknown, solved_by_one = kUnknown;
  double params = kUnknown;  // of one member
};

// One recorded trial. Without a score (status other than ok) the split scores are NaN.
struct TrialResult {
  std::string status, message;  // ok | diverged | failed | timeout | memory
  SplitScores test, validation;
  Json cells;                                 // encoded, see harness/cells.h
  std::string layout;                         // key of ResultStore::layouts
  std::vector<std::string> members;           // ids, the deployed ones
  std::optional<MemberScores> member_scores;  // none: one member, or the record of an older loom
  // Macro test scores of a trial that holds several; it has no cells then. Each counts as a seed.
  std::vector<double> replicates;
  Json stream = {};  // of an arm of events, as harness/event_stream.h writes it; null: none
  bool undertrained = false;
  double train_flops = 0;  // of its whole ledger; 0: it has none
  double train_cpu_s = 0, peak_memory_bytes = 0;
  std::string isa, digest;  // digest: of the record but for what times, places and hosts explain; failed: empty
};

struct PlannedCosts {
  double train_flops = 0, infer_flops = 0, params_total = 0, params_active = 0, samples = 0;
  double ratio_train_flops = 0, ratio_infer_flops = 0, ratio_params = 0, ratio_samples = 0;  // to the reference
};

struct PlannedRow {
  std::string suite, arm, architecture, family, column, role, information_level;
  Json component;                           // with its solved sizes
  std::string status, reason;               // ok | rejected | pending
  std::vector<std::string> trials;          // one per seed
  std::optional<PlannedCosts> costs;        // none: rejected or pending before it was solved
  std::optional<double> search_flops = {};  // of the trials that chose its settings and width; none: no search
  std::string edge = {};                    // "learning_rate=0.008": where the search ended on the edge of its values
};

struct SuiteFacts {
  std::string metric, licence, source, digest;
  bool higher_is_better = true;
  std::vector<std::string> domains;
  int64_t test_items = 0;
  bool imported = false;         // predictions made elsewhere: costs are declared, if known, and match no budget
  int seeds = 0;                 // asked for by the config, times replicates; imported: held by the files
  std::optional<double> margin;  // none: the metric's own rule
  std::string reference;         // architecture that fixes the budget
  std::string config;            // label in the config where it is not the suite's own: a value of a search
};

struct BatchLatency {
  double p50_s = 0;
  std::optional<double> p99_s;
  bool implementation_bound = false;
};

// Arms compare only within a session, so a table joins exactly one: that which timed most of the plan's trials.
struct LatencySession {
  std::string name;
  std::map<std::string, std::map<int64_t, BatchLatency>> trials;  // by batch
  std::optional<double> aa_ratio;
  bool contended = false;
};

// results/<name> as one value; every table is a pure function of it.
struct ResultStore {
  std::filesystem::path folder;
  Json experiment;
  std::string plan_key, code;  // SHA-256 of what the plan covers, of the sources that ran it; empty: not stored
  bool quick = false, calibrated = false;
  double confidence = 0.95;
  int resamples = 2000;
  std::vector<PlannedRow> rows;
  std::map<std::string, SuiteFacts> suites;
  std::map<std::string, TrialResult> trials;  // recorded ones of the rows
  std::map<std::string, CellTable> layouts;   // without seeds
  std::optional<LatencySession> latency;
  Json searches;  // of plan.json, as they stand there; an empty list where nothing is searched
};

// The folder meant by NAME or reference/NAME (below `root`) or a path; InputError with the nearest existing name.
std::filesystem::path find_results(const std::filesystem::path& root, const std::string& name);
// Sorted, the committed ones as reference/NAME; empty where there is none.
std::vector<std::string> result_names(const std::filesystem::path& root);
// What find_results takes for `folder`: its name below `root`, else its path.
std::string result_name(const std::filesystem::path& root, const std::filesystem::path& folder);

Json read_plan(const std::filesystem::path& folder);
// Reads without hashing (`loom verify` does that). InputError names the file that cannot be understood.
ResultStore load_results(const std::filesystem::path& folder);

}  // namespace loom
