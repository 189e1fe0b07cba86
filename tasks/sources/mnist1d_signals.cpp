// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/mnist1d_signals.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/error.h"
#include "tasks/sources/scale.h"
#include "tasks/sources/time_series.h"

namespace loom::sources {
namespace mnist1d_signals_detail {
namespace {

constexpr size_t kTemplate = 12;
constexpr double kSmoothing = 2;   // points, deviation
constexpr float kPresent = 1e-8F;  // what is exactly 0 is no signal and takes noise

// By Greydanus, Kobak and contributors (PyPI mnist1d, Apache-2.0).
constexpr std::array<std::array<double, kTemplate>, kSignalClasses> kLines = {
    {{5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5},
     {5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5},
     {5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5},
     {5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5},
     {5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5},
     {5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5},
     {5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5},
     {5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5},
     {5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5},
     {5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5}}};

double around_zero(double width, Stream& stream) { return width * (stream.uniform() - 0.5); }

// Padded by a random number of zeros and brought to as many points as the longest has: a stretch.
std::vector<float> stretched(int32_t digit, const SignalSettings& settings, Stream& stream) {
  std::vector<float> signal = signal_template(digit);
  for (float& value : signal) value += kPresent;
  const auto choices = static_cast<uint64_t>(settings.padding_max - settings.padding_min + 1);
  signal.resize(kTemplate + static_cast<size_t>(settings.padding_min) + stream.below(choices), 0);
  return resampled(signal, static_cast<int64_t>(kTemplate) + settings.padding_max);
}

std::vector<double> noise_like(const std::vector<float>& signal, double deviation, Stream& stream) {
  std::vector<double> noise(signal.size());
  for (double& value : noise) value = deviation * stream.normal();
  return noise;
}

void add_noise(std::vector<float>& signal, const SignalSettings& settings, Stream& stream) {
  const auto around = smoothed(noise_like(signal, settings.correlated_noise, stream), kSmoothing);
  const auto everywhere = noise_like(signal, settings.noise, stream);
  for (size_t i = 0; i < signal.size(); ++i) {
    const double value = signal[i] != 0 ? static_cast<double>(signal[i]) : around[i];
    signal[i] = static_cast<float>(value + everywhere[i]);
  }
}

}  // namespace
}  // namespace mnist1d_signals_detail

std::vector<float> signal_template(int32_t digit) {
  const auto& line = mnist1d_signals_detail::kLines.at(static_cast<size_t>(digit));
  const double sixth = 6 * fit_scale(line).deviation;
  std::vector<float> result;
  for (double value : line) result.push_back(static_cast<float>((value - line[0]) / sixth));
  return result;
}

std::vector<double> smoothed(std::span<const double> values, double deviation) {
  const auto radius = static_cast<int64_t>(4 * deviation + 0.5), count = std::ssize(values);
  std::vector<double> kernel;
  double sum = 0;
  for (int64_t k = -radius; k <= radius; ++k) {
    kernel.push_back(std::exp(-0.5 * static_cast<double>(k * k) / (deviation * deviation)));
    sum += kernel.back();
  }
  std::vector<double> result(values.size());
  for (int64_t i = 0; i < count; ++i)
    for (int64_t k = -radius; k <= radius; ++k) {
      const int64_t turned = ((i + k) % (2 * count) + 2 * count) % (2 * count);
      const int64_t at = turned < count ? turned : 2 * count - 1 - turned;
      result[static_cast<size_t>(i)] += kernel[static_cast<size_t>(k + radius)] / sum * values[static_cast<size_t>(at)];
    }
  return result;
}

std::vector<float> draw_signal(int32_t digit, const SignalSettings& settings, Stream stream) {
  using namespace mnist1d_signals_detail;
  check(settings.shift >= 1 && settings.padding_min >= 0 && settings.padding_max >= settings.padding_min,
        "a signal without room");
  std::vector<float> signal = stretched(digit, settings, stream);
  const double factor = 1 + around_zero(settings.scale, stream);
  for (float& value : signal) value = static_cast<float>(factor * static_cast<double>(value));
  const uint64_t shift = stream.below(static_cast<uint64_t>(settings.shift)) % signal.size();
  std::ranges::rotate(signal, signal.end() - static_cast<std::ptrdiff_t>(shift));
  add_noise(signal, settings, stream);
  const double slope = around_zero(settings.shear, stream), last = static_cast<double>(signal.size() - 1);
  for (size_t i = 0; i < signal.size(); ++i)
    signal[i] = static_cast<float>(static_cast<double>(signal[i]) - slope * (static_cast<double>(i) / last - 0.5));
  return resampled(signal, kSignalPoints);
}

}  // namespace loom::sources
