// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "harness/suite.h"

namespace loom::clusters {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// What tells items apart without labels, one row each. Bytes, ids and bags: counts of single features and (bytes, ids)
// of neighbours in 512 hashed bins, weighted tf-idf and scaled to length 1 (Salton, Buckley 1988). Vectors: each input
// at mean 0 and deviation 1, constant ones 0.
Matrix features(const Items& items);

// k clusters of equal size, but for one more where the rows do not divide: Lloyd's iterations (k-means++ starts) whose
// assignment goes by regret, the rows that would lose most by their second choice first, into clusters that have room
// (Gururangan et al. 2023, c-BTM). Deterministic in the seed. k >= 1; with fewer rows than k some clusters are empty.
std::vector<int32_t> balanced_kmeans(const Matrix& rows, int64_t k, uint64_t seed);
// The most that it can cost: 2 rows k width for the starts and for each of 30 rounds, and the rounds' means.
double kmeans_flops(int64_t rows, int64_t k, int64_t width);
int64_t width(const Items& items);  // of a row of features()

}  // namespace loom::clusters
