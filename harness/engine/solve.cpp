// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/solve.h"

#include <cmath>

#include "harness/engine/settle.h"
#include "harness/error.h"

namespace loom {
namespace solve_detail {

constexpr int64_t kProbeSamples = 1;     // sizes do not depend on samples
constexpr int64_t kLargestSteps = 4096;  // coarse widths tried, in units of the backbone's grid

const BackboneSource& backbone(const Json& component) {
  return find_backbone(component.at("backbone").at("name").get<std::string>());
}

// The bound that the backbone's own field sets.
int64_t smallest_hidden(const Json& component) {
  for (const Field& field : backbone(component).facts.fields)
    if (field.name == "hidden") return std::llround(field.min.value_or(1));
  return 1;
}

std::string percent(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", ratio);
  return text;
}

}  // namespace solve_detail

using namespace solve_detail;

Json to_json(const Costs& costs) {
  return {{"train_flops", costs.train_flops},
          {"infer_flops", costs.infer_flops},
          {"params_total", costs.parameters_total},
          {"params_active", costs.parameters_active},
          {"samples", costs.samples}};
}

Costs costs_from_json(const Json& value) {
  return {value.at("train_flops"), value.at("infer_flops"), value.at("params_total"), value.at("params_active"),
          value.at("samples")};
}

Json ratios(const Costs& costs, const Costs& reference) {
  const auto ratio = [](auto a, auto b) { return static_cast<double>(a) / static_cast<double>(b); };
  return {{"train_flops", ratio(costs.train_flops, reference.train_flops)},
          {"infer_flops", ratio(costs.infer_flops, reference.infer_flops)},
          {"params", ratio(costs.parameters_total, reference.parameters_total)},
          {"samples", ratio(costs.samples, reference.samples)}};
}

std::string missed_budget(const Json& ratios, std::string_view column) {
  std::vector<std::string> bound = {"train_flops"};
  if (column == "serving") bound.push_back("infer_flops");
  if (column == "memory") bound.push_back("params");
  for (const std::string& key : bound)
    if (std::abs(ratios.at(key).get<double>() - 1) > Solver::kTolerance) return key;
  return "";
}

Solver::Solver(const LoadedSuite& suite, TrainConfig train, Json reference, int64_t samples)
    : suite_(suite), train_(std::move(train)), reference_(std::move(reference)), samples_(samples) {
  const Json& sizes = reference_.at("backbone");
  const int64_t width = sizes.at("width");
  reference_ = with_size(reference_, width, sizes.at("hidden").is_null() ? 0 : sizes.at("hidden").get<int64_t>());
  reference_costs_ = costs(reference_, samples_);
}

Solver Solver::trained_with(TrainConfig train) const {
  Solver other = *this;
  other.train_ = std::move(train);
  other.cache_.clear();
  return other;
}

Json Solver::with_size(Json component, int64_t width, int64_t hidden) const {
  component["backbone"] = backbone(component).resize(component.at("backbone"), width, hidden);
  return component;
}

int64_t Solver::coarse_width(double multiple) const {
  const int64_t step = backbone(reference_).width_step, width = reference_.at("backbone").at("width");
  return std::max<int64_t>(1, std::llround(multiple * static_cast<double>(width) / static_cast<double>(step))) * step;
}

Costs Solver::costs(const Json& component, int64_t samples) const {
  const std::string key = canonical(component) + std::to_string(samples);
  if (const auto found = cache_.find(key); found != cache_.end()) return found->second;
  constexpr uint64_t kSeed = 0;  // part sizes of the first seed stand for all
  const Recipe recipe = make_recipe(suite_, component, samples, train_, kSeed);
  TrialAssembly assembly(suite_, component, kSeed, train_, untrained(recipe, at::kCPU), {}, /*dry=*/true, nullptr,
                         [&] { return untrained_seed(recipe, at::kCPU); });
  const auto model = find_architecture(component.at("name").get<std::string>()).assemble(assembly);
  Costs costs;
  for (const auto* charges : {&recipe.charges, &assembly.charges()})
    for (const Charge& charge : *charges) {
      costs.train_flops += charge.flops;
      if (charge.stage != "selection") costs.samples += charge.samples;
    }
  costs.infer_flops = inference_flops(*model, suite_);
  costs.parameters_total = model->parameters_total();
  costs.parameters_active = model->parameters_active();
  return cache_[key] = costs;
}

Solution Solver::close_training(const Json& component) const {
  const double target = reference_costs_.train_flops;
  double low = 0, high = 0;  // samples whose cost is below and above the target
  int64_t samples = samples_;
  Solution best;
  double best_miss = INFINITY;
  for (int round = 0; round < 12; ++round) {
    const Costs cost = costs(component, samples);
    const double miss = std::abs(cost.train_flops / target - 1);
    if (miss < best_miss) {
      best_miss = miss;
      best = {component, samples, cost, {}};
    }
    if (miss < 0.001) break;
    (cost.train_flops < target ? low : high) = static_cast<double>(samples);
    double next = static_cast<double>(samples) * target / cost.train_flops;
    if (low > 0 && high > 0 && (next <= low || next >= high)) next = (low + high) / 2;
    if (std::llround(next) == samples || next < 1) break;
    samples = std::llround(next);
  }
  if (best_miss > kTolerance)
    best.rejected = "training FLOPs cannot be closed: nearest is " + percent(best.costs.train_flops / target) +
                    " of the budget at " + std::to_string(best.samples) +
                    " samples; a larger `samples` makes the steps finer";
  return best;
}

double Solver::measure(const Json& component, const std::string& column) const {
  const Costs cost = costs(component, kProbeSamples);
  return column == "serving"
             ? cost.infer_flops / reference_costs_.infer_flops
             : static_cast<double>(cost.parameters_total) / static_cast<double>(reference_costs_.parameters_total);
}

Solution Solver::solve_given(const Json& component, const std::string& column) const {
  const double reached = measure(component, column);
  if (std::abs(reached - 1) <= kTolerance) return close_training(component);
  Solution none{component, 0, {}, {}};
  none.rejected = "given weights fix its size, and it has " + percent(reached) + " times the reference's " +
                  (column == "serving" ? "inference FLOPs" : "parameters");
  return none;
}

// What is given beyond the budgets has the size of a reference of so many times the parameters: a tag adds to it.
Solution Solver::solve_beyond(const Json& component, const Beyond& beyond) const {
  Json plain = reference_;
  plain["backbone"] = component.at("backbone");
  double nearest = INFINITY;
  const auto size = sized(plain, "memory", beyond.parameters, nearest);
  if (!size) {
    Solution none{component, 0, {}, {}};
    none.rejected = "no size has " + percent(beyond.parameters) + " of the reference's parameters: the nearest has " +
                    percent(nearest) + " of that";
    return none;
  }
  Json given = component;
  given["backbone"] = size->at("backbone");
  const int64_t samples = std::llround(static_cast<double>(samples_) * beyond.samples);
  return {given, samples, costs(given, samples), {}};
}

// The width and fine size whose inference FLOPs or parameters are `multiple` times the reference's; else how near, in
// multiples of that, one comes.
std::optional<Json> Solver::sized(const Json& component, const std::string& column, double multiple,
                                  double& nearest) const {
  const int64_t step = backbone(component).width_step;
  const auto ratio = [&](int64_t units, int64_t hidden) {
    return measure(with_size(component, units * step, hidden), column) / multiple;
  };
  if (component.at("backbone").at("name") ==
      reference_.at("backbone").at("name")) {  // the reference's own size, where it fits
    const Json same =
        with_size(component, reference_.at("backbone").at("width"), reference_.at("backbone").at("hidden"));
    if (std::abs(measure(same, column) / multiple - 1) <= 0.001) return same;
  }
  int64_t low = 0, high = 1;  // largest coarse width at or below the target, smallest above it
  while (high <= kLargestSteps && ratio(high, 0) <= 1) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (ratio(middle, 0) <= 1 ? low : high) = middle;
  }
  std::optional<Json> best;
  double best_strain = INFINITY;
  for (const int64_t units : {low, high}) {
    if (units == 0) continue;
    const Json usual_size = with_size(component, units * step, 0);
    const int64_t usual = usual_size.at("backbone").at("hidden");
    const double base = ratio(units, usual), slope = (ratio(units, usual + 1) - base);  // affine in the fine size
    const int64_t hidden =
        std::max<int64_t>(smallest_hidden(component), std::llround(static_cast<double>(usual) + (1 - base) / slope));
    const double reached = ratio(units, hidden);
    if (std::abs(reached - 1) < std::abs(nearest - 1)) nearest = reached;
    const double strain =
        std::abs(std::log(static_cast<double>(hidden) / static_cast<double>(usual)));  // prefer usual proportions
    if (std::abs(reached - 1) <= kTolerance && strain < best_strain) {
      best_strain = strain;
      best = with_size(component, units * step, hidden);
    }
  }
  return best;
}

Solution Solver::solve(const Json& component, const std::string& column) const {
  if (const auto beyond = find_architecture(component.at("name").get<std::string>()).beyond)
    return solve_beyond(component, beyond(component));
  if (has_given_weights(component)) return solve_given(component, column);
  double nearest = INFINITY;
  if (const auto size = sized(component, column, 1, nearest)) return close_training(*size);
  Solution none{component, 0, {}, {}};
  none.rejected = std::string(column == "serving" ? "inference FLOPs" : "parameters") +
                  " cannot match the reference: the nearest size has " + percent(nearest) +
                  " times as much; a reference that much larger would fit";
  return none;
}

}  // namespace loom
