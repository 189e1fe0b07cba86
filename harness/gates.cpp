// SPDX-License-Identifier: Apache-2.0
#include "harness/gates.h"

#include <algorithm>
#include <cmath>

#include "harness/error.h"
#include "harness/facts.h"
#include "harness/paired_cells.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace gates_detail {
namespace {

constexpr double kLevel = 0.05;

[[noreturn]] void refuse(const std::string& gate, const std::string& why) {
  throw InputError("--fail-on '" + printable(gate) + "': " + why);
}

std::string all_measures() {
  std::string out;
  for (const std::string& name : measure_names()) (out += out.empty() ? "" : ", ") += name;
  return out;
}

bool is_quality(const std::string& measure) {
  return measure == "score" || measure == "worst_domain" || measure == "rejection_auroc";
}

Gate parse_gate(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == text.npos) refuse(text, "write FIGURE:BOUND, such as score:-1% or latency_p50_s:+10%");
  Gate gate = {.measure = text.substr(0, colon), .text = text};
  if (std::ranges::count(measure_names(), gate.measure) == 0) {
    const std::string near = nearest(gate.measure, measure_names());
    refuse(text, "no figure '" + printable(gate.measure) + "'" +
                     (near.empty() ? "; figures: " + all_measures() : "; did you mean '" + near + "'?"));
  }
  std::string bound = text.substr(colon + 1);
  gate.relative = bound.ends_with('%');
  if (gate.relative) bound.pop_back();
  if (bound.starts_with('+')) bound.erase(0, 1);
  const auto value = bound.starts_with('+') ? std::nullopt : parse_number(bound);
  if (!value) refuse(text, "the bound is a number with or without %, such as -1% or +.5");
  const bool quality = is_quality(gate.measure);
  if (quality ? *value > 0 : *value < 0)
    refuse(text, quality ? "a bound on " + gate.measure + " says how much may be lost: zero or below, such as -1%"
                         : "a bound on " + gate.measure + " says how much may be added: zero or above, such as +10%");
  gate.allowed = std::abs(*value) / (gate.relative ? 100 : 1);
  return gate;
}

// Differences count as better when positive; at the bound they are -allowed.
bool surely_beyond(const Measure& measure, double allowed) {
  if (!measure.interval || measure.interval->high >= -allowed) return false;
  std::vector<double> beyond = measure.by_seed;
  for (double& value : beyond) value += allowed;
  return sign_flip(beyond, kComparisonSeed) <= kLevel;
}

double session_noise(double aa_ratio) { return std::max(1 + kQuietest, std::max(aa_ratio, 1 / aa_ratio)); }

// Of an exceeded bound: whether it is certain, and why or why not.
void weigh(GateResult& out, const Measure& measure, const ArmComparison& comparison) {
  if (measure.noise == Noise::none) {
    out.tripped = true;
    out.reason = "counted, so the bound alone decides";
  } else if (measure.noise == Noise::session) {
    const double noise = comparison.aa_ratio ? session_noise(*comparison.aa_ratio) : 0;
    out.tripped = noise > 0 && *measure.b > (*measure.a + out.allowed) * noise;
    out.reason = noise == 0 ? "the session has no A/A ratio to tell noise by"
                            : std::string(out.tripped ? "beyond" : "within") + " the session's noise of " +
                                  number_text(std::round((noise - 1) * 1000) / 10) + " %";
  } else {
    out.tripped = surely_beyond(measure, out.allowed);
    out.reason = out.tripped ? "the interval lies beyond the bound, and sign flips about it give p <= .05"
                             : "not significantly so over " + std::to_string(measure.by_seed.size()) + " pairs";
  }
}

GateResult result_of(const Gate& gate, const ArmCell& cell, const ArmComparison& comparison) {
  GateResult out;
  out.gate = gate.text;
  out.suite = cell.suite;
  out.column = cell.column;
  const Measure* measure = find_measure(cell, gate.measure);
  if (measure == nullptr) {
    out.reason = cell.pairs == 0 ? "no seed is scored on both sides" : "no " + gate.measure + " of both arms";
    return out;
  }
  out.judged = true;
  out.worse = measure->higher_is_better ? *measure->a - *measure->b : *measure->b - *measure->a;
  out.allowed = gate.relative ? gate.allowed * std::abs(*measure->a) : gate.allowed;
  out.exceeded = out.worse > out.allowed;
  if (out.exceeded) weigh(out, *measure, comparison);
  return out;
}

}  // namespace
}  // namespace gates_detail

std::vector<Gate> parse_gates(const std::string& text) {
  std::vector<Gate> gates;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    gates.push_back(gates_detail::parse_gate(text.substr(at, end - at)));
    at = end + 1;
  }
  return gates;
}

std::vector<GateResult> judge(const ArmComparison& comparison, const std::vector<Gate>& gates) {
  std::vector<GateResult> out;
  for (const Gate& gate : gates) {
    const size_t first = out.size();
    for (const ArmCell& cell : comparison.cells) out.push_back(gates_detail::result_of(gate, cell, comparison));
    const auto judged = [](const GateResult& result) { return result.judged; };
    if (std::none_of(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), judged))
      gates_detail::refuse(gate.text, "it cannot be judged anywhere: " + out.back().reason);  // never a silent pass
  }
  return out;
}

}  // namespace loom
