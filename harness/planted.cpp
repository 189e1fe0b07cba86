// SPDX-License-Identifier: Apache-2.0
#include "harness/planted.h"

#include <algorithm>
#include <cmath>

#include "harness/error.h"

namespace loom {
namespace planted_detail {
namespace {

size_t pick(std::span<const double> probabilities, double uniform) {
  size_t symbol = 0;
  for (double left = uniform - probabilities[0]; left >= 0 && symbol + 1 < probabilities.size();)
    left -= probabilities[++symbol];
  return symbol;
}

// Grassmann, Taksar, Heyman 1985: elimination without subtraction, so that rare symbols keep their relative accuracy.
std::vector<double> stationary(size_t symbols, std::vector<double> table) {
  const auto at = [&](size_t i, size_t j) -> double& { return table[i * symbols + j]; };
  for (size_t last = symbols; last-- > 1;) {
    double out = 0;
    for (size_t j = 0; j < last; ++j) out += at(last, j);
    for (size_t i = 0; i < last; ++i) {
      at(i, last) /= out;
      for (size_t j = 0; j < last; ++j) at(i, j) += at(i, last) * at(last, j);
    }
  }
  std::vector<double> result(symbols, 1.0);
  double total = 1;
  for (size_t j = 1; j < symbols; ++j) {
    result[j] = 0;
    for (size_t i = 0; i < j; ++i) result[j] += result[i] * at(i, j);
    total += result[j];
  }
  for (double& value : result) value /= total;
  return result;
}

}  // namespace
}  // namespace planted_detail

double RegressionWorld::excess_risk(std::span<const double> estimate, size_t domain) const {
  const std::vector<double>& truth = domains.at(domain).weights;
  check(estimate.size() == truth.size(), "an estimate has one weight per input");
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum += (estimate[i] - truth[i]) * (estimate[i] - truth[i]);
  return sum;
}

Chain make_chain(int64_t symbols, std::vector<double> transition) {
  const auto size = static_cast<size_t>(symbols);
  check(transition.size() == size * size, "a transition table is square");
  Chain chain = {symbols, std::move(transition), {}};
  chain.stationary = planted_detail::stationary(size, chain.transition);
  return chain;
}

std::vector<uint8_t> Chain::sample(int64_t length, Stream& stream) const {
  const auto size = static_cast<size_t>(symbols);
  std::vector<uint8_t> out(static_cast<size_t>(length));
  std::span<const double> row = stationary;
  for (uint8_t& symbol : out) {
    const size_t next = planted_detail::pick(row, stream.uniform());
    symbol = static_cast<uint8_t>(next);
    row = std::span(transition).subspan(next * size, size);
  }
  return out;
}

double Chain::excess_nats(std::span<const double> table) const {
  check(table.size() == transition.size(), "a conditional table is laid out as the chain's");
  const auto size = static_cast<size_t>(symbols);
  double sum = 0;
  for (size_t s = 0; s < size; ++s)
    for (size_t i = s * size; i < (s + 1) * size; ++i)
      if (transition[i] > 0) sum += stationary[s] * transition[i] * std::log(transition[i] / table[i]);
  return sum;
}

double routed(std::span<const double> by_expert, size_t right, double error) {
  if (by_expert.size() < 2) return by_expert[right];
  double wrong = 0;
  for (size_t expert = 0; expert < by_expert.size(); ++expert)
    if (expert != right) wrong += by_expert[expert];
  return (1 - error) * by_expert[right] + error * wrong / static_cast<double>(by_expert.size() - 1);
}

bool is_planted(const Facts& facts) {
  return std::ranges::none_of(
      facts.inputs, [](const std::string& input) { return input == "vector" || input == "tokens" || input == "bags"; });
}

}  // namespace loom
