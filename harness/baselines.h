// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/suite.h"

namespace loom {

// What no model should fall below, and what a classical method reaches. Each knows the whole train side (all four
// splits: neither has settings to choose) of one domain and nothing of the others; scores are the suite's metric on the
// domain's test items.
//   labels    floor: the most frequent label.  Baseline: vectors, 1 nearest neighbour, Euclidean; bags, multinomial
//             logistic regression (harness/bag_classifier.h).
//   numbers   floor: the train side's mean.    Baseline: the nearest neighbour's number; bags have none. R2 is
//             1 - squared error / squared deviation from the test items' own mean.
//   bytes     floor: the unigram.              Baseline: order 5 Witten-Bell (harness/byte_ngram.h), the orders of a
//             window's first bytes cut short, as a model sees nothing before the window.
//   marked    (exact_match) floor: the most frequent answer, that is the marked bytes of an item. Baseline: the same
//             n-gram, counted at marked bytes; an item counts where the most probable byte is right at every mark,
//             given the true bytes before it.
struct DomainBaseline {
  int64_t train_items = 0, test_items = 0;
  std::string floor_kind, baseline_kind;  // majority | mean | unigram | most frequent answer; 1-nn | ...
  std::optional<double> floor, baseline;  // none: a domain without items on one side, or see above
};

// Nearest neighbours use at most so many items of a domain, at even distances.
struct BaselineLimits {
  int64_t known = 20000, asked = 5000;
};

// One for each domain.
std::vector<DomainBaseline> baselines(const Suite::Description& description, const Items& train, const Items& test,
                                      const BaselineLimits& limits = {});

}  // namespace loom
