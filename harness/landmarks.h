// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/json.h"
#include "harness/suite.h"

namespace loom {

// What a cheap learner makes of a suite's domains before any network is trained (landmarking: Pfahringer, Bensusan,
// Giraud-Carrier 2000). It learns the train split of seed 0 and is asked about its validation split; the test stays
// sealed. The learner: of vectors the nearest neighbour, of bags multinomial logistic regression, of bytes an order-3
// n-gram. Its loss: the share of errors, of numbers the squared error over the variance, of bytes bits per byte.
struct Landmarks {
  int64_t domains = 0;      // with items on both sides
  double items = 0;         // train items of a domain, geometric mean; of bytes windows
  double values = 0;        // what is learned from there: labels, or scored bytes; geometric mean
  double own = 0;           // loss where it knows the domain's own items, mean over domains
  double pooled = 0;        // where it knows all domains' items
  double others = 0;        // where it knows the other domains' only
  double floor = 0;         // where it knows how often each answer occurs in the domain, and no input
  double pooling = 0;       // mean over domains of ln(pooled / own): positive where the others' data do harm
  double distance = 0;      // mean over domains of ln(others / own): 0 where domains are alike
  double router_error = 0;  // share of items whose domain the same learner mistakes, from 16 bytes on bytes
  std::string learner;
};

// At most so many items of a domain, at even distances.
struct LandmarkLimits {
  int64_t known = 4000, asked = 500;
};

// InputError where the suite's domains cannot be learned so: one domain, ids of a tokeniser.
Landmarks landmarks(const Suite& suite, const LandmarkLimits& limits = {});
Json to_json(const Landmarks& landmarks);
Landmarks landmarks_from_json(const Json& value);  // Json::exception where it is not what to_json wrote

}  // namespace loom
