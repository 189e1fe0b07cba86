// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace latency_detail {
namespace {

// The session's whole record; a table reads only part of it.
Json session_record(const ResultStore& store) {
  const auto file = store.folder / "latency" / store.latency->name / "record.json";
  return parse_json(read_file(file), file.string());
}

Json at_or_null(const Json& object, const char* key) { return object.value(key, Json()); }

std::string seconds(const Json& value) {
  return value.is_number() ? table_parts::seconds_text(value.get<double>()) : "-";
}

std::string number(const Json& value, int decimals) {
  return value.is_number() ? table_parts::decimal(value.get<double>(), decimals) : "-";
}

const Json* timed(const Json& record, const ComparedRow& row) {
  for (const std::string& id : row.plan.trials)
    if (const auto found = record.at("trials").find(id); found != record.at("trials").end()) return &*found;
  return nullptr;
}

struct Timed {
  const ComparedRow* row;
  int64_t batch;
  const Json* times;
};

// Batches ascending: their keys are texts.
std::vector<Timed> timings(const Json& record, const ComparedBlock& block) {
  std::vector<Timed> out;
  for (const ComparedRow& row : block.rows) {
    const Json* trial = row.status == "ok" ? timed(record, row) : nullptr;
    if (trial == nullptr) continue;
    const size_t first = out.size();
    for (const auto& [batch, times] : trial->at("batches").items()) out.push_back({&row, std::stoll(batch), &times});
    std::ranges::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), {}, &Timed::batch);
  }
  return out;
}

Json point(const Timed& one) {
  Json out = {{"arm", one.row->plan.arm}, {"family", family_class(one.row->plan)}, {"batch", one.batch}};
  for (const char* key : {"p50_s", "p95_s", "p99_s", "cpu_s", "bound_s"}) out[key] = at_or_null(*one.times, key);
  return out;
}

// How the times of all calls are distributed; sessions of older looms kept percentiles alone.
Json distributions(const std::vector<Timed>& all) {
  Json out = Json::array();
  for (const Timed& one : all) {
    const Json quantiles = at_or_null(*one.times, "quantiles_s");
    if (quantiles.is_array() && quantiles.size() > 1)
      out.push_back({{"arm", one.row->plan.arm}, {"batch", one.batch}, {"seconds", quantiles}});
  }
  return out;
}

Markup block_latency(Section& section, const Json& record, const ComparedBlock& block) {
  const std::vector<Timed> all = timings(record, block);
  if (all.empty()) return {};
  Cells cells = {
      .header = {"arm", "batch", "p50", "p95", "p99", "CPU", "roofline", "efficiency", "samples", "bound by"}};
  Json points = Json::array();
  for (const Timed& one : all) {
    points.push_back(point(one));
    const auto cell = [&](const char* key) { return html("{}", seconds(at_or_null(*one.times, key))); };
    const bool bound = one.times->value("implementation_bound", false);
    cells.rows.push_back(
        {html("{}", one.row->plan.arm), html("{}", one.batch), cell("p50_s"), cell("p95_s"), cell("p99_s"),
         cell("cpu_s"), cell("bound_s"), html("{}", number(at_or_null(*one.times, "efficiency"), 3)),
         html("{}", number(at_or_null(*one.times, "samples"), 0)), html("{}", bound ? "implementation" : "-")});
    cells.classes.emplace_back(one.row->plan.role == "arm" ? "arm" : "control");
  }
  Markup out = figure(section, "latency", {{"points", points}},
                      "Time of a call by batch in " + place(block) + "; the numbers stand in the table below");
  if (const Json curves = distributions(all); !curves.empty())
    out += figure(section, "ecdf", {{"curves", curves}},
                  "Share of calls that took no longer, in " + place(block) + "; the table below has percentiles");
  out += disclosure(false, html("Numbers"), table("time of one call", cells));
  return out;
}

std::string contention(const Json& record) {
  const Json found = record.value("contention", Json());
  if (!found.is_object()) return "";
  return " Others kept this session waiting for " + seconds(at_or_null(found, "pressure_s")) + ", the host took " +
         seconds(at_or_null(found, "stolen_s")) + " of " + seconds(at_or_null(found, "wall_s")) + ".";
}

}  // namespace
}  // namespace latency_detail

Section latency(const Study& study) {
  using namespace latency_detail;
  Section out = {.id = "latency", .title = "Latency", .body = {}, .charts = {}};
  if (!study.store.latency) {
    out.body += html("<p>No latency session is stored with these results.</p>\n");
    return out;
  }
  const std::string file = "latency/" + study.store.latency->name;
  try {
    const Json record = session_record(study.store);
    const std::string pair = number(at_or_null(record, "aa_ratio"), 3);
    out.body +=
        html("<p>A/A ratio {}: CPU time of one model over its twin, 1 on a quiet machine. {}{}</p>\n", pair,
             study.store.latency->contended ? "Contended: compare with care." : "Not contended.", contention(record));
    out.body += per_block(study, [&](const ComparedBlock& block) { return block_latency(out, record, block); });
  } catch (const Json::exception& error) {
    throw InputError(file + ": not what loom wrote (" + error.what() + "); see loom verify");
  }
  out.body +=
      notes({"Wall time of one call, one thread, all models of the session shuffled. p99 needs 662 samples.",
             "roofline: the least time that the call's FLOPs and bytes allow on this machine; efficiency: that "
             "over CPU time. Bound by the implementation: under half of the reference's efficiency, so its speed "
             "tells of this implementation and gives no verdict."});
  return out;
}

}  // namespace loom::report
