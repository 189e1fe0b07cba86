// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "harness/suite.h"

namespace loom {

// Items with a duplicate in another group, by where the duplicate is. A train-side item counts on the train side only;
// pairs of test items are not looked at.
struct DuplicateCounts {
  int64_t test_same = 0, test_other = 0;    // test items; twin on the train side, in the same | another domain
  int64_t train_same = 0, train_other = 0;  // train-side items; twin on the train side, likewise
};

struct DomainDuplicates {
  DuplicateCounts exact, near;  // near: with a near duplicate that is not an exact one
  std::string near_unknown;     // why near ones cannot be told here; empty: they can
};

struct DuplicateExample {
  bool exact = false, in_test = false;
  int32_t domain = 0, twin_domain = 0;
  int64_t item = 0, twin = 0;  // places on their sides; the twin is on the train side
  double likeness = 1;
};

struct Duplicates {
  std::string measure;                     // of near ones, with its threshold
  std::vector<DomainDuplicates> domains;   // as in the suite
  std::string across_unknown;              // why near ones across domains cannot be told; empty: they can
  std::vector<DuplicateExample> examples;  // a few of each sort
};

// Exact: the same inputs, label or not. Near: harness/set_likeness.h, harness/vector_likeness.h; every candidate pair
// is measured, so that a false alarm is a pair that is that alike. Where more than 1 % of random pairs of a domain's
// items (of all, across domains) are near, likeness says nothing about copying and near ones are left out, with the
// reason. Domains with inputs of their own (adapters) are not compared with each other. Seconds for 40,000 items of 784
// floats.
Duplicates find_duplicates(const Suite::Description& description, const Items& train, const Items& test);

}  // namespace loom
