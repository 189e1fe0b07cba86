// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/random.h"

namespace loom::sources {

// The signals of MNIST-1D (Greydanus and Kobak 2024, arXiv 2011.14439): a digit's line of 12 numbers, stretched, moved,
// slanted and drowned in noise. Step by step the generator of PyPI mnist1d 0.0.2.post1, on streams of our own.
inline constexpr int64_t kSignalPoints = 40, kSignalClasses = 10;

struct SignalSettings {
  int64_t padding_min = 36, padding_max = 60;  // zeros behind the template: the more, the narrower it becomes
  int64_t shift = 48;                          // moved to the right by 0 .. shift - 1 of 12 + padding_max points
  double scale = 0.4, shear = 0.75;            // widths: of a factor around 1, of a slope around 0
  double correlated_noise = 0.25;              // deviation before smoothing, where the signal is 0
  double noise = 0.02;                         // deviation, everywhere
};

// The line of a digit: 12 numbers, the first 0, of deviation 1/6.
std::vector<float> signal_template(int32_t digit);

// A Gaussian of that deviation, cut at four of them; beyond its ends a signal goes on mirrored.
std::vector<double> smoothed(std::span<const double> values, double deviation);

// kSignalPoints values; the whole signal is a function of settings and stream.
std::vector<float> draw_signal(int32_t digit, const SignalSettings& settings, Stream stream);

}  // namespace loom::sources
