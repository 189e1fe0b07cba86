// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/normalised.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/error.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"

namespace loom {
namespace normalised_detail {
namespace {

using table_parts::decimal;
using Rows = std::vector<std::vector<std::string>>;

double number(const Json& value) { return value.is_number() ? value.get<double>() : kUnknown; }

// A model's figure in the suite's metric and of its very options: an F1 is no accuracy, and the full MNIST no tiny one.
bool comparable(const Json& one, const Json& card) {
  if (one.value("kind", "figure") != "figure") return false;
  if (one.contains("metric") && one.at("metric") != card.at("metric")) return false;
  const Json none = Json::object();
  const Json &needed = one.contains("options") ? one.at("options") : none,
             &chosen = card.contains("component") ? card.at("component") : none;
  return std::ranges::all_of(needed.items(), [&](const auto& option) {
    return chosen.contains(option.key()) && chosen.at(option.key()) == option.value();
  });
}

// The best comparable figure of a domain; of their mean where `domain` is null.
double published(const Json& card, const Json& domain, bool higher_is_better) {
  double best = kUnknown;
  for (const Json& one : card.at("published")) {
    if (one.at("domain") != domain || !comparable(one, card)) continue;
    const double score = number(one.at("score"));
    if (!std::isfinite(best) || (higher_is_better ? score > best : score < best)) best = score;
  }
  return best;
}

std::string nothing_to_normalise_by(const Json& card, const std::string& reference) {
  if (reference != "published") return "no " + reference + " better than the floor to normalise by";
  const size_t others = card.at("published").size();
  return "no published figure to normalise by" +
         (others == 0 ? "" : " in its metric and with its options (" + std::to_string(others) + " of another kind)");
}

double unit_of(const Json& card, const Json& domain, const std::string& reference, bool higher_is_better) {
  if (reference == "floor") return higher_is_better ? 1 : 0;
  if (reference == "baseline") return number(domain.at("baseline"));
  return published(card, domain.at("name"), higher_is_better);
}

double mean_of_known(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double value : values)
    if (std::isfinite(value)) sum += value, ++count;
  return count > 0 ? sum / count : kUnknown;
}

// One block's scale. Where only a mean was published, mean_floor and mean_unit are known.
struct Scale {
  NormalisedBlock block;
  double mean_floor = kUnknown, mean_unit = kUnknown;
};

void add_domain(Scale& scale, const Json& card, const Json& domain, bool higher_is_better) {
  NormalisedBlock& block = scale.block;
  const double floor = number(domain.at("floor"));
  double unit = unit_of(card, domain, block.reference, higher_is_better);
  const std::string name = domain.at("name").get<std::string>();
  if (!std::isfinite(floor)) {
    block.left_out.push_back(name + ": no floor");
    unit = kUnknown;
  } else if (!std::isfinite(unit)) {
    block.left_out.push_back(name + ": no " + (block.reference == "published" ? "published figure" : block.reference));
  } else if (higher_is_better ? unit <= floor : unit >= floor) {
    block.left_out.push_back(name + ": the " + block.reference + " is not better than the floor");
    unit = kUnknown;
  }
  block.floor.push_back(floor);
  block.unit.push_back(unit);
}

Scale scale_of(const ComparedBlock& compared, const std::string& reference, const Json& card) {
  Scale scale;
  NormalisedBlock& block = scale.block;
  block.suite = compared.suite;
  block.column = compared.column;
  block.metric = compared.metric;
  block.reference = reference;
  block.domains = compared.domains;
  check(card.at("domains").size() == block.domains.size(), "a card with other domains than its suite");
  for (const Json& domain : card.at("domains")) add_domain(scale, card, domain, compared.higher_is_better);
  const auto known = [](double value) { return std::isfinite(value); };
  if (std::ranges::any_of(block.unit, known)) return scale;
  if (reference == "published") scale.mean_unit = published(card, nullptr, compared.higher_is_better);
  scale.mean_floor = mean_of_known(block.floor);
  if (!known(scale.mean_unit))
    throw InputError("suite '" + compared.suite + "': " + nothing_to_normalise_by(card, reference));
  block.left_out = {"only a mean over domains was published"};
  return scale;
}

NormalisedRow row_of(const ComparedRow& compared, const Scale& scale) {
  NormalisedRow row = {.arm = compared.plan.arm,
                       .role = compared.plan.role,
                       .seeds = compared.seeds,
                       .score = compared.score,
                       .domain = {}};
  for (size_t d = 0; d < scale.block.unit.size(); ++d) {
    const double floor = scale.block.floor[d], unit = scale.block.unit[d];
    row.domain.push_back((d < compared.domain.size() ? compared.domain[d] - floor : kUnknown) / (unit - floor));
  }
  row.mean = std::isfinite(scale.mean_unit) ? (compared.score - scale.mean_floor) / (scale.mean_unit - scale.mean_floor)
                                            : mean_of_known(row.domain);
  row.worst = kUnknown;
  for (const double value : row.domain)
    if (std::isfinite(value) && !(row.worst <= value)) row.worst = value;
  return row;
}

Rows rows_of(const NormalisedBlock& block) {
  Rows rows = {{"arm", "normalised", "worst", "score", "seeds"}};
  for (const std::string& domain : block.domains) rows[0].push_back(domain);
  for (const NormalisedRow& row : block.rows) {
    rows.push_back({(row.role == "arm" ? "" : row.role + ": ") + row.arm, decimal(row.mean, 3), decimal(row.worst, 3),
                    decimal(row.score, 3), std::to_string(row.seeds)});
    for (const double value : row.domain) rows.back().push_back(decimal(value, 3));
  }
  rows.push_back({"0 = floor", "", "", "", ""});
  for (const double value : block.floor) rows.back().push_back(decimal(value, 3));
  rows.push_back({"1 = " + (block.reference == "floor" ? std::string("perfect") : block.reference), "", "", "", ""});
  for (const double value : block.unit) rows.back().push_back(decimal(value, 3));
  return rows;
}

std::string title(const NormalisedBlock& block) {
  return block.suite + " · " + block.column + " · " + block.metric + ", (score - floor) / (" +
         (block.reference == "floor" ? "perfect" : block.reference) + " - floor)";
}

std::string markdown_rows(const Rows& rows) {
  std::string out;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& cell : rows[i]) {
      std::string escaped;
      for (const char c : cell) escaped += (c == '|' || c == '*' || c == '_' ? "\\" : "") + std::string(1, c);
      out += "| " + escaped + " ";
    }
    out += "|\n";
    for (size_t k = 0; i == 0 && k < rows[0].size(); ++k) out += k == 0 ? "|:--" : "|--:";
    if (i == 0) out += "|\n";
  }
  return out + "\n";
}

std::string prose(std::span<const NormalisedBlock> blocks, bool markdown) {
  std::string out;
  for (const NormalisedBlock& block : blocks) {
    out += (markdown ? "### " : "") + title(block) + "\n" + (markdown ? "\n" : "");
    out += markdown ? markdown_rows(rows_of(block)) : aligned(rows_of(block));
    for (const std::string& line : block.left_out) out += (markdown ? "- " : "  ") + line + "\n";
    out += "\n";
  }
  return out + (markdown ? "- " : "") +
         "normalised: mean over domains and seeds, 0 = floor, 1 = reference; without tests (loom table has them).\n";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string cell(double value) { return std::isfinite(value) ? number_text(value) : ""; }

std::string csv(std::span<const NormalisedBlock> blocks) {
  std::string out = "suite,column,metric,reference,arm,role,seeds,domain,normalised,floor,unit,score\n";
  for (const NormalisedBlock& block : blocks)
    for (const NormalisedRow& row : block.rows) {
      const std::string head = quoted(block.suite) + "," + block.column + "," + block.metric + "," + block.reference +
                               "," + quoted(row.arm) + "," + row.role + "," + std::to_string(row.seeds) + ",";
      out += head + "," + cell(row.mean) + ",,," + cell(row.score) + "\n";
      for (size_t d = 0; d < row.domain.size(); ++d)
        out += head + quoted(block.domains[d]) + "," + cell(row.domain[d]) + "," + cell(block.floor[d]) + "," +
               cell(block.unit[d]) + ",\n";
    }
  return out;
}

Json numbers(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
  return out;
}

std::string json(std::span<const NormalisedBlock> blocks) {
  Json out = Json::array();
  for (const NormalisedBlock& block : blocks) {
    Json rows = Json::array();
    for (const NormalisedRow& row : block.rows)
      rows.push_back({{"arm", row.arm},
                      {"role", row.role},
                      {"seeds", row.seeds},
                      {"score", numbers({row.score})[0]},
                      {"normalised", numbers({row.mean})[0]},
                      {"worst", numbers({row.worst})[0]},
                      {"by_domain", numbers(row.domain)}});
    out.push_back({{"suite", block.suite},
                   {"column", block.column},
                   {"metric", block.metric},
                   {"reference", block.reference},
                   {"domains", block.domains},
                   {"floor", numbers(block.floor)},
                   {"unit", numbers(block.unit)},
                   {"left_out", block.left_out},
                   {"rows", rows}});
  }
  return out.dump(1) + "\n";
}

}  // namespace
}  // namespace normalised_detail

std::vector<NormalisedBlock> normalise(std::span<const ComparedBlock> blocks, const std::string& reference,
                                       const CardOf& card) {
  using namespace normalised_detail;
  std::vector<NormalisedBlock> out;
  for (const ComparedBlock& compared : blocks) {
    Scale scale = scale_of(compared, reference, card(compared.suite));
    for (const ComparedRow& row : compared.rows)
      if (row.seeds > 0) scale.block.rows.push_back(row_of(row, scale));
    out.push_back(std::move(scale.block));
  }
  return out;
}

std::string render(std::span<const NormalisedBlock> blocks, Format format) {
  using namespace normalised_detail;
  if (format == Format::json) return json(blocks);
  return format == Format::csv ? csv(blocks) : prose(blocks, format == Format::md);
}

}  // namespace loom
