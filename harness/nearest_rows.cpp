// SPDX-License-Identifier: Apache-2.0
#include "harness/nearest_rows.h"

#include <Eigen/Core>
#include <algorithm>
#include <limits>

#include "harness/error.h"
#include "harness/parallel.h"

namespace loom {
namespace nearest_rows_detail {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const Matrix>;

constexpr int64_t kAskedBlock = 128, kKnownBlock = 1024;

// |k - a|^2 = |k|^2 - 2 k.a + |a|^2, of which the last does not choose.
void nearest_of_block(const Rows& known, const Eigen::VectorXf& half_norms, const Rows& asked, int64_t first,
                      std::span<int64_t> nearest) {
  const auto count = static_cast<int64_t>(nearest.size());
  std::vector<float> best(nearest.size(), std::numeric_limits<float>::infinity());
  Matrix products;
  for (int64_t k = 0; k < known.rows(); k += kKnownBlock) {
    const int64_t width = std::min(kKnownBlock, known.rows() - k);
    products.noalias() = asked.middleRows(first, count) * known.middleRows(k, width).transpose();
    for (int64_t a = 0; a < count; ++a)
      for (int64_t j = 0; j < width; ++j) {
        const float distance = half_norms[k + j] - products(a, j);
        if (distance >= best[static_cast<size_t>(a)]) continue;
        best[static_cast<size_t>(a)] = distance;
        nearest[static_cast<size_t>(a)] = k + j;
      }
  }
}

}  // namespace
}  // namespace nearest_rows_detail

std::vector<int64_t> nearest_rows(std::span<const float> known, std::span<const float> asked, int64_t dim) {
  using namespace nearest_rows_detail;
  check(dim > 0 && !known.empty(), "a nearest row needs rows");
  const Rows known_rows(known.data(), static_cast<int64_t>(known.size()) / dim, dim);
  const Rows asked_rows(asked.data(), static_cast<int64_t>(asked.size()) / dim, dim);
  const Eigen::VectorXf half_norms = known_rows.rowwise().squaredNorm() / 2;
  std::vector<int64_t> nearest(static_cast<size_t>(asked_rows.rows()));
  const auto blocks = static_cast<size_t>((asked_rows.rows() + kAskedBlock - 1) / kAskedBlock);
  parallel_for(blocks, [&](size_t block) {
    const int64_t first = static_cast<int64_t>(block) * kAskedBlock;
    const int64_t count = std::min(kAskedBlock, asked_rows.rows() - first);
    nearest_of_block(known_rows, half_norms, asked_rows, first,
                     std::span(nearest).subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
  });
  return nearest;
}

}  // namespace loom
