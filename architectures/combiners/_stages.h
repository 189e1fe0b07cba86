// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "harness/outcomes.h"

// What a cascade says at each stage, on outcomes that are there already.
namespace loom::stages {

enum class Answer { last, mean };  // of the last member that ran, or the mean of the probabilities of all that ran

// One stage's word on each item, [items].
struct Word {
  std::vector<float> surest;  // log-probability of its first choice
  std::vector<double> target_log_prob;
  std::vector<bool> right;
};

// Of the members in `order`; mean: of their full log-probabilities.
std::vector<Word> words(std::span<const Outcomes> said, std::span<const int64_t> order, Answer answer);

// The highest output of the mean of `count` members' probabilities: sums of them, [outputs].
float surest_of_mean(std::span<const double> sums, int64_t count);

// What a threshold on `surest` costs and gives. Items weigh by `importance`, which sums to one; `costs` [stages].
struct Point {
  double threshold = 0;        // a log-probability
  double executed = 0;         // members that run, mean over items
  double cost = 0;             // of those, mean over items
  double deferred = 0;         // share of items that the first member does not answer
  double loss = 0, score = 0;  // macro: nats, and share right
};
Point measured(std::span<const Word> words, std::span<const double> importance, std::span<const double> costs,
               double threshold);

}  // namespace loom::stages
