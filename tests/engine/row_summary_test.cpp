// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_kernels.h"
#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::row_summary_test {
namespace {

struct Summarised {
  std::vector<float> tops, entropy;
  std::vector<int32_t> argmax;
};
Summarised summarised(const RowKernels& kernels, const at::Tensor& log_probs) {
  const auto rows = static_cast<size_t>(log_probs.size(0));
  Summarised out{std::vector<float>(rows), std::vector<float>(rows), std::vector<int32_t>(rows)};
  kernels.summary({.log_probs = log_probs.const_data_ptr<float>(),
                   .tops = out.tops.data(),
                   .argmax = out.argmax.data(),
                   .entropy = out.entropy.data(),
                   .rows = log_probs.size(0),
                   .width = log_probs.size(1)});
  return out;
}

}  // namespace
}  // namespace loom::row_summary_test

using namespace loom::row_summary_test;

TEST_CASE("[row_summary] largest, place and entropy are the library's, for every set of instructions") {
  for (const int64_t width : {1, 2, 3, 7, 8, 10, 33, 64, 256, 257}) {
    CAPTURE(width);
    const auto said = at::log_softmax(drawn_normals({11, width}, 6.0, Stream(23, "test/row_summary", 0)), -1);
    const auto exact = said.to(at::kDouble);
    const auto entropy = -(exact.exp() * exact).sum(-1);
    const auto [highest, place] = said.max(-1);
    for (const RowKernels* kernels : {&row_kernels(), &row_kernels("DEFAULT")}) {
      const auto ours = summarised(*kernels, said);
      for (int64_t row = 0; row < 11; ++row) {
        const auto at = static_cast<size_t>(row);
        CHECK(ours.tops[at] == highest[row].item<float>());
        CHECK(ours.argmax[at] == place[row].item<int64_t>());
        CHECK(std::abs(static_cast<double>(ours.entropy[at]) - entropy[row].item<double>()) < 2e-5);
      }
    }
  }
}

TEST_CASE("[row_summary] of equals the first is chosen, what is impossible says nothing, and NaN stays NaN") {
  for (const RowKernels* kernels : {&row_kernels(), &row_kernels("DEFAULT")})
    for (const int64_t width : {5, 40}) {
      const auto said = at::full({4, width}, -INFINITY);
      said[0].fill_(-std::log(static_cast<double>(width)));
      said[1][width - 1] = 0;
      said[2][3] = said[2][1] = -std::log(2.0);
      said[3].fill_(-2.0);
      said[3][width - 2] = NAN;
      const auto ours = summarised(*kernels, said);
      CHECK(ours.argmax == std::vector<int32_t>{0, static_cast<int32_t>(width - 1), 1, ours.argmax[3]});
      CHECK(ours.entropy[0] == doctest::Approx(std::log(static_cast<double>(width))).epsilon(1e-6));
      CHECK(ours.entropy[1] == 0.0F);
      CHECK(ours.entropy[2] == doctest::Approx(std::log(2.0)).epsilon(1e-6));
      CHECK(std::isnan(ours.tops[3]));
      CHECK(std::isnan(ours.entropy[3]));
    }
}
