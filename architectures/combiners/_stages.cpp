// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_stages.h"

#include <algorithm>
#include <cmath>

namespace loom::stages {
namespace {

Word word_of(const Outcomes& said) {
  Word word{said.max_log_prob, {said.target_log_prob.begin(), said.target_log_prob.end()}, {}};
  for (size_t item = 0; item < said.target.size(); ++item) word.right.push_back(said.argmax[item] == said.target[item]);
  return word;
}

// The word of the mean of `count` members whose probabilities add up to `sums` [items * outputs].
Word word_of_mean(const std::vector<double>& sums, const Outcomes& any, int64_t count) {
  Word word;
  const auto outputs = static_cast<size_t>(any.outputs);
  for (size_t item = 0; item < any.target.size(); ++item) {
    const auto own = std::span(sums).subspan(item * outputs, outputs);
    const auto target = static_cast<size_t>(any.target[item]);
    word.surest.push_back(surest_of_mean(own, count));
    word.target_log_prob.push_back(std::log(own[target] / static_cast<double>(count)));
    word.right.push_back(std::ranges::max_element(own) - own.begin() == any.target[item]);
  }
  return word;
}

}  // namespace

std::vector<Word> words(std::span<const Outcomes> said, std::span<const int64_t> order, Answer answer) {
  std::vector<Word> all;
  std::vector<double> sums;
  for (const int64_t member : order) {
    const Outcomes& own = said[static_cast<size_t>(member)];
    sums.resize(own.log_probs.size());
    for (size_t at = 0; at < sums.size(); ++at) sums[at] += std::exp(static_cast<double>(own.log_probs[at]));
    const bool alone = answer == Answer::last || all.empty();
    all.push_back(alone ? word_of(own) : word_of_mean(sums, own, std::ssize(all) + 1));
  }
  return all;
}

float surest_of_mean(std::span<const double> sums, int64_t count) {
  return static_cast<float>(std::log(std::ranges::max(sums) / static_cast<double>(count)));
}

Point measured(std::span<const Word> words, std::span<const double> importance, std::span<const double> costs,
               double threshold) {
  Point point{.threshold = threshold};
  const double share = 1 / static_cast<double>(importance.size());
  std::vector<double> spent(costs.begin(), costs.end());  // up to each stage
  for (size_t stage = 1; stage < spent.size(); ++stage) spent[stage] += spent[stage - 1];
  for (size_t item = 0; item < importance.size(); ++item) {
    size_t stage = 0;
    while (stage + 1 < words.size() && static_cast<double>(words[stage].surest[item]) < threshold) ++stage;
    point.cost += share * spent[stage];
    point.executed += share * static_cast<double>(stage + 1);
    point.deferred += stage > 0 ? share : 0;
    point.loss -= importance[item] * words[stage].target_log_prob[item];
    point.score += words[stage].right[item] ? importance[item] : 0;
  }
  return point;
}

}  // namespace loom::stages
