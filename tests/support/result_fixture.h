// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/cells.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/json.h"
#include "harness/metrics.h"

// Results folders made by hand, as the engine would leave them.
namespace loom::testing {

// An empty folder that goes with the test; in memory where the machine has such a place.
class ScratchFolder {
 public:
  ScratchFolder() {
    namespace fs = std::filesystem;
    const fs::path base = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string pattern = (base / "loom_results_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline constexpr int kGroups = 20;  // test items of each of the two domains, one group each

// Accuracy: the sums of 2 x kGroups cells of which the first `right[d]` of domain d are right.
inline std::vector<Scores::Cell> right_cells(int right_a, int right_b) {
  std::vector<Scores::Cell> cells;
  for (int domain = 0; domain < 2; ++domain)
    for (int group = 0; group < kGroups; ++group) {
      const bool right = group < (domain == 0 ? right_a : right_b);
      cells.push_back({domain, domain * kGroups + group, right ? 1.0 : 0.0, 1.0});
    }
  return cells;
}

// Bits per byte: every cell costs `bits` and a little that differs between groups.
inline std::vector<Scores::Cell> bit_cells(double bits) {
  std::vector<Scores::Cell> cells = right_cells(0, 0);
  for (size_t i = 0; i < cells.size(); ++i) cells[i].sum = bits + 0.01 * (static_cast<double>(i % 5) - 2);
  return cells;
}

struct FixtureRow {
  std::string arm, architecture = "dense", family = "monolith", role = "arm", level = "none", column = "serving",
                   suite = "two", status = "ok", reason = {};
};

class ResultFixture {
 public:
  explicit ResultFixture(std::filesystem::path folder) : folder_(std::move(folder)) {
    plan_ = {{"experiment",
              {{"name", "demo"},
               {"quick", false},
               {"suites", Json::array()},
               {"statistics", {{"margin", nullptr}, {"confidence", 0.95}, {"resamples", 2000}}}}},
             {"rows", Json::array()},
             {"trials", Json::object()},
             {"members", Json::object()},
             {"suites", Json::object()}};
  }

  Json& plan() { return plan_; }
  Json& experiment() { return plan_["experiment"]; }
  const std::filesystem::path& folder() const { return folder_; }
  Json& suites() { return plan_["suites"]; }

  // Trials that follow get other ids, as other code would give them.
  ResultFixture& other_code(const std::string& code) {
    code_ = code;
    return *this;
  }

  ResultFixture& suite(const std::string& label, const std::string& metric, int seeds) {
    const bool higher = metric == "accuracy";
    plan_["suites"][label] = {{"metric", metric},
                              {"higher_is_better", higher},
                              {"domains", {"left", "right"}},
                              {"digest", std::string(64, 'd')},
                              {"licence", "CC0"},
                              {"source", "made"},
                              {"test_items", 2 * kGroups}};
    const Json dense = {{"label", "dense"}, {"component", {{"name", "dense"}}}};
    plan_["experiment"]["suites"].push_back({{"label", label},
                                             {"suite", {{"name", label}}},
                                             {"seeds", seeds},
                                             {"samples", 1000},
                                             {"margin", nullptr},
                                             {"reference", dense}});
    return *this;
  }

  // Adds a row; its trials follow by ok(), failed() or open(), one per seed.
  ResultFixture& row(const FixtureRow& row) {
    Json out = {{"suite", row.suite},
                {"arm", row.arm},
                {"architecture", row.architecture},
                {"family", row.family},
                {"column", row.column},
                {"role", row.role},
                {"information_level", row.level},
                {"component", {{"name", row.architecture}}},
                {"status", row.status},
                {"reason", row.reason},
                {"trials", Json::array()},
                {"selection", Json::array()}};
    if (row.status == "ok") {
      out["costs"] = {{"train_flops", 2.02e9},
                      {"infer_flops", 1e4},
                      {"params_total", 5000},
                      {"params_active", 4000},
                      {"samples", 1000}};
      out["ratios"] = {{"train_flops", 1.01}, {"infer_flops", 1.0}, {"params", 1.25}, {"samples", 1.0}};
    }
    plan_["rows"].push_back(out);
    return *this;
  }
  Json& last_row() { return plan_["rows"].back(); }

  std::string next_id() {
    Json& trials = last_row()["trials"];
    const std::string id = sha256(last_row()["suite"].dump() + last_row()["column"].dump() + last_row()["arm"].dump() +
                                  std::to_string(trials.size()) + code_)
                               .substr(0, 32);
    plan_["trials"][id] = {{"seed", trials.size()}, {"component", last_row()["component"]}, {"members", Json::array()}};
    trials.push_back(id);
    return id;
  }

  // A scored trial; `change` may alter the record before it is sealed.
  std::string ok(const std::vector<Scores::Cell>& cells, double validation, const Json& change = Json::object()) {
    const std::string id = next_id();
    const std::string layout = cell_layout(cells).dump();
    const std::string layout_id = sha256(layout).substr(0, 16);
    make_folders(folder_ / "layouts");
    write_file_atomic(folder_ / "layouts" / (layout_id + ".json"), layout);
    Json record = header(id, "ok", "");
    record["scores"] = {{"test", scores(cells)}, {"validation", scores(cells)}};
    record["scores"]["validation"]["macro"] = validation;
    record["cells"] = encode_cells(cells);
    record["layout"] = layout_id;
    record.merge_patch(change);
    commit(id, record);
    return id;
  }

  std::string diverged(const std::string& message) {
    const std::string id = next_id();
    commit(id, header(id, "diverged", message));
    return id;
  }

  std::string failed(const std::string& status, const std::string& message) {
    const std::string id = next_id();
    make_folders(folder_ / "trials");
    write_file_atomic(folder_ / "trials" / (id + ".failed.json"),
                      Json({{"status", status}, {"message", message}}).dump());
    return id;
  }

  std::string open() { return next_id(); }

  ResultFixture& latency(const std::string& session, const Json& trials, bool contended = false) {
    const Json record = {{"trials", trials}, {"aa_ratio", 1.004}, {"contended", contended}, {"host", Json::object()}};
    commit_artefact(folder_ / "latency" / session, {{"record.json", record.dump(1)}});
    return *this;
  }

  const std::filesystem::path& finish() {
    make_folders(folder_);
    write_file_atomic(folder_ / "plan.json", plan_.dump(1));
    return folder_;
  }

 private:
  static Json scores(const std::vector<Scores::Cell>& cells) {
    std::vector<double> domain(2, 0.0);
    for (const auto& cell : cells) domain[static_cast<size_t>(cell.domain)] += cell.sum / kGroups;
    const double macro = (domain[0] + domain[1]) / 2;
    return {{"domain", domain}, {"macro", macro},        {"worst", std::min(domain[0], domain[1])},
            {"iqm", macro},     {"nll", 1 - macro / 10}, {"ece", 0.05},
            {"brier", 0.2}};
  }

  Json header(const std::string& id, const std::string& status, const std::string& message) const {
    return {
        {"format", 1},
        {"id", id},
        {"status", status},
        {"message", message},
        {"seed", 0},
        {"undertrained", false},
        {"params_total", 5000},
        {"params_active", 4000},
        {"infer_flops", 1e4},
        {"ledger", Json::array()},
        {"measured", {{"train_cpu_s", 2.5}, {"assemble_cpu_s", 0.5}, {"peak_memory_bytes", 1 << 20}, {"isa", "AVX2"}}}};
  }

  // The digest covers all but what times, places and hosts explain.
  void commit(const std::string& id, Json record) {
    const Json measured = record.at("measured");
    record.erase("measured");
    record["digest"] = sha256(canonical(record));
    record["measured"] = measured;
    commit_artefact(folder_ / "trials" / id, {{"record.json", record.dump(1)}, {"metrics.jsonl", ""}});
  }

  std::filesystem::path folder_;
  std::string code_;
  Json plan_;
};

inline Json timed(double p50_s, const Json& p99_s, bool bound = false) {
  const Json times = {{"p50_s", p50_s}, {"p95_s", 2 * p50_s},   {"p99_s", p99_s},    {"cpu_s", p50_s},
                      {"samples", 700}, {"bound_s", p50_s / 2}, {"efficiency", 0.5}, {"implementation_bound", bound}};
  return {{"batches", {{"1", times}, {"8", times}}},
          {"spans", {{"router_s", 0.0}, {"experts_s", p50_s}, {"combine_s", 0.0}}}};
}

}  // namespace loom::testing
