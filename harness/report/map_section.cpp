// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/phase.h"
#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace map_detail {
namespace {

std::string number(const Json& value) { return value.is_number() ? table_parts::decimal(value.get<double>(), 4) : "-"; }

void add(Cells& cells, Json& points, const Json& search) {
  const std::string a = search.at("between").at(0).get<std::string>(),
                    b = search.at("between").at(1).get<std::string>();
  const std::string suite = search.at("suite").get<std::string>(), over = search.at("over").get<std::string>();
  cells.rows.push_back(
      {html("{}", suite), html("{}", over), html("{}", a), html("{}", b), html("{}", number(search.at("found"))),
       html("[{}, {}]", number(search.at("low")), number(search.at("high"))), html("{}", number(search.at("true"))),
       html("{}", search.at("probes").get<int64_t>()), html("{}", search.value("message", ""))});
  points.push_back({{"suite", suite},
                    {"over", over},
                    {"found", search.at("found")},
                    {"low", search.at("low")},
                    {"high", search.at("high")},
                    {"truth", search.at("true")}});
}

}  // namespace
}  // namespace map_detail

Section map(const Study& study) {
  Section out = {.id = "map", .title = "Where the answer changes", .body = {}, .charts = {}};
  if (const auto panels = phase_panels(study.store); !panels.empty()) {
    out.body +=
        html("<p><img class=\"phase\" alt=\"Phase map; its numbers stand below\" src=\"data:image/svg+xml,{}\"></p>\n",
             percent_encoded(phase_svg(panels)));
    out.body += disclosure(false, html("The map as text"), html("<pre>{}</pre>\n", phase_text(panels)));
  }
  if (study.store.searches.empty()) return out;
  Cells cells = {
      .header = {"suite", "over", "arm a", "arm b", "alike at", "interval", "closed form", "probes", "note"}};
  Json points = Json::array();
  try {
    for (const Json& search : study.store.searches) map_detail::add(cells, points, search);
  } catch (const Json::exception& error) {
    throw InputError("plan.json: a search is not what loom wrote (" + std::string(error.what()) + ")");
  }
  out.body +=
      figure(out, "map", {{"points", points}}, "Where two arms are alike; the numbers stand in the table below");
  out.body += table(
      "values at which two arms score alike: a dot and the interval of replicates; a tick where the closed forms cross",
      cells);
  return out;
}

}  // namespace loom::report
