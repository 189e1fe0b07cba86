// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "harness/error.h"
#include "harness/exact_binomial.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"

namespace loom {
namespace table_json_detail {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>({"suite",
                                                        "arm",
                                                        "architecture",
                                                        "family",
                                                        "column",
                                                        "information_level",
                                                        "role",
                                                        "seeds",
                                                        "seeds_failed",
                                                        "metric",
                                                        "higher_is_better",
                                                        "score",
                                                        "score_ci_low",
                                                        "score_ci_high",
                                                        "worst_domain_score",
                                                        "nll",
                                                        "ece",
                                                        "params_total",
                                                        "params_active",
                                                        "train_flops",
                                                        "infer_flops",
                                                        "ratio_train_flops",
                                                        "ratio_infer_flops",
                                                        "ratio_params",
                                                        "ratio_samples",
                                                        "train_cpu_s",
                                                        "peak_memory_bytes",
                                                        "latency_p50_s",
                                                        "latency_p99_s",
                                                        "flags",
                                                        "status"});

constexpr auto kDomainKeys = std::to_array<std::string_view>(
    {"suite", "arm", "architecture", "family", "column", "information_level", "role", "seeds", "seeds_failed", "metric",
     "higher_is_better", "domain", "score", "items", "exact_low", "exact_high", "status"});

// Whole numbers as such: parameters and bytes are counts. Not finite is null.
Json number(double value) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < kExact) return static_cast<int64_t>(value);
  return value;
}

Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

void add_costs(Json& out, const std::optional<PlannedCosts>& costs) {
  const auto cost = [&](double PlannedCosts::*field) { return costs ? number((*costs).*field) : Json(nullptr); };
  out["params_total"] = cost(&PlannedCosts::params_total);
  out["params_active"] = cost(&PlannedCosts::params_active);
  out["train_flops"] = cost(&PlannedCosts::train_flops);
  out["infer_flops"] = cost(&PlannedCosts::infer_flops);
  out["ratio_train_flops"] = cost(&PlannedCosts::ratio_train_flops);
  out["ratio_infer_flops"] = cost(&PlannedCosts::ratio_infer_flops);
  out["ratio_params"] = cost(&PlannedCosts::ratio_params);
  out["ratio_samples"] = cost(&PlannedCosts::ratio_samples);
}

Json identity(const ComparedRow& row, const ComparedBlock& block) {
  return {{"suite", block.suite},
          {"arm", row.plan.arm},
          {"architecture", row.plan.architecture},
          {"family", row.plan.family},
          {"column", block.column},
          {"information_level", row.plan.information_level},
          {"role", row.plan.role},
          {"seeds", row.seeds},
          {"seeds_failed", row.seeds_failed},
          {"metric", block.metric},
          {"higher_is_better", block.higher_is_better},
          {"status", text_or_null(row.status)}};
}

Json row_json(const ComparedRow& row, const ComparedBlock& block) {
  Json out = identity(row, block);
  out["score"] = number(row.score);
  out["score_ci_low"] = row.interval ? number(row.interval->low) : Json(nullptr);
  out["score_ci_high"] = row.interval ? number(row.interval->high) : Json(nullptr);
  out["worst_domain_score"] = number(row.worst_domain);
  out["nll"] = number(row.nll);
  out["ece"] = number(row.ece);
  add_costs(out, row.plan.costs);
  out["train_cpu_s"] = number(row.train_cpu_s);
  out["peak_memory_bytes"] = number(row.peak_memory_bytes);
  out["latency_p50_s"] = number(row.latency_p50_s);
  out["latency_p99_s"] = number(row.latency_p99_s);
  out["flags"] = row.flags;
  return out;
}

// The exact interval of one model on a domain's items, whose number it names; null where scores are no shares.
void add_exact(Json& out, const Table& table, const ComparedBlock& block, size_t domain, const Json& score) {
  const auto counted = table.domain_items.find(block.suite);
  const double items = counted == table.domain_items.end() ? 0 : counted->second.at(domain);
  const bool known = items > 0 && score.is_number();
  const Interval exact =
      known ? exact_binomial(std::clamp(score.get<double>(), 0.0, 1.0) * items, items, block.confidence) : Interval{};
  out["items"] = items > 0 ? number(items) : Json(nullptr);
  out["exact_low"] = known ? number(exact.low) : Json(nullptr);
  out["exact_high"] = known ? number(exact.high) : Json(nullptr);
}

// Some suite's test holds out a domain beside the others.
bool rejecting(const Table& table) { return std::ranges::any_of(table.blocks, table_parts::rejects); }

Json all_rows(const Table& table, bool by_domain) {
  Json out = Json::array();
  for (const ComparedBlock& block : table.blocks) {
    for (const ComparedRow& row : block.rows) {
      if (!by_domain) {
        out.push_back(row_json(row, block));
        if (rejecting(table)) out.back()["rejection_auroc"] = number(row.rejection_auroc);
        continue;
      }
      for (size_t d = 0; d < block.domains.size(); ++d) {
        out.push_back(identity(row, block));
        out.back()["domain"] = block.domains[d];
        const Json score = d < row.domain.size() ? number(row.domain[d]) : Json(nullptr);
        out.back()["score"] = score;
        add_exact(out.back(), table, block, d, score);
      }
    }
  }
  return out;
}

// rejection_auroc only in tables that have one.
std::vector<std::string_view> keys(const Table& table, bool by_domain) {
  if (by_domain) return {kDomainKeys.begin(), kDomainKeys.end()};
  std::vector<std::string_view> out(kKeys.begin(), kKeys.end());
  if (rejecting(table)) out.emplace_back("rejection_auroc");
  return out;
}

// RFC 4180, with line feeds alone.
std::string csv_field(const Json& value) {
  std::string text;
  if (value.is_array()) {
    for (const Json& item : value) {
      if (!text.empty()) text += ';';
      text += item.get_ref<const std::string&>();
    }
  } else if (value.is_string()) {
    text = value.get<std::string>();
  } else if (value.is_boolean()) {
    text = value.get<bool>() ? "true" : "false";
  } else if (!value.is_null()) {
    text = number_text(value.get<double>());
  }
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace
}  // namespace table_json_detail

std::span<const std::string_view> json_keys() { return table_json_detail::kKeys; }

namespace table_parts {

std::string json(const Table& table, const TableOptions& options) {
  const Json rows = table_json_detail::all_rows(table, options.by_domain);
  for (const Json& row : rows) {
    const auto known = [&](std::string_view key) { return row.contains(key); };
    const auto keys = table_json_detail::keys(table, options.by_domain);
    check(row.size() == keys.size() && std::ranges::all_of(keys, known), "a table row has exactly its keys");
  }
  return rows.dump(1) + "\n";
}

// The keys of json, and search_flops where anything was searched.
std::string csv(const Table& table, const TableOptions& options) {
  const bool search = !options.by_domain && std::ranges::any_of(table.blocks, searched);
  Json rows = table_json_detail::all_rows(table, options.by_domain);
  std::vector<std::string_view> keys = table_json_detail::keys(table, options.by_domain);
  if (search) {
    keys.push_back("search_flops");
    auto row = rows.begin();
    for (const ComparedBlock& block : table.blocks)
      for (const ComparedRow& compared : block.rows)
        (*row++)["search_flops"] = table_json_detail::number(compared.plan.search_flops);
  }
  std::string out;
  for (const std::string_view key : keys) (out += out.empty() ? "" : ",") += key;
  out += "\n";
  for (const Json& row : rows) {
    std::string line;
    for (const std::string_view key : keys) {
      if (key != keys[0]) line += ',';
      line += table_json_detail::csv_field(row.at(key));
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace table_parts
}  // namespace loom
