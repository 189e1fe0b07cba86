// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

// One side of a claim: an arm by its label, or the arm of a family that is best on validation. One of the two is empty.
struct ClaimSide {
  std::string arm, family;
  bool operator==(const ClaimSide&) const = default;
};

// A hypothesis as data: `better` scores better than `than`, by `margin` at least, in every cell (suite x column).
struct Claim {
  std::string id, question;
  std::vector<std::string> suites, columns;  // never empty: what a config leaves out is written out
  ClaimSide better, than;
  std::optional<double> margin;          // smallest effect of interest; none: the suite's own
  std::string family;                    // corrected together by Holm; empty: exploratory, by Benjamini and Hochberg
  int seeds = 10;                        // pairs promised; with fewer nothing is decided
  std::string source = {};               // who published it; empty: nobody is quoted
  std::optional<double> published = {};  // the difference found there, in the metric's unit
};

Json to_json(const Claim& claim);
Claim claim_from_json(const Json& value);  // Json::exception where it is not what to_json wrote
// First 16 hexadecimal digits of the SHA-256 of its canonical JSON. Who published it is no part of what is tested.
std::string claim_hash(const Claim& claim);
std::string side_text(const ClaimSide& side);  // "dense", "best fabric"

}  // namespace loom
