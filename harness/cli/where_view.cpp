// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/where_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/commands.h"
#include "harness/suite_map.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace where_view_detail {
namespace {

using table_parts::decimal, table_parts::signed_decimal;

constexpr int kDraws = 400;
constexpr std::array kEpochs = {1.0, 4.0, 16.0};
constexpr size_t kMiddle = 1, kAlike = 3;

// Predictors that differ between tasks or that one may choose, in words and in their own unit.
struct Change {
  size_t predictor;
  const char* what;
  bool logarithmic;
};
constexpr std::array kChanges = {Change{1, "distance of the domains", false},
                                 Change{2, "labels or bytes of a domain", true}, Change{3, "number of domains", true},
                                 Change{4, "router error", false}, Change{5, "epochs", true}};

std::vector<Placed::Flip> flips_of(const SignModel& model, const std::array<double, Predictors::kCount>& x,
                                   std::span<const PredictorCell> cells) {
  std::vector<Placed::Flip> out;
  for (const auto& [predictor, what, logarithmic] : kChanges) {
    const auto value = [p = predictor](const PredictorCell& cell) {
      return Predictors::of(cell.landmarks, cell.epochs, cell.column)[p];
    };
    const auto [low, high] = std::ranges::minmax(cells, {}, value);
    const auto at = model.flip(x, predictor);
    if (!at || *at < value(low) || *at > value(high)) continue;
    out.push_back({what, logarithmic ? std::exp(x[predictor]) : x[predictor], logarithmic ? std::exp(*at) : *at});
  }
  return out;
}

std::vector<PredictorCell> nearest_suites(const Landmarks& landmarks, std::span<const PredictorCell> cells) {
  std::vector<PredictorCell> all;
  std::set<std::string> seen;
  for (const PredictorCell& cell : cells)
    if (cell.column == "serving" && cell.share == 1 && seen.insert(cell.suite).second) all.push_back(cell);
  const auto away = [&](const PredictorCell& cell) {
    return std::abs(cell.landmarks.distance - landmarks.distance) +
           std::abs(std::log(cell.landmarks.values / landmarks.values)) / 4;
  };
  std::ranges::stable_sort(all, {}, away);
  all.resize(std::min(all.size(), kAlike));
  return all;
}

std::string side_words(const Placed::At& at) {
  const std::string side = at.probability >= 0.5 ? "fabric" : "monolith";
  const bool sure = at.interval.low > 0.5 || at.interval.high < 0.5;
  return sure ? side : side + ", but unsure";
}

std::string share_words(const LeftOut& record) {
  const auto all = std::ssize(record.cells);
  return std::to_string(record.right()) + " of " + std::to_string(all) + " decided cells (" +
         decimal(static_cast<double>(record.right()) / static_cast<double>(all), 2) + "), the majority's sign on " +
         std::to_string(record.majority_right()) + " (" +
         decimal(static_cast<double>(record.majority_right()) / static_cast<double>(all), 2) + "); " +
         std::to_string(record.groups) + " kinds of data";
}

std::string short_number(double value) {
  return std::abs(value) >= 100 ? std::to_string(std::llround(value)) : decimal(value, 2);
}

}  // namespace
}  // namespace where_view_detail

using namespace where_view_detail;

Placed place_suite(const std::string& name, const Landmarks& landmarks, std::span<const PredictorCell> cells) {
  Placed out{.name = name, .landmarks = landmarks, .at = {}, .flips = {}, .alike = {}, .record = {}};
  const SignModel model(cells);
  const SignBootstrap bootstrap(cells, kDraws);
  for (const char* column : {"serving", "memory"})
    for (const double epochs : kEpochs) {
      const auto x = Predictors::of(landmarks, epochs, column);
      out.at.push_back({column, epochs, model.probability(x), bootstrap.interval(x)});
    }
  out.flips = flips_of(model, Predictors::of(landmarks, kEpochs[kMiddle], "serving"), cells);
  out.alike = nearest_suites(landmarks, cells);
  out.record = leave_one_group_out(cells);
  return out;
}

std::string placed_text(const Placed& placed, std::span<const PredictorCell> cells,
                        std::span<const BoundaryCurve> curves) {
  const Landmarks& marks = placed.landmarks;
  std::string out = printable(placed.name) + ": " + std::to_string(marks.domains) + " domains, " +
                    short_number(marks.items) + " items to train on in each\n";
  out += "  loss of a " + marks.learner + ": own data " + decimal(marks.own, 3) + ", all data " +
         decimal(marks.pooled, 3) + ", the others' data " + decimal(marks.others, 3) + ", no input " +
         decimal(marks.floor, 3) + "; router error " + decimal(marks.router_error, 3) + "\n\n";
  std::vector<std::vector<std::string>> rows = {{"column", "epochs", "fabric better", "95 %", "side"}};
  for (const Placed::At& at : placed.at)
    rows.push_back({at.column, number_text(at.epochs), decimal(at.probability, 2),
                    "[" + decimal(at.interval.low, 2) + ", " + decimal(at.interval.high, 2) + "]", side_words(at)});
  out += aligned(rows) + "\n";
  for (const Placed::Flip& flip : placed.flips)
    out += "would change sides at " + std::string(flip.what) + " " + short_number(flip.at) + " (now " +
           short_number(flip.now) + "), all else equal, " + number_text(kEpochs[kMiddle]) + " epochs, serving\n";
  if (placed.flips.empty())
    out += "no change of one number alone, as far as any suite that ran, would change the side\n";
  for (const PredictorCell& cell : placed.alike)
    out += "near: " + printable(cell.suite) + ", " + cell.verdict + " by " + signed_decimal(cell.difference, 3) +
           " (fabric minus monolith, serving)\n";
  out += "on suites left out the sign was right on " + share_words(placed.record) + "\n";
  if (placed.record.right() <= placed.record.majority_right())
    out += "which is no better than always naming the majority's side: a hint, not an answer\n";
  out += "\n";
  for (SuiteMap map : suite_maps(cells, curves)) {
    if (map.column != "serving" || map.share != 1) continue;
    map.dots.push_back({placed.name, marks.distance, marks.values, '*'});
    out += map_text(map);
  }
  return out;
}

Json placed_json(const Placed& placed) {
  Json at = Json::array(), flips = Json::array(), alike = Json::array();
  for (const Placed::At& one : placed.at)
    at.push_back({{"column", one.column},
                  {"epochs", one.epochs},
                  {"probability", one.probability},
                  {"low", one.interval.low},
                  {"high", one.interval.high}});
  for (const Placed::Flip& flip : placed.flips)
    flips.push_back({{"what", flip.what}, {"now", flip.now}, {"at", flip.at}});
  for (const PredictorCell& cell : placed.alike) alike.push_back(to_json(cell));
  return {{"suite", placed.name},
          {"landmarks", to_json(placed.landmarks)},
          {"at", at},
          {"flips", flips},
          {"near", alike},
          {"left_out",
           {{"right", placed.record.right()},
            {"majority_right", placed.record.majority_right()},
            {"decided", placed.record.cells.size()},
            {"groups", placed.record.groups}}}};
}

std::string track_record_text(std::span<const PredictorCell> cells, std::span<const BoundaryCurve> curves) {
  const LeftOut record = leave_one_group_out(cells);
  std::vector<std::vector<std::string>> rows = {
      {"suite", "column", "distance", "values", "router error", "epochs", "verdict", "fabric better", "right"}};
  for (const LeftOut::Cell& left : record.cells) {
    const PredictorCell& cell = cells[left.index];
    rows.push_back({printable(cell.suite), cell.column, decimal(cell.landmarks.distance, 2),
                    short_number(cell.landmarks.values), decimal(cell.landmarks.router_error, 3),
                    decimal(cell.epochs, 1), cell.verdict, decimal(left.probability, 2), left.right ? "yes" : "no"});
  }
  const SignModel model(cells);
  std::string weights;
  for (size_t i = 0; i < Predictors::kCount; ++i)
    weights += (i > 0 ? ", " : "") + Predictors::names()[i] + " " + signed_decimal(model.weights()[i], 2);
  std::string out = aligned(rows) + "\nleaving one kind of data out, the sign is right on " + share_words(record) +
                    "\nof " + std::to_string(cells.size()) + " cells in all; the others are tied or undecided\n" +
                    "log odds for a fabric per standard deviation: " + weights + "\n\n";
  for (const SuiteMap& map : suite_maps(cells, curves)) out += map_text(map) + "\n";
  return out;
}

std::string curves_text(std::span<const BoundaryCurve> curves) {
  std::vector<std::vector<std::string>> rows = {{"labels or bytes", "distance at the boundary", "band", "found by"}};
  std::string out;
  for (const BoundaryCurve& curve : curves) {
    rows.resize(1);
    for (const auto& [values, distance, nearest, furthest] : curve.points)
      rows.push_back({short_number(values), decimal(distance, 3),
                      "[" + decimal(nearest, 3) + ", " + decimal(furthest, 3) + "]",
                      curve.closed_form ? "closed form" : "training"});
    out += printable(curve.title) + "\n" + aligned(rows) + "\n";
  }
  return out;
}

Json track_record_json(std::span<const PredictorCell> cells) {
  const LeftOut record = leave_one_group_out(cells);
  Json left = Json::array();
  for (const LeftOut::Cell& one : record.cells) {
    Json cell = to_json(cells[one.index]);
    cell.update({{"probability", one.probability}, {"right", one.right}, {"majority_right", one.majority_right}});
    left.push_back(std::move(cell));
  }
  return {{"right", record.right()},
          {"majority_right", record.majority_right()},
          {"decided", record.cells.size()},
          {"groups", record.groups},
          {"cells", left}};
}

}  // namespace loom
