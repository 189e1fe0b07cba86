// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/report/section.h"

namespace loom::report {
namespace config_detail {
namespace {

using Settings = std::map<std::string, std::string>;  // by dotted key

void flatten(Settings& out, const std::string& prefix, const Json& value) {
  if (value.is_object()) {
    for (const auto& [key, inside] : value.items()) flatten(out, prefix.empty() ? key : prefix + "." + key, inside);
    return;
  }
  out[prefix] =
      value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Keys whose values differ between the rows, or that not all have.
std::vector<std::string> differing(const std::vector<Settings>& rows) {
  std::map<std::string, std::set<std::string>> values;
  std::map<std::string, size_t> count;
  for (const Settings& row : rows)
    for (const auto& [key, value] : row) {
      values[key].insert(value);
      ++count[key];
    }
  std::vector<std::string> out;
  for (const auto& [key, found] : values)
    if (found.size() > 1 || count[key] < rows.size()) out.push_back(key);
  return out;
}

Settings settings_of(const Study& study, const ComparedRow& row) {
  Settings out;
  flatten(out, "", row.plan.component);
  for (const std::string& id : row.plan.trials)
    if (const auto found = study.details.find(id); found != study.details.end() && found->second.train.is_object()) {
      flatten(out, "train", found->second.train);
      break;  // the same for every seed
    }
  return out;
}

Markup block_settings(const Study& study, const ComparedBlock& block) {
  std::vector<Settings> rows;
  std::vector<const ComparedRow*> arms;
  for (const ComparedRow& row : block.rows) {
    if (row.plan.role != "arm") continue;
    arms.push_back(&row);
    rows.push_back(settings_of(study, row));
  }
  if (rows.empty()) return {};
  const std::vector<std::string> keys = differing(rows);
  Cells cells = {.header = {"setting"}, .kind = "wordy"};
  for (const ComparedRow* arm : arms) cells.header.push_back(arm->plan.arm);
  for (const std::string& key : keys) {
    std::vector<Markup>& out = cells.rows.emplace_back();
    out.push_back(html("{}", key));
    for (const Settings& row : rows) {
      const auto found = row.find(key);
      out.push_back(html("{}", found == row.end() ? "" : found->second));
    }
  }
  Markup out =
      table("settings in which the arms differ, with solved sizes and tuned values; empty: the arm has no such setting",
            cells);
  std::string shared;
  for (const auto& [key, value] : rows[0])
    if (std::ranges::count(keys, key) == 0) shared += (shared.empty() ? "" : ", ") + key + " = " + value;
  if (!shared.empty()) out += html("<p class=\"sub\">All alike: {}</p>\n", shared);
  return out;
}

Markup suite_table(const Study& study) {
  Cells cells = {.header = {"suite", "metric", "domains", "test items", "licence", "source", "digest"},
                 .kind = "wordy"};
  for (const auto& [label, suite] : study.store.suites) {
    std::string domains;
    for (const std::string& domain : suite.domains) domains += (domains.empty() ? "" : ", ") + domain;
    cells.rows.push_back({html("{}", label), html("{}", suite.metric), html("{}", domains),
                          html("{}", suite.test_items), html("{}", suite.licence), html("{}", suite.source),
                          html("<code>{}</code>", suite.digest.substr(0, 16))});
  }
  return table("suites", cells);
}

std::string machines(const Study& study) {
  std::set<std::string> sets;
  for (const auto& [id, trial] : study.store.trials)
    if (!trial.isa.empty()) sets.insert(trial.isa);
  std::string out;
  for (const std::string& name : sets) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "unknown" : out;
}

}  // namespace
}  // namespace config_detail

Section configs(const Study& study) {
  using namespace config_detail;
  Section out = {.id = "configs", .title = "Configs and data", .body = {}, .charts = {}};
  out.body += per_block(study, [&](const ComparedBlock& block) { return block_settings(study, block); });
  out.body += disclosure(false, html("Suites"), suite_table(study));
  out.body +=
      disclosure(false, html("The whole experiment, resolved"),
                 html("<pre>{}</pre>\n", study.store.experiment.dump(1, ' ', false, Json::error_handler_t::replace)));
  out.body +=
      html("<p>Instruction sets of the recorded trials: {}. Device {}, threads per job: {}.</p>\n", machines(study),
           study.store.experiment.value("device", "cpu"), study.store.experiment.value("threads", 1));
  return out;
}

Section downloads(const Study& study) {
  Section out = {.id = "raw", .title = "Raw data", .body = {}, .charts = {}};
  const auto link = [&](const char* file, const char* type, const char* said, const TableOptions& options) {
    out.body += html("<li><a download=\"{}\" href=\"data:{};charset=utf-8,{}\">{}</a>: {}</li>\n", file, type,
                     percent_encoded(render(study.table, options)), file, said);
  };
  out.body += html("<ul>\n");
  link("table.csv", "text/csv", "every row, unrounded", {.format = Format::csv});
  link("table.json", "application/json", "the same, as an array of objects", {.format = Format::json});
  link("domains.csv", "text/csv", "scores of every row by domain", {.format = Format::csv, .by_domain = true});
  out.body += html("</ul>\n<p>The button on a chart saves it as SVG or PNG.</p>\n");
  return out;
}

}  // namespace loom::report
