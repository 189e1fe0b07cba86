// SPDX-License-Identifier: Apache-2.0
#include "harness/vector_likeness.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "harness/parallel.h"
#include "harness/random.h"

namespace loom {
namespace vector_likeness_detail {
namespace {

constexpr double kThreshold = 0.98;
// At the threshold a sign agrees with probability .936, a table's 20 with .27, and one of 20 tables does for 998 of
// 1000 pairs.
constexpr size_t kTables = 20, kBits = 20, kSigns = kTables * kBits, kWords = (kSigns + 63) / 64;
constexpr int64_t kBlock = 512;
constexpr int64_t kVaryingMin = 32;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::Map<const Eigen::VectorXf>;

// Five deviations above the number of signs in which a pair at the threshold differs.
int differing_max() {
  const double share = std::acos(kThreshold) / std::numbers::pi;
  return static_cast<int>(kSigns * share + 5 * std::sqrt(kSigns * share * (1 - share)));
}

class Vectors : public Likeness {
 public:
  Vectors(const BothSides& items, int64_t inputs, int64_t domains, bool apart)
      : items_(items), inputs_(inputs), apart_(apart), differing_max_(differing_max()) {
    if (apart) find_means(domains);
    find_varying(domains);
    find_signs();
  }
  std::string what() const override {
    return apart_ ? "cosine of items less their domain's mean item, at least .98"
                  : "correlation of two items over their inputs, at least .98";
  }
  double threshold() const override { return kThreshold; }
  size_t tables() const override { return kTables; }

  double of(int64_t a, int64_t b) const override {
    const Eigen::VectorXf x = centred(a), y = centred(b);
    const double norms = static_cast<double>(x.norm()) * y.norm();
    return norms > 0 ? x.dot(y) / norms : 0;
  }

  bool plausible(int64_t a, int64_t b) const override {
    int differing = 0;
    for (size_t w = 0; w < kWords; ++w) differing += std::popcount(signs_[index(a)][w] ^ signs_[index(b)][w]);
    return differing <= differing_max_;
  }

  std::vector<uint64_t> keys(size_t table) const override {
    std::vector<uint64_t> out(signs_.size(), 0);
    for (size_t i = 0; i < out.size(); ++i)
      for (size_t bit = table * kBits; bit < (table + 1) * kBits; ++bit)
        out[i] = out[i] << 1 | (signs_[i][bit / 64] >> bit % 64 & 1);
    return out;
  }

  std::string unfit(int32_t domain) const override {
    const int64_t varying = varying_[static_cast<size_t>(domain)];
    return varying >= kVaryingMin ? "" : "only " + std::to_string(varying) + " inputs vary; 32 are needed";
  }

 private:
  static size_t index(int64_t item) { return static_cast<size_t>(item); }
  Vector vector(int64_t item) const {
    return {items_.row(&Items::values, item, inputs_).data(), static_cast<Eigen::Index>(inputs_)};
  }

  // Less the domain's mean item, or less its own mean: then a product is a correlation.
  Eigen::VectorXf centred(int64_t item) const {
    if (apart_) return vector(item) - means_[static_cast<size_t>(items_.domain(item))];
    return vector(item).array() - vector(item).mean();
  }

  void find_means(int64_t domains) {
    std::vector<Eigen::VectorXd> sums(static_cast<size_t>(domains), Eigen::VectorXd::Zero(inputs_));
    std::vector<double> counts(sums.size(), 0);
    for (int64_t i = 0; i < items_.count() && !items_.in_test(i); ++i) {
      const auto d = static_cast<size_t>(items_.domain(i));
      sums[d] += vector(i).cast<double>();
      ++counts[d];
    }
    for (size_t d = 0; d < sums.size(); ++d) means_.push_back((sums[d] / std::max(counts[d], 1.0)).cast<float>());
  }

  void find_varying(int64_t domains) {
    std::vector<Eigen::ArrayXf> low(static_cast<size_t>(domains)), high(low.size());
    for (int64_t i = 0; i < items_.count(); ++i) {
      const auto d = static_cast<size_t>(items_.domain(i));
      const Eigen::ArrayXf one = vector(i).array();
      low[d] = low[d].size() == 0 ? one : low[d].min(one).eval();
      high[d] = high[d].size() == 0 ? one : high[d].max(one).eval();
    }
    for (size_t d = 0; d < low.size(); ++d) varying_.push_back((high[d] > low[d]).count());
  }

  void find_signs() {
    Matrix directions(kSigns, inputs_);
    fill_normal({directions.data(), static_cast<size_t>(directions.size())}, 1, Stream(0, "duplicates/projections"));
    signs_.assign(index(items_.count()), {});
    const auto blocks = static_cast<size_t>((items_.count() + kBlock - 1) / kBlock);
    parallel_for(blocks, [&](size_t block) {
      const int64_t first = static_cast<int64_t>(block) * kBlock, count = std::min(kBlock, items_.count() - first);
      Matrix rows(count, inputs_);
      for (int64_t i = 0; i < count; ++i) rows.row(i) = centred(first + i).transpose();
      const Matrix projected = rows * directions.transpose();
      for (int64_t i = 0; i < count; ++i)
        for (size_t bit = 0; bit < kSigns; ++bit)
          if (projected(i, static_cast<int64_t>(bit)) > 0)
            signs_[index(first + i)][bit / 64] |= uint64_t{1} << bit % 64;
    });
  }

  const BothSides& items_;
  int64_t inputs_ = 0;
  bool apart_ = false;
  int differing_max_ = 0;
  std::vector<Eigen::VectorXf> means_;  // by domain; apart only
  std::vector<int64_t> varying_;        // by domain
  std::vector<std::array<uint64_t, kWords>> signs_;
};

}  // namespace
}  // namespace vector_likeness_detail

std::unique_ptr<Likeness> vector_likeness(const BothSides& items, int64_t inputs, int64_t domains, bool apart) {
  return std::make_unique<vector_likeness_detail::Vectors>(items, inputs, domains, apart);
}

}  // namespace loom
