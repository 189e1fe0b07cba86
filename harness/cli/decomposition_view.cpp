// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/decomposition_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/error.h"
#include "harness/table_parts.h"
#include "harness/utf8.h"
#include "harness/words.h"

namespace loom {
namespace decomposition_view_detail {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using table_parts::decimal;

struct NamedTerm {
  const char* name;
  Term Decomposition::*term;
};
constexpr NamedTerm kTerms[] = {{"gap", &Decomposition::gap},
                                {"gain", &Decomposition::gain},
                                {"regret", &Decomposition::regret},
                                {"routing", &Decomposition::routing},
                                {"combination", &Decomposition::combination},
                                {"headroom", &Decomposition::headroom},
                                {"solved_by_one", &Decomposition::solved_by_one},
                                {"fragmentation", &Decomposition::fragmentation}};

constexpr const char* kLegend[] = {
    "gap = gain - regret and regret = routing + combination, exactly, in every seed; + = higher score or fewer bits.",
    "gap: fabric - monolith, which is the best on validation.  gain: oracle over the fabric's own members - monolith.",
    "regret: oracle - fabric.  routing: oracle - the same members, one picked by the gate.  combination: that - "
    "fabric.",
    "headroom: best member of each item - best single member, both told by the test: a bound for any router.",
    "solved_by_one: share of items that exactly one member solves (bytes: by more than ln 2 nats a window).",
    "fragmentation: monolith - one member of the random split: what 1/K of the data costs.",
    "± half the interval: seeds vary; with ' test groups vary too.  own domain: its member - monolith; its mean is "
    "gain."};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json term_json(const Term& term) {
  const Json ends = term.interval ? Json::array({term.interval->low, term.interval->high}) : Json(nullptr);
  return {{"by_seed", term.by_seed},
          {"mean", number(term.mean)},
          {"interval", ends},
          {"varies", !term.interval ? Json(nullptr) : Json(term.crossed ? "seeds and test groups" : "seeds")},
          {"reason", term.reason.empty() ? Json(nullptr) : Json(term.reason)}};
}

Json document(const Decomposition& one) {
  Json out = {{"suite", one.suite},
              {"column", one.column},
              {"metric", one.metric},
              {"fabric", one.fabric},
              {"monolith", one.monolith},
              {"hard", one.hard.empty() ? Json(nullptr) : Json(one.hard)},
              {"seeds", one.seeds.size()},
              {"fragment_params", one.fragment_params ? number(*one.fragment_params) : Json(nullptr)},
              {"interference", Json::array()}};
  for (const auto& [name, term] : kTerms) out[name] = term_json(one.*term);
  for (size_t d = 0; d < one.interference.size(); ++d) {
    Json domain = term_json(one.interference[d]);
    domain["domain"] = one.domains[d];
    out["interference"].push_back(domain);
  }
  return out;
}

std::string cell(const Term& term, bool difference) {
  return table_parts::with_half(term.mean, term.interval, difference) + (term.crossed ? "'" : "");
}

Rows rows_of(std::span<const Decomposition> block) {
  Rows rows = {{"fabric"}};
  for (const auto& [name, term] : kTerms) rows[0].emplace_back(name);
  for (const Decomposition& one : block) {
    rows.push_back({printable(one.fabric)});
    for (const auto& [name, term] : kTerms)
      rows.back().push_back(cell(one.*term, term != &Decomposition::solved_by_one));
  }
  return rows;
}

// What a line of numbers leaves out: domains and stand-ins.
std::vector<std::string> remarks(const Decomposition& one) {
  std::vector<std::string> out;
  std::string own;
  for (size_t d = 0; d < one.interference.size(); ++d)
    if (std::isfinite(one.interference[d].mean))
      (own += own.empty() ? "" : ", ") += printable(one.domains[d]) + " " + cell(one.interference[d], true);
  if (!own.empty()) out.push_back("own domain: " + own);
  if (!one.hard.empty() && one.hard != one.fabric) out.push_back("picked by the gate of '" + printable(one.hard) + "'");
  if (one.fragment_params && std::abs(*one.fragment_params - 1) > 0.02)
    out.push_back("the random split's members have " + decimal(*one.fragment_params, 2) +
                  " of the monolith's parameters");
  return out;
}

void add_once(std::vector<std::string>& list, const std::string& word) {
  if (std::ranges::count(list, word) == 0) list.push_back(word);
}

// Why something is "-": each reason once, with its columns, and its fabrics where they are not all.
std::vector<std::string> reasons(std::span<const Decomposition> block) {
  std::vector<std::string> all;
  for (const Decomposition& one : block)
    for (const auto& [name, term] : kTerms)
      if (!(one.*term).reason.empty()) add_once(all, (one.*term).reason);
  std::vector<std::string> out;
  for (const std::string& reason : all) {
    std::vector<std::string> terms, fabrics;
    for (const Decomposition& one : block)
      for (const auto& [name, term] : kTerms) {
        if ((one.*term).reason != reason) continue;
        add_once(terms, name);
        add_once(fabrics, "'" + printable(one.fabric) + "'");
      }
    out.push_back("no " + joined(terms) + (fabrics.size() < block.size() ? " of " + joined(fabrics) : "") + ": " +
                  printable(reason));
  }
  return out;
}

std::string title(const Decomposition& one) {
  return printable(one.suite) + " · " + one.column + " · " + one.metric + " · against monolith '" +
         printable(one.monolith) + "' over " + std::to_string(one.seeds.size()) +
         (one.seeds.size() == 1 ? " seed" : " seeds");
}

std::string prose(std::span<const Decomposition> found, bool markdown) {
  const std::string bullet = markdown ? "- " : "  ";
  std::string out;
  for (size_t first = 0, last = 0; first < found.size(); first = last) {
    const auto same = [&](const Decomposition& one) {
      return one.suite == found[first].suite && one.column == found[first].column;
    };
    while (last < found.size() && same(found[last])) ++last;
    const auto block = found.subspan(first, last - first);
    out += (markdown ? "### " : "") + title(block[0]) + "\n" + (markdown ? "\n" : "");
    out += markdown ? markdown_rows(rows_of(block)) : aligned(rows_of(block));
    for (const Decomposition& one : block)
      for (const std::string& remark : remarks(one)) out += bullet + printable(one.fabric) + ": " + remark + "\n";
    for (const std::string& reason : reasons(block)) out += bullet + reason + "\n";
    out += "\n";
  }
  if (found.empty()) return "No fabric trained apart stands beside a scored monolith.\n";
  for (const char* line : kLegend) out += (markdown ? "- " : "") + std::string(line) + "\n";
  return out;
}

}  // namespace
}  // namespace decomposition_view_detail

std::string render(std::span<const Decomposition> found, Format format) {
  using namespace decomposition_view_detail;
  if (format == Format::csv) throw InputError("--decomposition goes with --format text, md or json");
  if (format != Format::json) return prose(found, format == Format::md);
  Json out = Json::array();
  for (const Decomposition& one : found) out.push_back(document(one));
  return out.dump(1) + "\n";
}

}  // namespace loom
