// SPDX-License-Identifier: Apache-2.0
#include "harness/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <utility>

#include "harness/error.h"
#include "harness/grid.h"
#include "harness/metrics_probability.h"
#include "harness/metrics_rejection.h"
#include "harness/statistics.h"

namespace loom {

namespace metrics_detail {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void check_outcomes(const Outcomes& o, int64_t domains) {
  const auto items = static_cast<size_t>(o.items), predictions = items * static_cast<size_t>(o.steps);
  check(o.items > 0 && o.steps > 0 && o.outputs > 0 && domains > 0, "scores need outcomes");
  check(o.domain.size() == items && o.group.size() == items, "outcomes need a domain and a group per item");
  check(o.target.size() == predictions && o.target_log_prob.size() == predictions, "outcomes need all targets");
  check(o.argmax.empty() || o.argmax.size() == predictions, "outcomes need every argmax or none");
  check(o.max_log_prob.empty() || o.max_log_prob.size() == predictions, "outcomes need every max_log_prob or none");
  check(o.log_probs.empty() || (o.steps == 1 && o.log_probs.size() == items * static_cast<size_t>(o.outputs)),
        "outcomes need every log-prob or none");
  for (int32_t domain : o.domain) check(domain >= 0 && domain < domains, "an item's domain is out of range");
  const int32_t lowest = o.steps > 1 ? -1 : 0;  // -1: a byte that is not scored
  for (int32_t target : o.target) check(target >= lowest && target < o.outputs, "a target is no output");
  check(o.value.empty() || o.value.size() == items, "outcomes need a value per item or none");
  check(o.bytes.empty() || o.bytes.size() == items, "outcomes need a number of bytes per item or none");
}

// -inf is the log of 0 and stands: it makes nll infinite. NaN and +inf are no log-probabilities, so that whatever
// argmax was taken from them means nothing.
bool usable(double log_prob) { return log_prob < std::numeric_limits<double>::infinity(); }

std::vector<double> correctness(const Outcomes& o) {
  std::vector<double> correct(o.target.size());
  for (size_t i = 0; i < correct.size(); ++i) {
    const bool sound = usable(o.target_log_prob[i]) && (o.max_log_prob.empty() || usable(o.max_log_prob[i]));
    correct[i] = !sound ? kNan : o.argmax[i] == o.target[i] ? 1.0 : 0.0;
  }
  const auto outputs = static_cast<size_t>(o.outputs);
  for (size_t k = 0; k < o.log_probs.size(); ++k) {
    if (!usable(o.log_probs[k])) correct[k / outputs] = kNan;
  }
  return correct;
}

std::vector<double> surprise(const Outcomes& o, double unit) {
  std::vector<double> values;
  values.reserve(o.target_log_prob.size());
  for (float log_prob : o.target_log_prob) values.push_back(usable(log_prob) ? -log_prob / unit : kNan);
  return values;
}

// A cell for each group of a domain, filled item by item.
template <typename Add>
std::vector<Scores::Cell> cells_of(const Outcomes& o, const Add& add) {
  std::map<std::pair<int32_t, int32_t>, Scores::Cell> cells;
  for (size_t item = 0; item < o.domain.size(); ++item) add(item, cells[{o.domain[item], o.group[item]}]);
  std::vector<Scores::Cell> result;
  for (const auto& [key, cell] : cells) result.push_back({key.first, key.second, cell.sum, cell.count});
  return result;
}

std::vector<Scores::Cell> sum_cells(const Outcomes& o, std::span<const double> values) {
  const auto steps = static_cast<size_t>(o.steps);
  return cells_of(o, [&](size_t item, Scores::Cell& cell) {
    for (size_t i = item * steps; i < (item + 1) * steps; ++i) {
      if (!o.target.empty() && o.target[i] < 0) continue;
      cell.sum += values[i];
      cell.count += 1;
    }
  });
}

// Sums as they are; counts are the bytes that the tokens stand for.
std::vector<Scores::Cell> byte_cells(const Outcomes& o, std::span<const double> bits) {
  std::vector<Scores::Cell> cells = sum_cells(o, bits);
  if (o.bytes.empty()) return cells;
  std::map<std::pair<int32_t, int32_t>, double> bytes;
  for (size_t item = 0; item < o.domain.size(); ++item) bytes[{o.domain[item], o.group[item]}] += o.bytes[item];
  for (Scores::Cell& cell : cells) cell.count = bytes.at({cell.domain, cell.group});
  return cells;
}

std::vector<Scores::Cell> item_cells(const Outcomes& o, std::span<const double> values) {
  return cells_of(o, [&](size_t item, Scores::Cell& cell) {
    cell.sum += values[item];
    cell.count += 1;
  });
}

// 1 where every scored step of an item is right; NaN where one means nothing.
std::vector<double> all_right(const Outcomes& o, std::span<const double> correct) {
  const auto steps = static_cast<size_t>(o.steps);
  std::vector<double> right(o.domain.size(), 1.0);
  for (size_t i = 0; i < correct.size(); ++i)
    if (o.target[i] >= 0) right[i / steps] *= correct[i];
  return right;
}

// Population variance of the values of each domain.
std::vector<double> value_variances(const Outcomes& o, int64_t domains) {
  std::vector<double> count(static_cast<size_t>(domains)), sum(count), squares(count);
  for (size_t i = 0; i < o.value.size(); ++i) {
    if (std::isnan(o.value[i])) continue;
    const auto d = static_cast<size_t>(o.domain[i]);
    count[d] += 1;
    sum[d] += static_cast<double>(o.value[i]);
  }
  for (size_t i = 0; i < o.value.size(); ++i) {
    if (std::isnan(o.value[i])) continue;
    const auto d = static_cast<size_t>(o.domain[i]);
    const double gap = static_cast<double>(o.value[i]) - sum[d] / count[d];
    squares[d] += gap * gap;
  }
  for (size_t d = 0; d < squares.size(); ++d) squares[d] /= count[d];
  return squares;
}

// Mean of the bins' centres under the item's probabilities; classes beyond the bins belong to other domains, and what
// little they leave is scaled up from its largest.
double grid_mean(const Outcomes& o, size_t item) {
  const std::span bins(o.log_probs.data() + item * static_cast<size_t>(o.outputs), static_cast<size_t>(kGridBins));
  if (!std::ranges::all_of(bins, usable)) return kNan;
  const auto most = static_cast<double>(std::ranges::max(bins));
  double mass = 0, sum = 0;
  for (int64_t bin = 0; bin < kGridBins; ++bin) {
    const double p = std::exp(static_cast<double>(bins[static_cast<size_t>(bin)]) - most);
    mass += p;
    sum += p * grid_centre(bin);
  }
  return sum / mass;
}

// Where all values are equal, what is not exact explains nothing.
double explained(double error, double variance) {
  if (variance > 0) return 1 - error * error / variance;
  return std::isnan(error) ? kNan : error == 0 ? 1 : 0;
}

std::vector<double> accuracy_or_r2(const Outcomes& o, std::vector<double> scores, int64_t domains) {
  check(o.value.size() == o.domain.size() && !o.log_probs.empty() && o.outputs >= kGridBins,
        "R2 needs values and the log-prob of every bin");
  const std::vector<double> variance = value_variances(o, domains);
  for (size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(o.value[i])) continue;
    const double error = static_cast<double>(o.value[i]) - grid_mean(o, i);
    scores[i] = explained(error, variance[static_cast<size_t>(o.domain[i])]);
  }
  return scores;
}

// Per domain: F1 of each class that is a target or a prediction there, averaged (macro F1).
std::vector<double> macro_f1(const Outcomes& o, int64_t domains) {
  struct Count {
    double hits = 0, targets = 0, predictions = 0;
  };
  std::vector<std::map<int32_t, Count>> counts(static_cast<size_t>(domains));
  for (size_t i = 0; i < o.target.size(); ++i) {
    auto& domain = counts[static_cast<size_t>(o.domain[i])];
    domain[o.target[i]].targets += 1;
    domain[o.argmax[i]].predictions += 1;
    if (o.target[i] == o.argmax[i]) domain[o.target[i]].hits += 1;
  }
  std::vector<double> result;
  for (const auto& domain : counts) {
    double sum = 0;
    for (const auto& [label, count] : domain) sum += 2 * count.hits / (count.targets + count.predictions);
    result.push_back(sum / static_cast<double>(domain.size()));
  }
  return result;
}

// NaN where a domain has no item.
std::vector<double> domain_means(std::span<const Scores::Cell> cells, int64_t domains) {
  std::vector<double> sum(static_cast<size_t>(domains)), count(sum.size());
  for (const auto& cell : cells) {
    sum[static_cast<size_t>(cell.domain)] += cell.sum;
    count[static_cast<size_t>(cell.domain)] += cell.count;
  }
  for (size_t d = 0; d < sum.size(); ++d) sum[d] = count[d] > 0 ? sum[d] / count[d] : kNan;
  return sum;
}

std::vector<double> present(std::span<const double> domain, std::span<const Scores::Cell> cells) {
  std::vector<double> result;
  int32_t last = -1;  // cells are sorted by domain
  for (const auto& cell : cells) {
    if (cell.domain != std::exchange(last, cell.domain)) result.push_back(domain[static_cast<size_t>(cell.domain)]);
  }
  return result;
}

double extreme(std::span<const double> values, bool smallest) {
  double result = values[0];
  for (double value : values) {
    if (std::isnan(value)) return kNan;
    result = smallest ? std::min(result, value) : std::max(result, value);
  }
  return result;
}

// Everything that follows from the cells.
void add_means(Scores& scores, bool higher_is_better, int64_t domains) {
  scores.domain = domain_means(scores.cells, domains);
  const auto all = present(scores.domain, scores.cells);
  scores.macro = mean(all);
  scores.worst = extreme(all, higher_is_better);
  scores.iqm = interquartile_mean(all);
}

Scores score_only(const Outcomes& o, int64_t domains) {
  const auto items = static_cast<size_t>(o.items);
  check(o.items > 0 && domains > 0 && o.score.size() == items, "score-only outcomes need a score per item");
  check(o.domain.size() == items && o.group.size() == items, "outcomes need a domain and a group per item");
  for (int32_t domain : o.domain) check(domain >= 0 && domain < domains, "an item's domain is out of range");
  Scores scores;
  scores.cells = sum_cells(o, std::vector<double>(o.score.begin(), o.score.end()));
  add_means(scores, /*higher_is_better=*/true, domains);
  scores.nll = kNan;
  return scores;
}

}  // namespace
}  // namespace metrics_detail

bool is_fraction(std::string_view metric) {
  return metric == "accuracy" || metric == "exact_match" || metric == "accuracy_or_r2";
}

std::vector<double> item_scores(const Outcomes& outcomes, std::string_view metric, int64_t domains) {
  using namespace metrics_detail;
  check_outcomes(outcomes, domains);
  check(is_fraction(metric) && !outcomes.argmax.empty(), "a score of each item needs the argmax of every prediction");
  const std::vector<double> correct = correctness(outcomes);
  if (metric == "exact_match") return all_right(outcomes, correct);
  check(outcomes.steps == 1, "accuracy of an item is for labels");
  return metric == "accuracy" ? correct : accuracy_or_r2(outcomes, correct, domains);
}

Scores score(const Outcomes& outcomes, std::string_view metric, int64_t domains, int64_t held_out) {
  using namespace metrics_detail;
  if (const int64_t trained = domains - held_out; held_out > 0 && mixes_held_out(outcomes, trained)) {
    Scores scores = score(trained_items(outcomes, trained), metric, domains);
    scores.rejection_auroc = rejection_auroc(outcomes, trained);
    return scores;
  }
  if (metric == "score") return score_only(outcomes, domains);
  check_outcomes(outcomes, domains);
  const bool accuracy = metric == "accuracy", fraction = is_fraction(metric);
  check(fraction || metric == "bits_per_byte",
        "a metric is accuracy, accuracy_or_r2, bits_per_byte, exact_match or score");
  check(!fraction || !outcomes.argmax.empty(), "accuracy needs the argmax of every prediction");
  const auto correct = outcomes.argmax.empty() ? std::vector<double>{} : correctness(outcomes);
  Scores scores;
  if (fraction && !accuracy)
    scores.cells = item_cells(outcomes, item_scores(outcomes, metric, domains));
  else
    scores.cells =
        accuracy ? sum_cells(outcomes, correct) : byte_cells(outcomes, surprise(outcomes, std::numbers::ln2));
  add_means(scores, fraction, domains);
  const auto nll_cells = sum_cells(outcomes, surprise(outcomes, 1));
  scores.nll = mean(present(domain_means(nll_cells, domains), nll_cells));
  if (accuracy && outcomes.steps == 1) scores.f1 = macro_f1(outcomes, domains);
  if (!correct.empty() && !outcomes.max_log_prob.empty()) scores.ece = calibration_error(outcomes, correct);
  if (!outcomes.log_probs.empty()) scores.brier = brier_score(outcomes);
  return scores;
}

}  // namespace loom
