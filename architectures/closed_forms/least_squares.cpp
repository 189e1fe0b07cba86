// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Dense>

#include "harness/error.h"
#include "harness/planted.h"

namespace loom::closed_forms {
namespace least_squares_detail {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

// Ordinary least squares by Householder QR (Golub, Van Loan 2013, 5.3.2) on domains first .. last - 1 together.
Vector fit_weights(const RegressionWorld& world, size_t first, size_t last) {
  Matrix inputs(static_cast<int64_t>(last - first) * world.samples, world.dimension);
  Vector targets(inputs.rows());
  for (size_t d = first; d < last; ++d) {
    const auto row = static_cast<int64_t>(d - first) * world.samples;
    inputs.middleRows(row, world.samples) =
        Eigen::Map<const Matrix>(world.domains[d].inputs.data(), world.samples, world.dimension);
    targets.segment(row, world.samples) = Eigen::Map<const Vector>(world.domains[d].targets.data(), world.samples);
  }
  return Eigen::HouseholderQR<Eigen::MatrixXd>(inputs).solve(targets);
}

std::vector<Vector> specialists(const RegressionWorld& world) {
  std::vector<Vector> out;
  for (size_t d = 0; d < world.domains.size(); ++d) out.push_back(fit_weights(world, d, d + 1));
  return out;
}

Vector average(const std::vector<Vector>& all) {
  Vector sum = Vector::Zero(all[0].size());
  for (const Vector& one : all) sum += one;
  return sum / static_cast<double>(all.size());
}

// The weight on the specialist, beside the soup, that makes the expected risk smallest; it needs the truth.
double best_shrinkage(const RegressionWorld& world) {
  const double p = static_cast<double>(world.dimension), n = static_cast<double>(world.samples);
  const double others = 1 - 1 / static_cast<double>(world.domains.size());
  const double spread = (1 - world.similarity) * others, alone = world.noise * world.noise * p / (n - p - 1);
  return spread + others * alone > 0 ? spread / (spread + others * alone) : 1;
}

double risk(const RegressionWorld& world, const Vector& weights, size_t domain) {
  return world.excess_risk({weights.data(), static_cast<size_t>(weights.size())}, domain);
}

std::vector<double> each(const RegressionWorld& world, auto score) {
  std::vector<double> out;
  for (size_t d = 0; d < world.domains.size(); ++d) out.push_back(score(d));
  return out;
}

std::vector<double> fit(const Json& options, const World& any) {
  const auto& world = std::get<RegressionWorld>(any);
  const std::string kind = options.at("fit");
  if (kind == "pooled") {
    const Vector weights = fit_weights(world, 0, world.domains.size());
    return each(world, [&](size_t d) { return risk(world, weights, d); });
  }
  const std::vector<Vector> experts = specialists(world);
  if (kind == "domain") {
    const double error = options.at("router_error");
    return each(world, [&](size_t d) {
      std::vector<double> by_expert;
      for (const Vector& expert : experts) by_expert.push_back(risk(world, expert, d));
      return routed(by_expert, d, error);
    });
  }
  const Vector soup = average(experts);
  const double own = kind == "soup" ? 0 : best_shrinkage(world);
  return each(world, [&](size_t d) { return risk(world, own * experts[d] + (1 - own) * soup, d); });
}

Standing standing(const Json& options) {
  const std::string kind = options.at("fit");
  if (kind == "pooled") return {"monolith", "arm"};
  if (kind == "hybrid") return {"fabric", "reference"};  // its weight is computed from the truth
  return {"fabric", "arm"};
}

// QR of n x p: 2 n p^2 - 2 p^3 / 3; its reflectors on the targets: 4 n p - 2 p^2; back substitution: p^2.
double solve_flops(double n, double p) { return 2 * n * p * p - 2 * p * p * p / 3 + 4 * n * p - p * p; }

ClosedFormCosts costs(const Json& options, const World& any) {
  const auto& world = std::get<RegressionWorld>(any);
  const auto parts = static_cast<int64_t>(world.domains.size());
  const double n = static_cast<double>(world.samples), p = static_cast<double>(world.dimension);
  const double count = static_cast<double>(parts);
  const std::string kind = options.at("fit");
  const double merge = kind == "soup" ? p * count : kind == "hybrid" ? 4 * p * count : 0;
  const bool one = kind == "pooled" || kind == "soup";
  return {.train_flops = kind == "pooled" ? solve_flops(n * count, p) : count * solve_flops(n, p) + merge,
          .infer_flops = 2 * p,
          .params_total = one ? world.dimension : parts * world.dimension,
          .params_active = world.dimension};
}

std::vector<Field> fields() {
  return {{.name = "fit",
           .type = FieldType::choice,
           .fallback = "pooled",
           .choices = {"pooled", "domain", "soup", "hybrid"},
           .doc = "one fit of all data, one for each domain, their mean, or each shrunk to the mean as the truth says"},
          {.name = "router_error",
           .type = FieldType::real,
           .fallback = 0.0,
           .min = 0,
           .max = 1,
           .doc = "fit: domain: how often the router names a wrong expert, each as likely; scored in expectation"}};
}

}  // namespace
}  // namespace least_squares_detail

ClosedForm least_squares() {
  using namespace least_squares_detail;
  return {.facts = {.kind = "architecture",
                    .name = "least_squares",
                    .summary = "ordinary least squares on planted regressions: one monolith or a fabric of fits",
                    .family = "fabric",
                    .inputs = {"regression"},
                    .fields = fields()},
          .standing = standing,
          .fit = fit,
          .costs = costs};
}

}  // namespace loom::closed_forms
