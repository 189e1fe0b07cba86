// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/training_trace.h"

#include <algorithm>
#include <set>

namespace loom {
namespace training_trace_detail {

// Validation accuracy gained, or share of the loss shed, between the last two of the evenly spaced checks.
double gain_of_last_fifth(const Json& curve, const std::string& metric) {
  if (curve.size() < 2 || curve.back().at("validation_loss").is_null()) return 0;
  const Json &last = curve[curve.size() - 1], &before = curve[curve.size() - 2];
  if (metric == "accuracy" || metric == "exact_match")
    return last.at("validation_accuracy").get<double>() - before.at("validation_accuracy").get<double>();
  const double now = last.at("validation_loss"), then = before.at("validation_loss");
  return (then - now) / then;
}

}  // namespace training_trace_detail

TrainingTrace training_trace(const Json& trial, MemberStore& store, const std::string& metric) {
  TrainingTrace trace;
  for (const Json& charge : trial.at("charges")) {
    const Json& member = store.record(charge.at("member"));
    const Json& measured = member.at("measured");
    trace.cpu_s += measured.at("train_cpu_s").get<double>();
    trace.peak_memory_bytes = std::max(trace.peak_memory_bytes, measured.at("peak_memory_bytes").get<int64_t>());
    for (Json line : member.at("curve")) {
      line["member"] = member.at("id");
      trace.curves += line.dump() + "\n";
    }
    if (charge.at("stage") == "seed") continue;
    trace.deployed.push_back(member.at("id"));
    trace.late_gain += training_trace_detail::gain_of_last_fifth(member.at("curve"), metric);
  }
  trace.late_gain /= static_cast<double>(std::max<size_t>(trace.deployed.size(), 1));
  return trace;
}

int64_t bytes_moved(const Json& trial, MemberStore& store) {
  std::set<std::string> seeds;
  for (const Json& charge : trial.at("charges"))
    if (charge.at("stage") == "seed") seeds.insert(charge.at("member"));
  int64_t bytes = 0;
  for (const Json& charge : trial.at("charges")) {
    if (charge.at("participant") < 0) continue;
    const std::string id = charge.at("member");
    const Json& run = store.record(id).at("run");
    const bool fetches =
        run.contains("stitched") || run.contains("outer") || seeds.contains(run.at("parent").get<std::string>());
    bytes += (fetches ? 2 : 1) * store.parameters(id) * int64_t{sizeof(float)};
  }
  return bytes;
}

}  // namespace loom
