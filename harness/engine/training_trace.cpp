// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/training_trace.h"

#include <algorithm>
#include <map>
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

// Parameters that a run fetches before it starts; `at_home`: runs whose weights its participant has.
int64_t fetched(const Json& run, const std::string& id, const std::set<std::string>& seeds,
                std::set<std::string>& at_home, MemberStore& store) {
  int64_t count = 0;
  std::set<std::string> sources;
  for (const Json& source : run.value("stitched", Json::array())) sources.insert(source);
  if (const std::string parent = run.at("parent"); seeds.contains(parent)) sources.insert(parent);
  if (sources.size() == 1 && !run.contains("outer"))
    count += store.parameters(*sources.begin());
  else if (!sources.empty() || run.contains("outer"))
    count += store.parameters(id);  // an average
  for (const Json& layer : run.value("below", Json::object()).value("layers", Json::array()))
    for (const std::string other : layer)
      if (at_home.insert(other).second) count += store.parameters(other);
  return count;
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
  std::map<int64_t, std::set<std::string>> at_home;  // by participant
  int64_t count = 0;
  for (const Json& charge : trial.at("charges")) {
    const auto whose = charge.at("participant").get<int64_t>();
    if (whose < 0) continue;
    const std::string id = charge.at("member");
    const Json& run = store.record(id).at("run");
    count += training_trace_detail::fetched(run, id, seeds, at_home[whose], store) + store.trained_parameters(id);
    at_home[whose].insert(id);
  }
  return count * int64_t{sizeof(float)};
}

}  // namespace loom
