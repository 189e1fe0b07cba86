// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// Where one of two arms begins to beat the other, as data per domain grow: the boundary of a phase diagram, found by
// searches (harness/crossover.h) that put their worlds where the sides are hard to tell apart, instead of a regression
// over a grid, whose form the boundary would have to fit.
struct PhasePoint {
  double samples = 0;                      // items for each domain
  std::optional<double> found;             // the boundary; none: one side is better everywhere
  double low = kUnknown, high = kUnknown;  // its band, by bootstrap over replicates
  std::optional<double> truth;             // by closed form
  bool above = false;  // without a boundary: whether the side of the upper region is better everywhere
};

// All but the data and the varied setting held fixed.
struct PhasePanel {
  std::string title;                 // "linear domains=8 inputs=16 noise=1 routed router_error=0.1"
  double share = 1;                  // of the training budget (harness/budgets.h)
  std::string over;                  // the varied setting: similarity
  double bottom = 0, top = 1;        // its range
  std::string above, below;          // labels of the arms that are better there
  Json suite;                        // its settings; the data and the varied one are one point's
  std::vector<std::string> columns;  // where it holds: a search has no budgets, and equal costs of training and serving
  std::vector<PhasePoint> points;    // ascending samples, two at least
};

// The panels of an experiment's searches, in the config's order, and then of its grids, the largest budget first; empty
// where fewer than two searches, or rows of a grid, differ in samples.
std::vector<PhasePanel> phase_panels(const ResultStore& store);
// Of suites that are trained and not searched, and differ in `samples` and `similarity` alone, at one budget: for each
// size of data the similarity at which the first monolith draws level with the first fabric. Means over seeds are made
// ascending (isotonic regression), the boundary is where they cross zero, its band a bootstrap over seeds.
std::vector<PhasePanel> grid_panels(const ResultStore& store);

struct PhaseAgreement {
  int boundaries = 0;  // points with a boundary and a closed form
  int inside = 0;      // of them those whose band holds it
};
PhaseAgreement agreement(const std::vector<PhasePanel>& panels);

std::string phase_text(const std::vector<PhasePanel>& panels);  // maps and figures; at most 100 columns
std::string phase_svg(const std::vector<PhasePanel>& panels);   // a file of its own; names escaped

}  // namespace loom
