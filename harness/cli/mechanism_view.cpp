// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/mechanism_view.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/error.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace mechanism_view_detail {
namespace {

using MechanismRows = std::vector<std::vector<std::string>>;

constexpr const char* kMechanismLegend[] = {
    "tag: told the domain.  width: as many parameters as all specialists.  data: all of it.  steps: more samples seen.",
    "alone: the monolith with this one - the plain one.  share: its Shapley value over the sixteen combinations; the "
    "shares add up to all four.",
    "gap: fabric - the plain monolith, on the thinned data.  verdict: the gap against the smallest effect of interest.",
    "seeds needed: to find a difference of that size with power .8.  ± half the interval: seeds and test groups vary; "
    "+ = better."};

Json effect_json(const Effect& effect) {
  return {{"by_seed", effect.by_seed},
          {"mean", std::isfinite(effect.mean) ? Json(effect.mean) : Json(nullptr)},
          {"interval", effect.interval ? Json{effect.interval->low, effect.interval->high} : Json(nullptr)}};
}

Json document_of(const Mechanism& one) {
  Json out = {{"suite", one.suite},        {"thinned", one.thinned},   {"metric", one.metric},
              {"seeds", one.seeds.size()}, {"factors", Json::array()}, {"together", effect_json(one.together)},
              {"gaps", Json::array()}};
  for (const Factor& factor : one.factors)
    out["factors"].push_back({{"name", factor.name},
                              {"multiple", factor.multiple},
                              {"alone", effect_json(factor.alone)},
                              {"share", effect_json(factor.share)}});
  for (const MechanismGap& gap : one.gaps)
    out["gaps"].push_back({{"column", gap.column},
                           {"fabric", gap.fabric},
                           {"role", gap.role},
                           {"gap", effect_json(gap.gap)},
                           {"margin", gap.margin},
                           {"verdict", gap.verdict},
                           {"needed_seeds", gap.needed_seeds ? Json(*gap.needed_seeds) : Json(nullptr)}});
  return out;
}

std::string effect_cell(const Effect& effect) { return table_parts::with_half(effect.mean, effect.interval, true); }

MechanismRows factor_rows(const Mechanism& one) {
  MechanismRows rows = {{"factor", "alone", "share"}};
  for (const Factor& factor : one.factors)
    rows.push_back({factor.name + (factor.multiple == 1 ? "" : " x" + number_text(factor.multiple)),
                    effect_cell(factor.alone), effect_cell(factor.share)});
  rows.push_back({"all four", effect_cell(one.together), effect_cell(one.together)});
  return rows;
}

MechanismRows gap_rows(const Mechanism& one) {
  MechanismRows rows = {{"fabric", "column", "gap", "verdict", "seeds needed"}};
  for (const MechanismGap& gap : one.gaps)
    rows.push_back({printable(gap.fabric) + (gap.role == "arm" ? "" : " (" + gap.role + ")"), gap.column,
                    effect_cell(gap.gap), gap.verdict, gap.needed_seeds ? std::to_string(*gap.needed_seeds) : "-"});
  return rows;
}

std::string prose(std::span<const Mechanism> found, bool markdown) {
  const auto laid = [&](const MechanismRows& rows) { return markdown ? markdown_rows(rows) : aligned(rows) + "\n"; };
  std::string out;
  for (const Mechanism& one : found) {
    out += (markdown ? "### " : "") + printable(one.suite) + " against " + printable(one.thinned) + " · " + one.metric +
           " · " + std::to_string(one.seeds.size()) + " seeds\n" + (markdown ? "\n" : "");
    out += laid(factor_rows(one)) + (markdown ? "\n" : "") + laid(gap_rows(one));
  }
  for (const char* line : kMechanismLegend) out += (markdown ? "- " : "") + std::string(line) + "\n";
  return out;
}

}  // namespace
}  // namespace mechanism_view_detail

std::string render(std::span<const Mechanism> found, Format format) {
  using namespace mechanism_view_detail;
  if (format == Format::csv) throw InputError("--mechanism goes with --format text, md or json");
  if (format != Format::json) return prose(found, format == Format::md);
  Json out = Json::array();
  for (const Mechanism& one : found) out.push_back(document_of(one));
  return out.dump(1) + "\n";
}

}  // namespace loom
