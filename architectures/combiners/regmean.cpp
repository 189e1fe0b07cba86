// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "architectures/combiners/_weights.h"

namespace loom::combiners {
namespace regmean_detail {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr double kRidge = 1e-6;  // of the mean diagonal, the same for all: an input that nobody saw is averaged

Matrix matrix_of(const Array& array) {
  const std::vector<float> values = as_f32(array);
  return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
             values.data(), array.shape.at(0), array.shape.at(1))
      .cast<double>();
}

// The W that minimises sum_k |X_k W - X_k W_k|^2: (sum_k G_k)^-1 sum_k G_k W_k, each G_k = X_k^T X_k with its
// off-diagonal entries shrunk by alpha.
Matrix solve(const std::vector<Arrays>& grams, std::span<const Arrays> members, const std::string& name, double alpha) {
  std::vector<Matrix> all;
  double diagonal = 0;
  for (const Arrays& one : grams) {
    const Matrix gram = matrix_of(one.at(name));
    all.push_back(alpha * gram);
    all.back().diagonal() = gram.diagonal();
    diagonal += gram.trace() / static_cast<double>(gram.rows() * std::ssize(grams));
  }
  const double ridge = diagonal > 0 ? kRidge * diagonal : 1;
  const auto inputs = all[0].rows();
  Matrix total = Matrix::Zero(inputs, inputs), right = Matrix::Zero(inputs, members[0].at(name).shape.at(1));
  for (size_t member = 0; member < members.size(); ++member) {
    all[member].diagonal().array() += ridge;
    total += all[member];
    right += all[member] * matrix_of(members[member].at(name));
  }
  return total.ldlt().solve(right);
}

// Of solve() with `members` maps [in, out]: their products with the Grams, the factorisation and its use.
double solve_flops(int64_t members, int64_t in, int64_t out) {
  const double square = static_cast<double>(in) * static_cast<double>(in);
  return square * static_cast<double>(2 * (members + 1) * out) + square * static_cast<double>(in) / 3;
}

Arrays merge(const Json& options, MergeContext& context) {
  const std::vector<Arrays> grams = context.grams(options.at("items"));
  weights::Weights merged = weights::mean_of(weights::all_members(context));
  for (const auto& [name, gram] : grams.at(0)) {
    const std::vector<int64_t>& shape = context.members()[0].at(name).shape;
    context.charge(solve_flops(std::ssize(context.members()), shape.at(0), shape.at(1)));
    const Matrix solved = solve(grams, context.members(), name, options.at("alpha"));
    merged.at(name).assign(solved.data(), solved.data() + solved.size());
  }
  return weights::narrowed(merged, context.members()[0]);
}

}  // namespace regmean_detail

CombinerSource regmean() {
  return {.facts = {.kind = "combiner",
                    .name = "regmean",
                    .summary = "each affine map the least-squares compromise of the members' on the inputs that each "
                               "met on its own part of the router split; all else the mean",
                    .paper = "Jin et al. 2023",
                    .view = "weights",
                    .access = {"W", "Z"},
                    .fields = {{.name = "alpha",
                                .type = FieldType::real,
                                .fallback = 0.9,
                                .min = 0,
                                .max = 1,
                                .doc = "factor on the off-diagonal entries of the inputs' Gram matrices"},
                               {.name = "items",
                                .fallback = 1024,
                                .min = 1,
                                .max = 1000000,
                                .doc = "items of a member's part at most"}}},
          .merge = regmean_detail::merge};
}

}  // namespace loom::combiners
