// SPDX-License-Identifier: Apache-2.0
#include "harness/planting.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "harness/cells.h"
#include "harness/crossover.h"
#include "harness/error.h"
#include "harness/hash.h"
#include "harness/planting_rows.h"
#include "harness/text_numbers.h"

namespace loom {
namespace planting_detail {
namespace {

constexpr double kPerUnit = 1e4;  // probes have four decimals
constexpr double kTruthTolerance = 1e-7;
constexpr uint64_t kBootstrapSeed = 0;

int sign(double value) { return (value > 0) - (value < 0); }

// Adds one suite of the config to the plan.
class Planting {
 public:
  Planting(const SuiteConfig& config, const Json& statistics, std::shared_ptr<const planting::Catalogue> catalogue,
           const RecordReader& record, LocalPlan& out)
      : config_(config),
        statistics_(statistics),
        record_(record),
        out_(out),
        rows_(config, std::move(catalogue), out) {}

  void add() {
    if (config_.search.is_null()) {
      rows_.add(config_.label, config_.suite);
    } else {
      search();
    }
  }

 private:
  size_t arm_index(const Json& label) const {
    const auto found = std::ranges::find_if(config_.arms, [&](const ArmConfig& arm) { return arm.label == label; });
    check(found != config_.arms.end(), "a search names arms of its suite");
    return static_cast<size_t>(found - config_.arms.begin());
  }

  Json suite_at(double value) const {
    Json suite = config_.suite;
    suite[config_.search.at("over").get<std::string>()] = value;
    return suite;
  }

  std::string label_at(double value) const {
    return config_.label + " " + config_.search.at("over").get<std::string>() + "=" + number_text(value);
  }

  // Positive where the first arm of `between` is better, one number per replicate and seed. Without all records its
  // trials become pending.
  std::optional<std::vector<double>> differences(double value) {
    std::vector<double> scores[2];
    bool complete = true;
    for (size_t side = 0; side < 2; ++side) {
      const size_t arm = arm_index(config_.search.at("between")[side]);
      for (int seed = 0; seed < config_.seeds; ++seed) {
        const std::string id = rows_.add_trial(arm, suite_at(value), static_cast<uint64_t>(seed), "search");
        const auto record = record_(id);
        if (!record) out_.plan["pending"].push_back(id);
        complete = complete && record.has_value();
        if (!complete) continue;
        if (record->at("status") != "ok")
          throw InputError("suite " + label_at(value) + ": '" + config_.arms[arm].label +
                           "' has no finite score, so that nothing can be searched");
        const std::vector<double> own = decode_replicates(record->at("replicates"));
        scores[side].insert(scores[side].end(), own.begin(), own.end());
      }
    }
    if (!complete) return std::nullopt;
    for (size_t i = 0; i < scores[0].size(); ++i) scores[0][i] = scores[1][i] - scores[0][i];
    return scores[0];
  }

  void search() {
    const Json& search = config_.search;
    const RootRange range = {search.at("low"), search.at("high"), search.at("tolerance"), kPerUnit};
    std::vector<CrossoverProbe> known;
    const RootSearch root = find_root(range, [&](double value) -> std::optional<double> {
      auto found = differences(value);
      if (!found) return std::nullopt;
      known.push_back({value, std::move(*found)});
      return mean(known.back().differences);
    });
    if (!root.missing.empty()) return;
    Json entry = {{"suite", config_.label},
                  {"over", search.at("over")},
                  {"between", search.at("between")},
                  {"probes", root.probes.size()},
                  {"sign_low", sign(mean(known[0].differences))},
                  {"sign_high", sign(mean(known[1].differences))},
                  {"true", truth(range)}};
    report(root, known, range, entry);
    out_.plan["searches"].push_back(std::move(entry));
  }

  // Completes the entry of plan.json and adds the rows: at the crossover and beside it, or at both ends.
  void report(const RootSearch& root, std::vector<CrossoverProbe>& known, const RootRange& range, Json& entry) {
    std::vector<double> shown = {range.low, range.high};
    entry["found"] = entry["low"] = entry["high"] = nullptr;
    entry["message"] = "no crossover in [" + number_text(range.low) + ", " + number_text(range.high) + "]";
    if (root.crosses) {
      std::ranges::sort(known, {}, &CrossoverProbe::at);
      const Interval interval = crossover_interval(known, root.found, kBootstrapSeed, statistics_.at("resamples"),
                                                   statistics_.at("confidence"));
      entry["found"] = root.found;
      entry["low"] = interval.low;
      entry["high"] = interval.high;
      entry["message"] = "";
      shown = {root.found};
      if (const Json& beside = config_.search.at("beside"); !beside.is_null())
        for (const int side : {-1, 1}) shown.push_back(root.found + side * beside.get<double>());
      for (double& value : shown) value = std::clamp(on_grid(range, value), range.low, range.high);
      std::ranges::sort(shown);
      shown.erase(std::ranges::unique(shown).begin(), shown.end());
    }
    entry["labels"] = Json::array();
    for (const double value : shown) {
      entry["labels"].push_back(label_at(value));
      rows_.add(label_at(value), suite_at(value));
    }
  }

  // Where the closed forms cross; null where one is not known, or they do not cross here.
  Json truth(const RootRange& range) const {
    const size_t a = arm_index(config_.search.at("between")[0]), b = arm_index(config_.search.at("between")[1]);
    const RootRange fine = {range.low, range.high, kTruthTolerance, 0};
    const RootSearch root = find_root(fine, [&](double value) -> std::optional<double> {
      const auto one = rows_.expected(a, suite_at(value)), other = rows_.expected(b, suite_at(value));
      return one && other ? std::optional(*other - *one) : std::nullopt;
    });
    return root.missing.empty() && root.crosses ? Json(root.found) : Json();
  }

  const SuiteConfig& config_;
  const Json& statistics_;
  const RecordReader& record_;
  LocalPlan& out_;
  planting::Rows rows_;
};

}  // namespace
}  // namespace planting_detail

std::string planted_digest(const Json& suite) { return sha256(canonical(suite)); }

LocalPlanner planted_planner(std::vector<SuiteSource> suites, std::vector<ClosedForm> forms, const Json& digests) {
  using namespace planting_detail;
  Json code = {{"engine", digests.at("planted")}, {"components", Json::object()}};  // nothing else decides these bits
  for (const auto& [name, digest] : digests.at("components").items())
    if (name.starts_with("suite/") || name.starts_with("closed_form/")) code["components"][name] = digest;
  const std::shared_ptr<const planting::Catalogue> catalogue =
      std::make_shared<planting::Catalogue>(planting::Catalogue{std::move(suites), std::move(forms), code});
  return {.name = "planted",
          .takes = [](const SuiteConfig& suite) { return suite.replicates > 0; },
          .code = code,
          .plan =
              [catalogue](const Experiment& experiment, const RecordReader& record) {
                LocalPlan out;
                out.plan = {{"rows", Json::array()},    {"trials", Json::object()}, {"members", Json::object()},
                            {"suites", Json::object()}, {"pending", Json::array()}, {"searches", Json::array()}};
                for (const SuiteConfig& config : experiment.suites)
                  Planting(config, experiment.statistics, catalogue, record, out).add();
                return out;
              }};
}

}  // namespace loom
