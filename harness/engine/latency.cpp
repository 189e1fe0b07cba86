// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/latency.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "harness/engine/architecture.h"
#include "harness/engine/jobs.h"
#include "harness/engine/latency_probe.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/random.h"
#include "harness/statistics.h"

namespace loom {
namespace latency_detail {

namespace fs = std::filesystem;
constexpr double kLongestCall_s = 0.1, kBlock_s = 0.002, kBenchmark_s = 0.004;
constexpr size_t kPercentile99Queries = 662;  // early-stopping floor of MLPerf LoadGen for the 99th percentile

struct Subject {
  Json facts;  // as in the job
  std::unique_ptr<Model> model;
  const LoadedSuite* suite = nullptr;
};

// One model at one batch size, with its own samples.
struct Cell {
  const Subject* subject = nullptr;
  int64_t batch = 1;
  bool duplicate = false;  // the A/A twin of the first cell
  Batch input;
  double estimate_s = 0, benchmark_cpu_s = 0;
  std::vector<double> wall_s = {}, block_cpu_s = {};
  Spans spans = {};
  int64_t span_calls = 0;
};

Batch make_batch(const LoadedSuite& suite, int64_t rows) {
  const int64_t have = suite.data().size();
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < rows; ++i) indices.push_back((i * 7919) % have);  // spread over domains
  return take_batch(suite.data(), to_tensor(indices, suite.data().inputs.device()));
}

double call(const Cell& cell, Spans* spans = nullptr) {
  const double start = wall_seconds();
  cell.subject->model->log_probs(cell.input, spans);
  return wall_seconds() - start;
}

void warm_up(Cell& cell) {
  cell.estimate_s = call(cell);
  if (cell.estimate_s > 10 * kLongestCall_s) return;
  for (int i = 0; i < 3; ++i) cell.estimate_s = std::min(cell.estimate_s, call(cell));
}

void run_block(Cell& cell) {
  const int calls = std::clamp(static_cast<int>(kBlock_s / cell.estimate_s), 1, 64);
  const double cpu = cpu_seconds();
  for (int i = 0; i < calls; ++i) cell.wall_s.push_back(call(cell));
  cell.block_cpu_s.push_back((cpu_seconds() - cpu) / calls);
}

double median(const std::vector<double>& values) { return quantile(values, 0.5); }

std::vector<Cell> make_cells(const std::vector<Subject>& subjects, const Json& batches) {
  std::vector<Cell> cells;
  for (const Subject& subject : subjects)
    for (const Json& batch : batches) {
      Cell cell{.subject = &subject, .batch = batch, .input = make_batch(*subject.suite, batch)};
      warm_up(cell);
      if (cell.estimate_s <= kLongestCall_s)
        cells.push_back(std::move(cell));
      else
        break;  // larger batches take longer still
    }
  if (!cells.empty()) {
    Cell twin{.subject = cells[0].subject,
              .batch = cells[0].batch,
              .duplicate = true,
              .input = cells[0].input,
              .estimate_s = cells[0].estimate_s};
    cells.push_back(std::move(twin));
  }
  return cells;
}

// Shuffled rounds (strict alternation gave 15 % false alarms in A/A runs, shuffled order 4.7 %).
void run_rounds(std::vector<Cell>& cells, double until_s) {
  for (uint64_t round = 0; round < 3 || wall_seconds() < until_s; ++round) {
    for (const int64_t index : permutation(std::ssize(cells), Stream(0, "latency/order", round))) {
      run_block(cells[static_cast<size_t>(index)]);
      if (round >= 3 && wall_seconds() >= until_s) return;
    }
  }
}

// Enough to draw how the times of all calls are distributed: every fiftieth part, from the shortest to the longest.
Json quantiles(std::span<const double> ascending) {
  constexpr int kParts = 50;
  Json out = Json::array();
  for (int part = 0; part <= kParts; ++part)
    out.push_back(sorted_quantile(ascending, static_cast<double>(part) / kParts));
  return out;
}

Json cell_json(const Cell& cell, double peak, double bandwidth) {
  std::vector<double> wall_s = cell.wall_s;
  std::ranges::sort(wall_s);
  const double p50 = sorted_quantile(wall_s, 0.5), cpu = median(cell.block_cpu_s);
  const double flops = cell.subject->facts.at("infer_flops").get<double>() * static_cast<double>(cell.batch);
  const double bytes = 4.0 * cell.subject->facts.at("params_active").get<double>();
  const double bound = std::max(flops / peak, bytes / bandwidth);
  return {{"p50_s", p50},
          {"p95_s", sorted_quantile(wall_s, 0.95)},
          {"p99_s", wall_s.size() >= kPercentile99Queries ? Json(sorted_quantile(wall_s, 0.99)) : Json(nullptr)},
          {"quantiles_s", quantiles(wall_s)},
          {"cpu_s", cpu},
          {"benchmark_cpu_s", cell.benchmark_cpu_s},
          {"samples", wall_s.size()},
          {"bound_s", bound},
          {"efficiency", bound / cpu},
          {"implementation_bound", false}};
}

// Under half of dense's efficiency at that batch: the time tells of this implementation, not of the architecture.
void flag_implementation_bound(Json& trials, const std::vector<Subject>& subjects) {
  for (const Subject& subject : subjects) {
    const auto dense = std::ranges::find_if(subjects, [&](const Subject& other) {
      return other.suite == subject.suite && other.facts.at("architecture") == "dense";
    });
    if (dense == subjects.end()) continue;
    const Json& reference = trials[dense->facts.at("trial").get<std::string>()]["batches"];
    for (auto& [batch, values] : trials[subject.facts.at("trial").get<std::string>()]["batches"].items())
      if (reference.contains(batch))
        values["implementation_bound"] =
            values["efficiency"].get<double>() < 0.5 * reference[batch]["efficiency"].get<double>();
  }
}

void run_benchmarks(std::vector<Cell>& cells) {
  std::vector<std::pair<std::string, std::function<void()>>> calls;
  for (size_t i = 0; i < cells.size(); ++i)
    calls.emplace_back("cell" + std::to_string(i), [cell = &cells[i]] { call(*cell); });
  const std::vector<double> seconds = benchmark_cpu_s(calls, kBenchmark_s);
  for (size_t i = 0; i < cells.size(); ++i) cells[i].benchmark_cpu_s = seconds[i];
}

std::vector<Subject> load_subjects(const Json& job, Suites& suites, at::Device device) {
  std::vector<Subject> subjects;
  const fs::path trials = fs::path(job.at("results").get<std::string>()) / "trials";
  for (const Json& facts : job.at("models")) {
    const std::string id = facts.at("trial");
    const Json state = parse_json(read_artefact(trials / id, "model.json"), id);
    const Arrays arrays = decode_safetensors(read_artefact(trials / id, "model.safetensors"), id);
    const LoadedSuite& suite = load_suite(suites, facts.at("suite"), device);
    subjects.push_back(
        {facts, find_architecture(facts.at("architecture").get<std::string>()).restore(state, arrays, device), &suite});
  }
  return subjects;
}

Json session_record(const std::vector<Cell>& cells, const std::vector<Subject>& subjects,
                    const Contention& contention) {
  Json trials = Json::object();
  const double bandwidth = read_bandwidth();
  std::map<std::pair<int64_t, int64_t>, double> peaks;
  double first_p50 = 0, twin_p50 = 0;
  for (const Cell& cell : cells) {
    if (cell.duplicate) {
      twin_p50 = median(cell.block_cpu_s);
      continue;
    }
    if (first_p50 == 0) first_p50 = median(cell.block_cpu_s);
    const bool tokens = cell.subject->suite->shape().kind == InputKind::tokens;
    const int64_t rows = cell.batch * (tokens ? cell.subject->suite->shape().input_dim : 1),
                  width = cell.subject->facts.at("width");
    auto [peak, fresh] = peaks.try_emplace({rows, width}, 0);
    if (fresh) peak->second = gemm_peak(rows, width);
    Json& entry = trials[cell.subject->facts.at("trial").get<std::string>()];
    entry["batches"][std::to_string(cell.batch)] = cell_json(cell, peak->second, bandwidth);
    if (cell.batch == 1)
      entry["spans"] = {
          {"router_s", cell.spans.router_s}, {"experts_s", cell.spans.experts_s}, {"combine_s", cell.spans.combine_s}};
  }
  flag_implementation_bound(trials, subjects);
  return {{"trials", trials},
          {"aa_ratio", first_p50 > 0 ? Json(twin_p50 / first_p50) : Json(nullptr)},
          {"contended", contention.busy()},
          {"contention",
           {{"pressure_s", contention.pressure_s}, {"stolen_s", contention.stolen_s}, {"wall_s", contention.wall_s}}},
          {"bandwidth_bytes_per_s", bandwidth}};
}

}  // namespace latency_detail

Json run_latency_job(const Json& job, Suites& suites, at::Device device) {
  using namespace latency_detail;
  c10::InferenceMode inference;
  const double start = wall_seconds();
  const std::vector<Subject> subjects = load_subjects(job, suites, device);
  std::vector<Cell> cells = make_cells(subjects, job.at("batches"));
  run_benchmarks(cells);
  for (Cell& cell : cells)
    if (cell.batch == 1)
      for (int i = 0; i < 5; ++i) {
        Spans spans;
        call(cell, &spans);
        if (i == 0) continue;  // the last four, averaged
        cell.spans = {cell.spans.router_s + spans.router_s / 4, cell.spans.experts_s + spans.experts_s / 4,
                      cell.spans.combine_s + spans.combine_s / 4};
      }
  const ContentionMeter meter;
  run_rounds(cells, start + job.at("seconds").get<double>());
  Json record = session_record(cells, subjects, meter.stop());
  record["job"] = job;
  record["job"].erase("results");  // a path of this machine
  commit_artefact(fs::path(job.at("results").get<std::string>()) / "latency" / job.at("session").get<std::string>(),
                  {{"record.json", record.dump(1)}});
  return {{"work_cpu_s", cpu_seconds()}, {"aa_ratio", record["aa_ratio"]}};
}

}  // namespace loom
