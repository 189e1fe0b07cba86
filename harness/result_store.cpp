// SPDX-License-Identifier: Apache-2.0
#include "harness/result_store.h"

#include <array>
#include <set>
#include <span>
#include <unordered_set>
#include <utility>

#include "harness/calibrated.h"
#include "harness/cells.h"
#include "harness/error.h"
#include "harness/io.h"
#include "harness/latency_sessions.h"
#include "harness/parallel.h"
#include "harness/tuning.h"

namespace loom {
namespace result_store_detail {
namespace {

namespace fs = std::filesystem;

// JSON has no NaN: a score that does not exist is null.
double number(const Json& value) { return value.is_null() ? kUnknown : value.get<double>(); }

SplitScores split_scores(const Json& scores) {
  SplitScores out;
  for (const Json& value : scores.at("domain")) out.domain.push_back(number(value));
  out.macro = number(scores.at("macro"));
  out.nll = number(scores.at("nll"));
  if (!scores.at("ece").is_null()) out.ece = scores.at("ece").get<double>();
  if (const Json auroc = scores.value("rejection_auroc", Json()); !auroc.is_null()) out.rejection_auroc = auroc;
  return out;
}

MemberScores member_scores(const Json& scores) {
  MemberScores out;
  for (const Json& row : scores.at("member_domain")) {
    std::vector<double>& domain = out.domain.emplace_back();
    for (const Json& value : row) domain.push_back(number(value));
  }
  out.sample_oracle = number(scores.at("sample_oracle").at("macro"));
  out.solved_by_one = number(scores.at("solved_by_one").at("macro"));
  out.params = number(scores.at("params"));
  return out;
}

TrialResult trial_result(Json record) {
  TrialResult out;
  out.status = record.at("status").get<std::string>();
  out.message = record.at("message").get<std::string>();
  const Json& measured = record.at("measured");
  out.train_cpu_s = number(measured.at("train_cpu_s"));
  out.peak_memory_bytes = number(measured.at("peak_memory_bytes"));
  out.isa = measured.at("isa").get<std::string>();
  out.digest = record.at("digest").get<std::string>();
  out.undertrained = record.at("undertrained").get<bool>();
  for (const Json& charge : record.value("ledger", Json::array())) out.train_flops += number(charge.at("flops"));
  if (out.status != "ok") return out;
  out.test = split_scores(record.at("scores").at("test"));
  out.validation = split_scores(record.at("scores").at("validation"));
  if (record.contains("replicates")) {
    out.replicates = decode_replicates(record.at("replicates"));
    return out;
  }
  out.cells = std::move(record.at("cells"));
  out.layout = record.at("layout").get<std::string>();
  out.members = record.value("members", out.members);
  if (const Json scores = record.value("member_scores", Json()); !scores.is_null())
    out.member_scores = member_scores(scores);
  out.stream = record.value("stream", Json());
  return out;
}

constexpr int kFormat = 1;

TrialResult known_format(const fs::path& file, Json record) {
  const Json& format = record.at("format");
  if (format != kFormat) throw InputError(file.string() + ": format " + format.dump() + "; this loom reads format 1");
  return trial_result(std::move(record));
}

// What the run command leaves where a trial has no record.
TrialResult failed_result(const Json& failure) {
  TrialResult out;
  out.status = failure.at("status").get<std::string>();
  out.message = failure.value("message", "");
  return out;
}

// Most of a large file, and nothing here asks for it.
constexpr std::array<std::string_view, 3> kUnreadOfPlan = {"trials", "members", "pending"};
constexpr std::array<std::string_view, 5> kUnreadOfRecord = {"component", "routing", "suite", "test_openings", "train"};

// A file's value, turned by `read`; whatever is wrong in it is told with its name.
template <class Read>
auto understood(const fs::path& file, Read read, std::span<const std::string_view> unread = {}) {
  try {
    return read(parse_json(read_file(file), file.string(), unread));
  } catch (const Json::exception& error) {
    throw InputError(file.string() + ": not what loom wrote (" + error.what() + "); see loom verify");
  }
}

PlannedCosts planned_costs(const Json& costs, const Json& ratios) {
  return {.train_flops = number(costs.at("train_flops")),
          .infer_flops = number(costs.at("infer_flops")),
          .params_total = number(costs.at("params_total")),
          .params_active = number(costs.at("params_active")),
          .samples = number(costs.at("samples")),
          .ratio_train_flops = number(ratios.at("train_flops")),
          .ratio_infer_flops = number(ratios.at("infer_flops")),
          .ratio_params = number(ratios.at("params")),
          .ratio_samples = number(ratios.at("samples"))};
}

PlannedRow planned_row(const Json& row) {
  const auto text = [&](const char* key) { return row.at(key).get<std::string>(); };
  PlannedRow out = {.suite = text("suite"),
                    .arm = text("arm"),
                    .architecture = text("architecture"),
                    .family = text("family"),
                    .column = text("column"),
                    .role = text("role"),
                    .information_level = text("information_level"),
                    .component = row.at("component"),
                    .status = text("status"),
                    .reason = text("reason"),
                    .trials = row.at("trials").get<std::vector<std::string>>(),
                    .costs = {},
                    .search_flops = search_flops(row),
                    .edge = row.value("edge", "")};
  if (row.contains("costs")) out.costs = planned_costs(row.at("costs"), row.at("ratios"));
  return out;
}

SuiteFacts suite_facts(const Json& facts) {
  SuiteFacts out;
  out.metric = facts.at("metric").get<std::string>();
  out.licence = facts.at("licence").get<std::string>();
  out.source = facts.at("source").get<std::string>();
  out.digest = facts.at("digest").get<std::string>();
  out.higher_is_better = facts.at("higher_is_better").get<bool>();
  out.domains = facts.at("domains").get<std::vector<std::string>>();
  out.test_items = facts.at("test_items").get<int64_t>();
  out.imported = facts.contains("suite") && facts.at("suite").value("name", "") == "imported";
  out.seeds = facts.value("seeds", 0);
  out.config = facts.value("config", "");
  return out;
}

void add_settings(SuiteFacts& suite, const Json& config, const Json& overall_margin) {
  if (!suite.imported) suite.seeds = config.value("seeds", 0) * config.value("replicates", 1);
  const Json own = config.value("margin", Json());
  if (const Json& margin = own.is_null() ? overall_margin : own; !margin.is_null()) suite.margin = margin.get<double>();
  const Json reference = config.value("reference", Json::object());
  if (reference.contains("component")) suite.reference = reference.at("component").at("name").get<std::string>();
}

// What the config says of each suite, beside what the suite says of itself.
void add_settings(ResultStore& store) {
  const Json& experiment = store.experiment;
  store.quick = experiment.value("quick", false);
  const Json statistics = experiment.value("statistics", Json::object());
  store.confidence = statistics.value("confidence", store.confidence);
  store.resamples = statistics.value("resamples", store.resamples);
  const Json overall = statistics.value("margin", Json());
  for (const Json& config : experiment.at("suites")) {
    const std::string label = config.at("label").get<std::string>();
    for (auto& [name, suite] : store.suites)
      if (name == label || suite.config == label) add_settings(suite, config, overall);
  }
}

// The trial's record, else its failure, else nothing: it has not run yet.
std::optional<TrialResult> read_trial(const fs::path& trials, const std::string& id) {
  const fs::path record = trials / id / "record.json", failure = trials / (id + ".failed.json");
  std::error_code ignored;
  if (fs::exists(record, ignored)) {
    return understood(
        record, [&](Json value) { return known_format(record, std::move(value)); }, kUnreadOfRecord);
  }
  if (fs::exists(failure, ignored)) return understood(failure, failed_result);
  return std::nullopt;
}

// A trial of the plan and the suite of the first row that has it.
struct PlannedTrial {
  const std::string* id;
  const SuiteFacts* suite;
};

std::vector<PlannedTrial> planned_trials(const ResultStore& store) {
  std::vector<PlannedTrial> out;
  std::unordered_set<std::string_view> seen;
  for (const PlannedRow& row : store.rows)
    for (const std::string& id : row.trials)
      if (seen.insert(id).second) out.push_back({&id, &store.suites.at(row.suite)});
  return out;
}

void read_layout(ResultStore& store, const std::string& id, const std::string& layout, const SuiteFacts& suite) {
  if (layout.empty() || store.layouts.contains(layout)) return;
  if (!safe_name(layout)) throw InputError("trial " + id + ": its layout is not a plain name");
  const fs::path file = store.folder / "layouts" / (layout + ".json");
  store.layouts[layout] =
      understood(file, [&](const Json& value) { return empty_table(value, std::ssize(suite.domains)); });
}

void read_trials(ResultStore& store) {
  const std::vector<PlannedTrial> planned = planned_trials(store);
  std::vector<std::optional<TrialResult>> found(planned.size());
  parallel_for(planned.size(), [&](size_t i) {
    const std::string& id = *planned[i].id;
    if (!safe_name(id)) throw InputError((store.folder / "plan.json").string() + ": a trial id is not a plain name");
    found[i] = read_trial(store.folder / "trials", id);
  });
  for (size_t i = 0; i < planned.size(); ++i) {
    if (!found[i]) continue;
    read_layout(store, *planned[i].id, found[i]->layout, *planned[i].suite);
    store.trials.emplace(*planned[i].id, std::move(*found[i]));
  }
}

// plan.json as a value; `unread` as in parse_json.
Json plan_of(const fs::path& folder, std::span<const std::string_view> unread) {
  const auto check_keys = [](Json plan) {
    for (const char* key : {"experiment", "rows", "trials", "suites"}) plan.at(key);
    return plan;
  };
  return understood(folder / "plan.json", check_keys, unread);
}

std::string text_or_nothing(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// All of the plan that a table needs.
void read_rows(ResultStore& store) {
  const fs::path file = store.folder / "plan.json";
  const Json plan = plan_of(store.folder, kUnreadOfPlan);
  store.experiment = plan.at("experiment");
  store.searches = plan.value("searches", Json::array());
  store.plan_key = text_or_nothing(plan, "key");
  for (const char* part : {"imported", "planted", "engine"})
    if (const std::string digest = text_or_nothing(plan.value("code", Json::object()), part); !digest.empty())
      store.code = digest;
  try {
    for (const auto& [label, facts] : plan.at("suites").items()) store.suites[label] = suite_facts(facts);
    add_settings(store);
    for (const Json& row : plan.at("rows")) store.rows.push_back(planned_row(row));
  } catch (const Json::exception& error) {
    throw InputError(file.string() + ": not what loom wrote (" + error.what() + ")");
  }
  for (const PlannedRow& row : store.rows)
    if (!store.suites.contains(row.suite)) throw InputError(file.string() + ": a row names no suite of it");
}

}  // namespace
}  // namespace result_store_detail

Json read_plan(const std::filesystem::path& folder) { return result_store_detail::plan_of(folder, {}); }

ResultStore load_results(const std::filesystem::path& folder) {
  using namespace result_store_detail;
  ResultStore store;
  store.folder = folder;
  read_rows(store);
  read_trials(store);
  std::set<std::string> planned;
  for (const PlannedRow& row : store.rows) planned.insert(row.trials.begin(), row.trials.end());
  store.latency = latency_sessions::best(folder / "latency", planned);
  store.calibrated = calibrated(folder);
  return store;
}

}  // namespace loom
