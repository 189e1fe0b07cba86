// SPDX-License-Identifier: Apache-2.0
#include "harness/report/trial_detail.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/parallel.h"

namespace loom::report {
namespace trial_detail {
namespace {

constexpr std::array<std::string_view, 6> kUnread = {"cells",  "component", "member_scores",
                                                     "scores", "stream",    "suite"};

std::optional<double> known(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? std::nullopt : std::optional(found->get<double>());
}

Charge charge_of(const Json& value) {
  return {.stage = value.at("stage").get<std::string>(),
          .member = value.value("member", ""),
          .flops = value.at("flops").get<double>(),
          .samples = known(value, "samples").value_or(0),
          .participant = value.value("participant", int64_t{-1})};
}

Routing routing_of(const Json& value, const std::string& what) {
  Routing out;
  out.what = what;
  for (const Json& row : value.at("load")) {
    std::vector<double>& shares = out.load.emplace_back();
    for (const Json& share : row) shares.push_back(share.is_null() ? kUnknown : share.get<double>());
  }
  out.entropy = known(value, "entropy");
  out.accuracy = known(value, "accuracy");
  out.dead = known(value, "dead");
  return out;
}

std::vector<CurvePoint> curve_of(const std::filesystem::path& file) {
  std::vector<CurvePoint> out;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return out;
  const std::string text = read_file(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (const auto line = std::string_view(text).substr(at, end - at); !line.empty()) {
      const Json value = parse_json(line, file.string());
      out.push_back({.member = value.at("member").get<std::string>(),
                     .step = value.at("step").get<double>(),
                     .validation_loss = known(value, "validation_loss").value_or(kUnknown)});
    }
    at = end + 1;
  }
  return out;
}

TrialDetail detail_of(const Json& record) {
  TrialDetail out;
  for (const Json& charge : record.value("ledger", Json::array())) out.ledger.push_back(charge_of(charge));
  if (const Json routing = record.value("routing", Json()); !routing.is_null()) {
    if (routing.contains("load")) out.routing.push_back(routing_of(routing, "members"));
    const Json layers = routing.value("layers", Json::array());
    for (size_t i = 0; i < layers.size(); ++i)
      out.routing.push_back(routing_of(layers[i], "layer " + std::to_string(i + 1)));
  }
  out.train = record.value("train", Json());
  const Json& measured = record.at("measured");
  out.assemble_cpu_s = known(measured, "assemble_cpu_s").value_or(kUnknown);
  out.energy_reason = measured.value("energy_reason", "");
  out.bytes_moved = known(record, "bytes_moved").value_or(kUnknown);
  return out;
}

TrialDetail read_detail(const std::filesystem::path& folder) {
  const std::filesystem::path record = folder / "record.json";
  try {
    TrialDetail out = detail_of(parse_json(read_file(record), record.string(), kUnread));
    out.curve = curve_of(folder / "metrics.jsonl");
    return out;
  } catch (const Json::exception& error) {
    throw InputError(folder.string() + ": not what loom wrote (" + error.what() + "); see loom verify");
  }
}

}  // namespace
}  // namespace trial_detail

std::map<std::string, TrialDetail> read_details(const ResultStore& store) {
  std::vector<const std::string*> ids;
  for (const auto& [id, trial] : store.trials)
    if (!trial.digest.empty()) ids.push_back(&id);
  std::vector<TrialDetail> found(ids.size());
  parallel_for(ids.size(), [&](size_t i) { found[i] = trial_detail::read_detail(store.folder / "trials" / *ids[i]); });
  std::map<std::string, TrialDetail> out;
  for (size_t i = 0; i < ids.size(); ++i) out.emplace(*ids[i], std::move(found[i]));
  return out;
}

}  // namespace loom::report
