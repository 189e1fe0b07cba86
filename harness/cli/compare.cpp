// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/gates.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace compare_command {
namespace {

struct Options {
  std::string results, a, b;
  std::optional<std::string> fail_on;
  bool json = false;
};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }
Json ends(const std::optional<Interval>& interval) {
  return interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
}

std::optional<double> ratio(const Measure& measure) {
  if (!measure.a || !measure.b || *measure.a == 0) return std::nullopt;
  return *measure.b / *measure.a;
}

const char* noise_name(Noise noise) {
  const char* const names[] = {"crossed", "seeds", "session", "none"};
  return names[static_cast<size_t>(noise)];
}

Json cell_json(const ArmCell& cell) {
  const bool any = cell.pairs > 0;
  Json domains = Json::array(), measures = Json::object();
  for (const DomainDifference& domain : cell.domains)
    domains.push_back({{"domain", domain.domain},
                       {"a", number(domain.a)},
                       {"b", number(domain.b)},
                       {"difference", number(domain.difference)},
                       {"interval", ends(domain.interval)}});
  for (const std::string& name : measure_names()) {
    const Measure* found = find_measure(cell, name);
    measures[name] = found == nullptr ? Json(nullptr)
                                      : Json({{"a", number(found->a)},
                                              {"b", number(found->b)},
                                              {"ratio", number(ratio(*found))},
                                              {"noise", noise_name(found->noise)},
                                              {"interval", ends(found->interval)}});
  }
  return {{"suite", cell.suite},
          {"column", cell.column},
          {"metric", cell.metric},
          {"higher_is_better", cell.higher_is_better},
          {"pairs", cell.pairs},
          {"a", any ? number(cell.a) : Json(nullptr)},
          {"b", any ? number(cell.b) : Json(nullptr)},
          {"difference", any ? number(cell.difference) : Json(nullptr)},
          {"interval", ends(cell.interval)},
          {"p", any ? Json(cell.p) : Json(nullptr)},
          {"q", any ? Json(cell.q) : Json(nullptr)},
          {"margin", number(cell.margin)},
          {"detectable", number(cell.detectable)},
          {"verdict", cell.verdict},
          {"domains", domains},
          {"measures", measures},
          {"notes", cell.notes}};
}

Json document(const ArmComparison& found, const std::vector<GateResult>& gates, const std::string& results) {
  Json cells = Json::array(), judged = Json::array();
  for (const ArmCell& cell : found.cells) cells.push_back(cell_json(cell));
  bool tripped = false;
  for (const GateResult& gate : gates) {
    tripped = tripped || gate.tripped;
    judged.push_back({{"gate", gate.gate},
                      {"suite", gate.suite},
                      {"column", gate.column},
                      {"judged", gate.judged},
                      {"worse", gate.judged ? number(gate.worse) : Json(nullptr)},
                      {"allowed", gate.judged ? number(gate.allowed) : Json(nullptr)},
                      {"exceeded", gate.exceeded},
                      {"tripped", gate.tripped},
                      {"reason", gate.reason}});
  }
  return {{"results", results},
          {"a", found.a},
          {"b", found.b},
          {"confidence", found.confidence},
          {"correction", "benjamini_hochberg"},
          {"aa_ratio", number(found.aa_ratio)},
          {"cells", cells},
          {"gates", judged},
          {"tripped", tripped}};
}

using Rows = std::vector<std::vector<std::string>>;
using table_parts::decimal;
using table_parts::probability_text;
using table_parts::signed_decimal;

// One digit of the half interval, as in a table.
int digits(const std::optional<Interval>& interval) {
  const double half = interval ? (interval->high - interval->low) / 2 : 0;
  return half > 0 ? static_cast<int>(std::clamp(-std::floor(std::log10(half)), 2.0, 5.0)) : 3;
}

std::string span_text(const std::optional<Interval>& interval, int decimals) {
  if (!interval) return "(no interval)";
  return "[" + signed_decimal(interval->low, decimals) + ", " + signed_decimal(interval->high, decimals) + "]";
}

std::string verdict_text(const ArmCell& cell, int decimals) {
  if (cell.pairs == 0) return "no pair";
  if (cell.verdict == "tied") return "tied within ±" + decimal(cell.margin, decimals);
  if (cell.verdict != "undecided") return cell.verdict;
  return "undecided" + (cell.detectable ? "; could detect " + decimal(*cell.detectable, decimals) : std::string());
}

Rows cell_rows(const ArmComparison& found) {
  const std::string level = number_text(std::round(found.confidence * 1000) / 10);
  Rows rows = {{"suite", "column", "metric", "pairs", "A", "B", "B - A", level + " % interval", "p", "q", "verdict"}};
  for (const ArmCell& cell : found.cells) {
    const int n = digits(cell.interval);
    const bool any = cell.pairs > 0;
    rows.push_back({printable(cell.suite), cell.column, cell.metric, std::to_string(cell.pairs),
                    any ? decimal(cell.a, n) : "-", any ? decimal(cell.b, n) : "-",
                    any ? signed_decimal(cell.difference, n) : "-", any ? span_text(cell.interval, n) : "-",
                    any ? probability_text(cell.p) : "-", any ? probability_text(cell.q) : "-",
                    verdict_text(cell, std::max(n, 3))});
  }
  return rows;
}

Rows domain_rows(const ArmComparison& found) {
  Rows rows = {{"suite", "column", "domain", "A", "B", "B - A", "interval"}};
  for (const ArmCell& cell : found.cells)
    for (const DomainDifference& domain : cell.domains) {
      const int n = digits(domain.interval);
      const bool any = std::isfinite(domain.difference);
      rows.push_back({printable(cell.suite), cell.column, printable(domain.domain), decimal(domain.a, n),
                      decimal(domain.b, n), any ? signed_decimal(domain.difference, n) : "-",
                      any ? span_text(domain.interval, n) : "no test item"});
    }
  return rows;
}

Rows ratio_rows(const ArmComparison& found) {
  const auto& all = measure_names();
  const std::vector<std::string> names(std::ranges::find(all, "train_flops"), all.end());  // qualities stand above
  Rows rows = {{"suite", "column"}};
  rows[0].insert(rows[0].end(), names.begin(), names.end());
  for (const ArmCell& cell : found.cells) {
    rows.push_back({printable(cell.suite), cell.column});
    for (const std::string& name : names) {
      const Measure* measure = find_measure(cell, name);
      const auto value = measure == nullptr ? std::nullopt : ratio(*measure);
      rows.back().push_back(value ? decimal(*value, 2) : "-");
    }
  }
  return rows;
}

// Four significant digits: gates stand on figures of very different sizes.
std::string short_number(double value) {
  const double scale = value == 0 ? 1 : std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
  return number_text(std::round(value * scale) / scale);
}

void print_gates(const std::vector<GateResult>& gates, Context& context) {
  if (gates.empty()) return;
  Rows rows = {{"gate", "suite", "column", "worse by", "allowed", "", ""}};
  for (const GateResult& gate : gates) {
    const char* state = !gate.judged ? "not judged" : gate.tripped ? "TRIPPED" : "holds";
    const std::string reason = gate.judged && !gate.exceeded ? "" : gate.reason;
    rows.push_back({printable(gate.gate), printable(gate.suite), gate.column,
                    gate.judged ? short_number(gate.worse) : "-", gate.judged ? short_number(gate.allowed) : "-", state,
                    reason});
  }
  context.out << "\ngates\n" << aligned(rows);
}

void print_text(const ArmComparison& found, const std::vector<GateResult>& gates, Context& context) {
  context.out << "B '" << printable(found.b) << "' against A '" << printable(found.a)
              << "', paired by seed; + = B is better\n\n"
              << aligned(cell_rows(found)) << "\ndomains\n"
              << aligned(domain_rows(found)) << "\nB / A\n"
              << aligned(ratio_rows(found));
  print_gates(gates, context);
  context.out << "\n";
  for (const ArmCell& cell : found.cells)
    for (const std::string& note : cell.notes)
      context.out << printable(cell.suite) << " " << cell.column << ": " << printable(note) << "\n";
  context.out << "Intervals: seeds and test groups vary. p: exact sign flips over seeds. q: p after Benjamini-Hochberg "
                 "over the rows above; better and worse need q <= .05 and an interval without zero.\n";
}

void run(const Options& options, Context& context) {
  const std::vector<Gate> gates = options.fail_on ? parse_gates(*options.fail_on) : std::vector<Gate>{};
  const ResultStore store = load_results(find_results(context.results_root, options.results));
  const ArmComparison found = compare_arms(store, options.a, options.b);
  const std::vector<GateResult> judged = judge(found, gates);
  if (options.json) {
    context.out << document(found, judged, store.folder.filename().string()).dump(1) << "\n";
  } else {
    print_text(found, judged, context);
  }
  const auto tripped = [](const GateResult& gate) { return gate.tripped; };
  const auto first = std::ranges::find_if(judged, tripped);
  if (first == judged.end()) return;
  context.exit = ExitCode::gate;
  context.err << "error: gate " << printable(first->gate) << " tripped in " << printable(first->suite) << " "
              << first->column << ": " << first->reason << "\n";
}

}  // namespace
}  // namespace compare_command

void add_compare(CLI::App& app, Context& context) {
  using namespace compare_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("compare", "arm B against arm A, paired by seed; exit 5 where a gate trips");
  verb->add_option("RESULTS", options->results, "name below results/, or a folder")->required();
  verb->add_option("A", options->a, "label of the arm to compare with")->required();
  verb->add_option("B", options->b, "label of the arm in question")->required();
  verb->add_option("--fail-on", options->fail_on, "how much worse B may be: score:-1%,latency_p50_s:+10%");
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer(
      "A gate trips where B is worse than A by more than its bound and surely so. Figures: score, worst_domain, nll, "
      "ece,\nrejection_auroc, train_flops, infer_flops, params_total, params_active, train_cpu_s, peak_memory_bytes,\n"
      "latency_p50_s, latency_p99_s. With % a bound is relative to A. Qualities take - bounds, costs take + "
      "bounds.\n\nExamples:\n"
      "  loom compare quickstart dense sparse_moe\n"
      "  loom compare quickstart dense sparse_moe --fail-on score:-1%,latency_p50_s:+10%");
  verb->callback([options, &context] { run(*options, context); });
}

}  // namespace loom
