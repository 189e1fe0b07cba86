// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// A mean over seeds, signed so that positive is better; the interval lets seeds and test groups vary.
struct Effect {
  std::vector<double> by_seed = {};
  double mean = kUnknown;
  std::optional<Interval> interval = {};
};

// Why specialists are better or worse than a monolith: what the monolith itself gains by the four things of which they
// have more. `tag`: it is told the domain; `width`: it has as many parameters as all of them; `data`: more to learn
// from; `steps`: more training. All sixteen combinations of the four are trained, so that interactions are shared out
// (Shapley 1953): the shares of the four add up to `together`.
struct Factor {
  std::string name;     // tag | width | data | steps
  double multiple = 1;  // how much more; tag: 1
  Effect alone;         // with this one only, less the plain monolith
  Effect share;         // its Shapley value
};

// A fabric on the suite with less data against the plain monolith there.
struct MechanismGap {
  std::string column, fabric, role;
  Effect gap;
  double margin = 0;
  std::string verdict;                  // better | worse | tied | undecided
  std::optional<int64_t> needed_seeds;  // for a difference of the margin; none: above what is computed
};

struct Mechanism {
  std::string suite, thinned, metric;  // labels; `thinned` keeps less of the same data
  std::vector<size_t> seeds;           // scored in all sixteen cells
  std::vector<Factor> factors;
  Effect together;
  std::vector<MechanismGap> gaps;  // every fabric row of `thinned`, the random split among them, in the plan's order
};

// One for each pair of suites of which one is the other `thinned` and that hold the sixteen cells (architecture
// `enlarged`). InputError says which cell is missing.
std::vector<Mechanism> mechanisms(const ResultStore& store);

}  // namespace loom
