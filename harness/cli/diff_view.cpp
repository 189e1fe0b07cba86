// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/diff_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/config_diff.h"
#include "harness/error.h"
#include "harness/reproduction.h"
#include "harness/table_parts.h"
#include "harness/utf8.h"

namespace loom {
namespace diff_view {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using table_parts::decimal;
using table_parts::signed_decimal;

constexpr int kDigits = 4;
constexpr size_t kValueMax = 60;

bool changed(const ReproducedRow& row) { return !row.missing && row.score != row.score_there; }

Json document(const Reproduction& found, const std::vector<ConfigDifference>& config) {
  Json rows = Json::array(), differences = Json::array(), only = Json::array();
  for (const ReproducedRow& row : found.rows)
    rows.push_back({{"suite", row.suite},
                    {"column", row.column},
                    {"arm", row.arm},
                    {"only_in_a", row.missing},
                    {"changed", changed(row)},
                    {"seeds", row.seeds},
                    {"a", number_or_null(row.score_there)},
                    {"b", number_or_null(row.score)},
                    {"standard_errors", row.standard_errors ? Json(*row.standard_errors) : Json(nullptr)}});
  for (const UncomparedRow& row : found.uncompared)
    only.push_back({{"suite", row.suite}, {"column", row.column}, {"arm", row.arm}, {"reason", row.reason}});
  for (const ConfigDifference& one : config)
    differences.push_back({{"path", one.path},
                           {"a", one.a.empty() ? Json(nullptr) : Json::parse(one.a)},
                           {"b", one.b.empty() ? Json(nullptr) : Json::parse(one.b)}});
  return {{"rows", rows}, {"uncompared", only}, {"config", differences}};
}

Rows changed_rows(const Reproduction& found) {
  Rows rows = {{"suite", "column", "arm", "A", "B", "B - A", "s.e.", "seeds"}};
  for (const ReproducedRow& row : found.rows) {
    if (!changed(row)) continue;
    rows.push_back({printable(row.suite), row.column, printable(row.arm), decimal(row.score_there, kDigits),
                    decimal(row.score, kDigits), signed_decimal(row.score - row.score_there, kDigits),
                    row.standard_errors ? signed_decimal(*row.standard_errors, 1) : "-", std::to_string(row.seeds)});
  }
  return rows;
}

Rows lonely_rows(const Reproduction& found) {
  Rows rows = {{"suite", "column", "arm", ""}};
  for (const ReproducedRow& row : found.rows)
    if (row.missing) rows.push_back({printable(row.suite), row.column, printable(row.arm), "nothing recorded in B"});
  for (const UncomparedRow& row : found.uncompared)
    rows.push_back({printable(row.suite), row.column, printable(row.arm), printable(row.reason)});
  return rows;
}

std::string value_text(const std::string& value) {
  if (value.empty()) return "-";
  return printable(value.size() <= kValueMax ? value : value.substr(0, kValueMax) + "...");
}

Rows config_rows(const std::vector<ConfigDifference>& config) {
  Rows rows = {{"config", "A", "B"}};
  for (const ConfigDifference& one : config)
    rows.push_back({printable(one.path), value_text(one.a), value_text(one.b)});
  return rows;
}

std::string shown(const Rows& rows, bool md) {
  if (rows.size() < 2) return "";
  return md ? markdown_rows(rows) : aligned(rows) + "\n";
}

}  // namespace
}  // namespace diff_view

std::string diff_text(const ResultStore& a, const ResultStore& b, Format format) {
  using namespace diff_view;
  const Reproduction found = reproduce(b, a);
  const std::vector<ConfigDifference> config = config_differences(a.experiment, b.experiment);
  if (format == Format::json) return document(found, config).dump(1) + "\n";
  if (format != Format::text && format != Format::md) throw InputError("--diff goes with --format text, md or json");
  const bool md = format == Format::md;
  const auto matched = std::ranges::count_if(found.rows, [](const ReproducedRow& row) { return !row.missing; });
  std::string out = "B " + printable(b.folder.filename().string()) + " beside A " +
                    printable(a.folder.filename().string()) + ": " +
                    std::to_string(std::ranges::count_if(found.rows, changed)) + " of " + std::to_string(matched) +
                    " rows have another score; settings that differ: " + std::to_string(config.size()) + "\n\n";
  out += shown(changed_rows(found), md) + shown(lonely_rows(found), md) + shown(config_rows(config), md);
  return out + "s.e.: B - A in standard errors of the mean over seeds; beyond 2 it is more than noise.\n";
}

}  // namespace loom
