// SPDX-License-Identifier: Apache-2.0
#include "harness/planted_trial.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "harness/cells.h"
#include "harness/hash.h"
#include "harness/worker_pool.h"  // interrupted

namespace loom {
namespace planted_trial_detail {
namespace {

constexpr int64_t kValidationPart = 4;

// One line per replicate: the macro score; and the mean of every domain.
struct Tally {
  std::vector<double> macro, domain;
};

std::optional<Tally> tally(const PlantedSource& suite, const ClosedForm& form, const Json& trial, int64_t first,
                           int64_t count) {
  Tally out;
  for (int64_t replicate = first; replicate < first + count; ++replicate) {
    if (interrupted()) return std::nullopt;
    const World world = suite.draw(trial.at("suite"), trial.at("seed"), replicate);
    const std::vector<double> scores = form.fit(trial.at("component"), world);
    out.domain.resize(scores.size());
    for (size_t d = 0; d < scores.size(); ++d) out.domain[d] += scores[d] / static_cast<double>(count);
    out.macro.push_back(mean(scores));
  }
  return out;
}

Json split_scores(const Tally& tally) {
  return {{"domain", tally.domain},
          {"macro", mean(tally.macro)},
          {"worst", std::ranges::max(tally.domain)},
          {"iqm", interquartile_mean(tally.domain)},
          {"nll", nullptr},
          {"ece", nullptr},
          {"brier", nullptr}};
}

bool all_finite(const Tally& tally) {
  return std::ranges::all_of(tally.macro, [](double value) { return std::isfinite(value); });
}

// The C library chooses its kernels by these, so they explain a last bit.
std::string isa() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return "AVX512";
  if (__builtin_cpu_supports("avx2")) return "AVX2";
#endif
  return "DEFAULT";
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Json header(const PlantedSource& suite, const std::string& id, const Json& trial) {
  const Json& costs = trial.at("costs");
  Json record = {{"format", 1}, {"id", id}, {"metric", suite.metric}, {"status", "ok"}, {"message", ""}};
  for (const char* key : {"suite", "suite_digest", "seed", "component", "members", "samples", "train"})
    record[key] = trial.at(key);
  for (const char* key : {"params_total", "params_active", "infer_flops"}) record[key] = costs.at(key);
  record["ledger"] = Json::array({{{"stage", "members"},
                                   {"flops", costs.at("train_flops")},
                                   {"samples", trial.at("samples")},
                                   {"participant", -1}}});
  record["bytes_moved"] = 0;
  record["routing"] = nullptr;
  record["late_gain"] = 0;
  record["undertrained"] = false;
  record["test_openings"] = Json::array();
  return record;
}

}  // namespace
}  // namespace planted_trial_detail

std::map<std::string, std::string> run_planted(const PlantedSource& suite, const ClosedForm& form,
                                               const std::string& id, const Json& trial) {
  using namespace planted_trial_detail;
  const double start_s = cpu_seconds();
  const auto replicates = trial.at("replicates").get<int64_t>();
  const auto test = tally(suite, form, trial, 0, replicates);
  const auto validation = tally(suite, form, trial, replicates, (replicates + kValidationPart - 1) / kValidationPart);
  if (!test || !validation) return {};
  Json record = header(suite, id, trial);
  if (all_finite(*test) && all_finite(*validation)) {
    record["scores"] = {{"test", split_scores(*test)}, {"validation", split_scores(*validation)}};
    record["replicates"] = encode_replicates(test->macro);
  } else {
    record["status"] = "diverged";
    record["message"] = "a score is not finite";
  }
  record["digest"] = sha256(canonical(record));
  record["measured"] = {{"train_cpu_s", cpu_seconds() - start_s},
                        {"assemble_cpu_s", 0.0},
                        {"peak_memory_bytes", nullptr},
                        {"energy_j", nullptr},
                        {"energy_reason", "no energy counter is read"},
                        {"isa", isa()}};
  return {{"record.json", record.dump(1)}, {"metrics.jsonl", ""}};
}

}  // namespace loom
