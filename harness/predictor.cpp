// SPDX-License-Identifier: Apache-2.0
#include "harness/predictor.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/bag_classifier.h"
#include "harness/budgets.h"
#include "harness/error.h"
#include "harness/random.h"

namespace loom {
namespace predictor_detail {
namespace {

using X = std::array<double, Predictors::kCount>;

X x_of(const PredictorCell& cell) { return Predictors::of(cell.landmarks, cell.epochs, cell.column); }

std::vector<std::string> groups_of(std::span<const PredictorCell> cells) {
  std::set<std::string> names;
  for (const PredictorCell& cell : cells)
    if (cell.decided()) names.insert(cell.group);
  return {names.begin(), names.end()};
}

const Json* suite_config(const Json& experiment, const std::string& label) {
  for (const Json& suite : experiment.at("suites"))
    if (suite.at("label") == label) return &suite;
  return nullptr;
}

// Minus the log likelihood of signs +-1 and the penalty; the intercept is w's last.
double penalised_loss(const std::vector<X>& rows, const std::vector<double>& sign, const std::vector<double>& w,
                      std::vector<double>& gradient) {
  // A free intercept has no minimum where all signs are alike; this much holds it without being felt.
  constexpr double kIntercept = 1e-3;
  double value = 0;
  std::ranges::fill(gradient, 0.0);
  for (size_t j = 0; j < Predictors::kCount; ++j) value += w[j] * w[j] / 2, gradient[j] = w[j];
  for (size_t i = 0; i < rows.size(); ++i) {
    double margin = w.back();
    for (size_t j = 0; j < Predictors::kCount; ++j) margin += w[j] * rows[i][j];
    margin *= sign[i];
    value += margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    const double slope = -sign[i] / (1 + std::exp(margin));
    for (size_t j = 0; j < Predictors::kCount; ++j) gradient[j] += slope * rows[i][j];
    gradient.back() += slope;
  }
  value += kIntercept * w.back() * w.back() / 2;
  gradient.back() += kIntercept * w.back();
  return value;
}

}  // namespace
}  // namespace predictor_detail

using namespace predictor_detail;

const std::array<std::string, Predictors::kCount>& Predictors::names() {
  static const std::array<std::string, kCount> all = {"pooling",      "distance",  "ln values",     "ln domains",
                                                      "router error", "ln epochs", "ln member size"};
  return all;
}

std::array<double, Predictors::kCount> Predictors::of(const Landmarks& landmarks, double epochs,
                                                      const std::string& column) {
  const double domains = std::log(static_cast<double>(landmarks.domains));
  return {landmarks.pooling,      landmarks.distance, std::log(landmarks.values),         domains,
          landmarks.router_error, std::log(epochs),   column == "memory" ? -domains : 0.0};
}

SignModel::SignModel(std::span<const PredictorCell> cells) {
  std::vector<X> rows;
  std::vector<double> sign;
  for (const PredictorCell& cell : cells) {
    if (!cell.decided()) continue;
    rows.push_back(x_of(cell));
    sign.push_back(cell.fabric() ? 1 : -1);
  }
  check(!rows.empty(), "a sign is learned from decided cells");
  const auto count = static_cast<double>(rows.size());
  for (size_t j = 0; j < Predictors::kCount; ++j) {
    for (const X& row : rows) mean_[j] += row[j] / count;
    for (const X& row : rows) spread_[j] += (row[j] - mean_[j]) * (row[j] - mean_[j]) / count;
    spread_[j] = spread_[j] > 1e-12 ? std::sqrt(spread_[j]) : 1;
  }
  for (X& row : rows)
    for (size_t j = 0; j < Predictors::kCount; ++j) row[j] = (row[j] - mean_[j]) / spread_[j];
  const auto loss = [&](const std::vector<double>& w, std::vector<double>& gradient) {
    return penalised_loss(rows, sign, w, gradient);
  };
  weights_ = minimise(loss, std::vector<double>(Predictors::kCount + 1, 0.0), 1e-6, 500);
}

double SignModel::logit(const X& x) const {
  double out = weights_.back();
  for (size_t j = 0; j < Predictors::kCount; ++j) out += weights_[j] * (x[j] - mean_[j]) / spread_[j];
  return out;
}

double SignModel::probability(const X& x) const { return 1 / (1 + std::exp(-logit(x))); }

std::optional<double> SignModel::flip(X x, size_t predictor) const {
  const double slope = weights_[predictor] / spread_[predictor];
  if (std::abs(slope) < 1e-9) return std::nullopt;
  return x[predictor] - logit(x) / slope;
}

int LeftOut::right() const { return static_cast<int>(std::ranges::count(cells, true, &Cell::right)); }
int LeftOut::majority_right() const { return static_cast<int>(std::ranges::count(cells, true, &Cell::majority_right)); }

LeftOut leave_one_group_out(std::span<const PredictorCell> cells) {
  LeftOut out;
  const std::vector<std::string> groups = groups_of(cells);
  out.groups = static_cast<int>(groups.size());
  for (const std::string& group : groups) {
    std::vector<PredictorCell> others;
    int fabric = 0;
    for (const PredictorCell& cell : cells)
      if (cell.decided() && cell.group != group) others.push_back(cell), fabric += cell.fabric() ? 1 : -1;
    if (others.empty()) continue;
    const SignModel model(others);
    for (size_t i = 0; i < cells.size(); ++i) {
      if (!cells[i].decided() || cells[i].group != group) continue;
      const double p = model.probability(x_of(cells[i]));
      out.cells.push_back({i, p, (p >= 0.5) == cells[i].fabric(), (fabric >= 0) == cells[i].fabric()});
    }
  }
  return out;
}

SignBootstrap::SignBootstrap(std::span<const PredictorCell> cells, int draws) {
  const std::vector<std::string> groups = groups_of(cells);
  std::map<std::string, std::vector<PredictorCell>> by_group;
  for (const PredictorCell& cell : cells)
    if (cell.decided()) by_group[cell.group].push_back(cell);
  Stream stream(0, "predictor/bootstrap", 0);
  for (int draw = 0; draw < draws; ++draw) {
    std::vector<PredictorCell> drawn;
    for (size_t g = 0; g < groups.size(); ++g) {
      const auto& own = by_group.at(groups[stream.below(groups.size())]);
      drawn.insert(drawn.end(), own.begin(), own.end());
    }
    models_.emplace_back(drawn);
  }
}

Interval SignBootstrap::interval(const X& x) const {
  std::vector<double> all;
  for (const SignModel& model : models_) all.push_back(model.probability(x));
  std::ranges::sort(all);
  const auto at = [&](double share) { return all[static_cast<size_t>(share * static_cast<double>(all.size() - 1))]; };
  return {at(0.025), at(0.975)};
}

std::vector<PredictorCell> predictor_cells(const std::string& results, const ResultStore& store,
                                           const Measured& measured) {
  std::vector<PredictorCell> cells;
  for (const ComparedBlock& block : compare(store)) {
    const Json* config = suite_config(store.experiment, block.suite);
    if (!block.headline || config == nullptr) continue;
    const auto known = measured(config->at("suite"));
    if (!known) continue;
    PredictorCell cell;
    cell.results = results;
    cell.suite = block.suite;
    cell.group = known->second;
    cell.column = block.column;
    cell.share = read_budget_label(block.suite).share;
    cell.landmarks = known->first;
    cell.epochs =
        config->at("samples").get<double>() / (cell.landmarks.items * static_cast<double>(cell.landmarks.domains));
    cell.verdict = block.headline->verdict;
    cell.difference = block.headline->difference;
    cells.push_back(cell);
  }
  return cells;
}

Json to_json(const PredictorCell& cell) {
  return {{"results", cell.results}, {"suite", cell.suite},           {"group", cell.group},
          {"column", cell.column},   {"share", cell.share},           {"epochs", cell.epochs},
          {"verdict", cell.verdict}, {"difference", cell.difference}, {"landmarks", to_json(cell.landmarks)}};
}

PredictorCell predictor_cell_from_json(const Json& value) {
  return {.results = value.at("results"),
          .suite = value.at("suite"),
          .group = value.at("group"),
          .column = value.at("column"),
          .share = value.at("share"),
          .epochs = value.at("epochs"),
          .verdict = value.at("verdict"),
          .difference = value.at("difference"),
          .landmarks = landmarks_from_json(value.at("landmarks"))};
}

}  // namespace loom
