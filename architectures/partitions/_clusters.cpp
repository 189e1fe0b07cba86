// SPDX-License-Identifier: Apache-2.0
#include "architectures/partitions/_clusters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/random.h"

namespace loom::clusters {
namespace {

constexpr int64_t kBins = 512;
constexpr int kMostRounds = 30;

// Multiplicative hashing (Knuth, volume 3, 6.4).
int64_t bin_of(uint64_t feature) { return static_cast<int64_t>((feature * 0x9e3779b97f4a7c15ULL) >> 55) % kBins; }

Matrix counts(const Items& items) {
  const bool bags = items.kind == InputKind::bags;
  Matrix out = Matrix::Zero(items.count, kBins);
  for (int64_t item = 0; item < items.count; ++item) {
    int64_t before = -1;
    for (int64_t step = 0; step < items.input_dim; ++step) {
      const auto at = static_cast<size_t>(item * items.input_dim + step);
      const int64_t now = bags ? items.ids[at] : token(items, at);
      if (now < 0) continue;  // fills a bag up
      out(item, bin_of(static_cast<uint64_t>(now))) += 1;
      if (!bags && before >= 0)
        out(item, bin_of((static_cast<uint64_t>(before) + 1) << 32 | static_cast<uint64_t>(now))) += 1;
      before = now;
    }
  }
  return out;
}

void weigh_tf_idf(Matrix& counts) {
  const auto items = static_cast<float>(counts.rows());
  for (int64_t bin = 0; bin < counts.cols(); ++bin) {
    const auto holding = static_cast<float>((counts.col(bin).array() > 0).count());
    counts.col(bin) *= std::log((1 + items) / (1 + holding)) + 1;
  }
  for (int64_t item = 0; item < counts.rows(); ++item)
    if (const float length = counts.row(item).norm(); length > 0) counts.row(item) /= length;
}

Matrix standardised(const Items& items) {
  Matrix out = Eigen::Map<const Matrix>(items.values.data(), items.count, items.input_dim);
  for (int64_t input = 0; input < out.cols(); ++input) {
    auto column = out.col(input).array();
    column -= column.mean();
    const float deviation = std::sqrt(column.square().mean());
    if (deviation > 1e-6F)
      column /= deviation;
    else
      column = 0;
  }
  return out;
}

// Squared distances [rows, k].
Matrix distances(const Matrix& rows, const Matrix& centres) {
  Matrix out = -2 * rows * centres.transpose();
  out.colwise() += rows.rowwise().squaredNorm();
  out.rowwise() += centres.rowwise().squaredNorm().transpose();
  return out;
}

// Each next start is drawn in proportion to its squared distance from those before (Arthur, Vassilvitskii 2007).
Matrix starts(const Matrix& rows, int64_t k, uint64_t seed) {
  Stream stream(seed, "partition/clusters");
  Matrix centres(k, rows.cols());
  centres.row(0) = rows.row(static_cast<int64_t>(stream.below(static_cast<uint64_t>(rows.rows()))));
  Eigen::VectorXd nearest = distances(rows, centres.topRows(1)).col(0).cwiseMax(0).cast<double>();
  for (int64_t next = 1; next < k; ++next) {
    double left = stream.uniform() * nearest.sum();
    int64_t row = 0;
    while (row + 1 < rows.rows() && (left -= nearest[row]) > 0) ++row;
    centres.row(next) = rows.row(row);
    nearest = nearest.cwiseMin(distances(rows, centres.middleRows(next, 1)).col(0).cwiseMax(0).cast<double>());
  }
  return centres;
}

std::vector<int32_t> assigned(const Matrix& distance) {
  const int64_t count = distance.rows(), k = distance.cols();
  std::vector<float> regret(static_cast<size_t>(count));
  for (int64_t row = 0; row < count; ++row) {
    float first = INFINITY, second = INFINITY;
    for (int64_t centre = 0; centre < k; ++centre) {
      second = std::min(second, std::max(first, distance(row, centre)));
      first = std::min(first, distance(row, centre));
    }
    regret[static_cast<size_t>(row)] = k > 1 ? second - first : 0;
  }
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](int64_t row) { return regret[static_cast<size_t>(row)]; });
  std::vector<int64_t> size(static_cast<size_t>(k));
  std::vector<int32_t> part(static_cast<size_t>(count));
  int64_t larger = count % k;  // so many clusters hold one more than the others
  for (const int64_t row : order) {
    int64_t best = -1;
    for (int64_t centre = 0; centre < k; ++centre) {
      const int64_t own = size[static_cast<size_t>(centre)];
      if (own > count / k || (own == count / k && larger == 0)) continue;
      if (best < 0 || distance(row, centre) < distance(row, best)) best = centre;
    }
    if (size[static_cast<size_t>(best)]++ == count / k) --larger;
    part[static_cast<size_t>(row)] = static_cast<int32_t>(best);
  }
  return part;
}

}  // namespace

Matrix features(const Items& items) {
  if (items.kind == InputKind::vector) return standardised(items);
  Matrix out = counts(items);
  weigh_tf_idf(out);
  return out;
}

int64_t width(const Items& items) { return items.kind == InputKind::vector ? items.input_dim : kBins; }

double kmeans_flops(int64_t rows, int64_t k, int64_t width) {
  return static_cast<double>(rows * width) * static_cast<double>(2 * k * (kMostRounds + 1) + kMostRounds);
}

std::vector<int32_t> balanced_kmeans(const Matrix& rows, int64_t k, uint64_t seed) {
  Matrix centres = starts(rows, k, seed);
  std::vector<int32_t> part;
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<int32_t> next = assigned(distances(rows, centres));
    if (next == part) break;
    part = std::move(next);
    Matrix sum = Matrix::Zero(k, rows.cols());
    std::vector<int64_t> size(static_cast<size_t>(k));
    for (int64_t row = 0; row < rows.rows(); ++row) {
      sum.row(part[static_cast<size_t>(row)]) += rows.row(row);
      ++size[static_cast<size_t>(part[static_cast<size_t>(row)])];
    }
    for (int64_t centre = 0; centre < k; ++centre)
      if (const int64_t own = size[static_cast<size_t>(centre)]; own > 0)
        centres.row(centre) = sum.row(centre) / static_cast<float>(own);
  }
  return part;
}

}  // namespace loom::clusters
