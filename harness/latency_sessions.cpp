// SPDX-License-Identifier: Apache-2.0
#include "harness/latency_sessions.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "harness/error.h"
#include "harness/io.h"

namespace loom::latency_sessions {
namespace {

namespace fs = std::filesystem;

int64_t batch_size(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw InputError("a batch size is not a number");
  return value;
}

LatencySession session(const std::string& name, const Json& record) {
  LatencySession out;
  out.name = name;
  out.contended = record.at("contended").get<bool>();
  if (!record.at("aa_ratio").is_null()) out.aa_ratio = record.at("aa_ratio").get<double>();
  for (const auto& [trial, entry] : record.at("trials").items()) {
    if (!entry.contains("batches")) continue;
    for (const auto& [batch, times] : entry.at("batches").items()) {
      BatchLatency& latency = out.trials[trial][batch_size(batch)];
      latency.p50_s = times.at("p50_s").get<double>();
      if (!times.at("p99_s").is_null()) latency.p99_s = times.at("p99_s").get<double>();
      latency.implementation_bound = times.at("implementation_bound").get<bool>();
    }
  }
  return out;
}

LatencySession read(const fs::path& file, const std::string& name) {
  try {
    return session(name, parse_json(read_file(file), file.string()));
  } catch (const Json::exception& error) {
    throw InputError(file.string() + ": not what loom wrote (" + error.what() + "); see loom verify");
  }
}

}  // namespace

std::optional<LatencySession> best(const fs::path& folder, const std::set<std::string>& planned) {
  std::optional<LatencySession> found;
  std::tuple<int64_t, fs::file_time_type, std::string> rank;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path file = entry.path() / "record.json";
    const std::string name = entry.path().filename().string();
    if (!safe_name(name) || !fs::exists(file, ignored)) continue;
    LatencySession candidate = read(file, name);
    const auto timed =
        std::ranges::count_if(candidate.trials, [&](const auto& item) { return planned.contains(item.first); });
    const std::tuple of_candidate(static_cast<int64_t>(timed), fs::last_write_time(file, ignored), name);
    if (timed == 0 || (found && of_candidate < rank)) continue;
    rank = of_candidate;
    found = std::move(candidate);
  }
  return found;
}

}  // namespace loom::latency_sessions
