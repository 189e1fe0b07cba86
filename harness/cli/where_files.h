// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "harness/boundary_curves.h"
#include "harness/predictor.h"

namespace loom {

// What `loom where` knows of suites that ran: results/reference/predictor.json, of phase diagrams boundaries.json, and
// map.svg, which is drawn anew from both whenever one is written.
class WhereFiles {
 public:
  explicit WhereFiles(const std::filesystem::path& results_root) : folder_(results_root / "reference") {}

  std::vector<PredictorCell> cells() const;   // EnvironmentError where there are none yet
  std::vector<BoundaryCurve> curves() const;  // perhaps none
  void write_cells(const std::vector<PredictorCell>& cells) const;
  void write_curves(const std::vector<BoundaryCurve>& curves) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path cells_file() const { return folder_ / "predictor.json"; }
  std::filesystem::path curves_file() const { return folder_ / "boundaries.json"; }
  void draw_map(const std::vector<PredictorCell>& cells, const std::vector<BoundaryCurve>& curves) const;

  std::filesystem::path folder_;
};

}  // namespace loom
