// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace specialist_detail {
namespace {

constexpr int kShades = 5;

std::vector<const TrialDetail*> routed(const Study& study, const ComparedRow& row) {
  std::vector<const TrialDetail*> out;
  for (const std::string& id : row.plan.trials)
    if (const auto found = study.details.find(id); found != study.details.end() && !found->second.routing.empty())
      out.push_back(&found->second);
  return out;
}

template <class Get>
std::optional<double> mean_over(const std::vector<const TrialDetail*>& trials, size_t layer, Get get) {
  double sum = 0;
  for (const TrialDetail* trial : trials) {
    if (layer >= trial->routing.size()) return std::nullopt;
    const std::optional<double> value = get(trial->routing[layer]);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    sum += *value;
  }
  return trials.empty() ? std::nullopt : std::optional(sum / static_cast<double>(trials.size()));
}

// A domain without items in the test has no load: its row is empty, or of zeros.
bool asked(const std::vector<double>& load) {
  return std::ranges::any_of(load, [](double share) { return share > 0; });
}

size_t members(const Routing& routing) {
  size_t most = 0;
  for (const auto& row : routing.load) most = std::max(most, row.size());
  return most;
}

// Mean share of each member over domains; the share of the busiest says how far the load is from even.
std::optional<double> busiest(const Routing& routing) {
  std::vector<double> shares(members(routing), 0.0);
  const auto domains = static_cast<double>(std::ranges::count_if(routing.load, asked));
  for (const auto& row : routing.load)
    for (size_t m = 0; asked(row) && m < row.size(); ++m) shares[m] += row[m] / domains;
  return shares.empty() ? std::nullopt : std::optional(*std::ranges::max_element(shares));
}

std::string text(const std::optional<double>& value) { return value ? table_parts::decimal(*value, 3) : "-"; }

void add_rows(Cells& cells, const ComparedRow& row, const std::vector<const TrialDetail*>& trials) {
  const size_t layers = trials[0]->routing.size();
  for (size_t layer = 0; layer < layers; ++layer) {
    const auto value = [&](auto get) { return html("{}", text(mean_over(trials, layer, get))); };
    cells.rows.push_back({html("{}", row.plan.arm), html("{}", trials[0]->routing[layer].what),
                          html("{}", members(trials[0]->routing[layer])), value(busiest),
                          value([](const Routing& r) { return r.entropy; }),
                          value([](const Routing& r) { return r.accuracy; }),
                          value([](const Routing& r) { return r.dead; })});
    cells.classes.emplace_back(row.plan.role == "arm" ? "arm" : "control");
  }
}

std::string shade(double share) {
  const int step = static_cast<int>(std::ceil(std::clamp(share, 0.0, 1.0) * kShades - 1e-9));
  return step == 0 ? "even" : "up" + std::to_string(step);
}

// Members have names, so to say, where each belongs to a domain: then seeds can be averaged.
bool comparable(const std::vector<const TrialDetail*>& trials, size_t layer) {
  return std::ranges::all_of(trials, [&](const TrialDetail* trial) {
    return layer < trial->routing.size() && trial->routing[layer].accuracy.has_value();
  });
}

// What member m answers of domain d's items; none where the test has none.
std::optional<double> share_of(const std::vector<const TrialDetail*>& trials, size_t layer, bool averaged, size_t d,
                               size_t m) {
  const auto share = [&](const Routing& routing) {
    const bool known = d < routing.load.size() && m < routing.load[d].size() && asked(routing.load[d]);
    return known ? std::optional(routing.load[d][m]) : std::nullopt;
  };
  return averaged ? mean_over(trials, layer, share) : share(trials[0]->routing[layer]);
}

Markup load_map(const ComparedBlock& block, const ComparedRow& row, const std::vector<const TrialDetail*>& trials,
                size_t layer) {
  const bool averaged = comparable(trials, layer);
  const auto& first = trials[0]->routing[layer].load;
  Markup header, body;
  const size_t width = members(trials[0]->routing[layer]);
  for (size_t m = 0; m < width; ++m) header += html("<th scope=\"col\">{}</th>", m + 1);
  for (size_t d = 0; d < first.size(); ++d) {
    body += html("<tr><th scope=\"row\">{}</th>", d < block.domains.size() ? block.domains[d] : std::to_string(d));
    for (size_t m = 0; m < width; ++m) {
      const auto share = share_of(trials, layer, averaged, d, m);
      body += share && std::isfinite(*share)
                  ? html("<td class=\"heat {}\">{}</td>", shade(*share), table_parts::decimal(*share, 2))
                  : html("<td>-</td>");
    }
    body += html("</tr>\n");
  }
  return html(
      "<div class=\"scroll\"><table class=\"heatmap plain\"><caption>{}, {}: share of a domain's items that each "
      "answers, {}</caption><thead><tr><th scope=\"col\">domain</th>{}</tr></thead><tbody>\n{}</tbody></table>"
      "</div>\n",
      row.plan.arm, trials[0]->routing[layer].what, averaged ? "mean over seeds" : "seed 0", header, body);
}

Markup block_routing(const Study& study, const ComparedBlock& block) {
  Cells cells = {.header = {"arm", "of", "count", "busiest", "entropy, nats", "routing accuracy", "dead experts"}};
  Markup maps;
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok") continue;
    const auto trials = routed(study, row);
    if (trials.empty()) continue;
    add_rows(cells, row, trials);
    if (row.plan.role != "arm") continue;
    for (size_t layer = 0; layer < trials[0]->routing.size(); ++layer) maps += load_map(block, row, trials, layer);
  }
  if (cells.rows.empty()) return {};
  Markup out = table("routing, means over seeds", cells);
  out += html("<div class=\"maps\">{}</div>\n", maps);
  return out;
}

}  // namespace
}  // namespace specialist_detail

Section specialists(const Study& study) {
  Section out = {.id = "specialists", .title = "Specialists", .body = {}, .charts = {}};
  out.body +=
      per_block(study, [&](const ComparedBlock& block) { return specialist_detail::block_routing(study, block); });
  out.body += out.body.empty()
                  ? html("<p>No record tells who answered which items.</p>\n")
                  : notes({"busiest: share of all domains' items that the one with most of them answers; 1 / count is "
                           "even. entropy, of members: of their shares of all items; of a layer's experts: of a row's "
                           "gates, mean over rows.",
                           "routing accuracy: share of items sent to their own domain's member, where each domain has "
                           "one. dead: experts that answer nothing."});
  return out;
}

}  // namespace loom::report
