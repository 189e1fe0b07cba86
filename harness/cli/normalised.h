// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/json.h"
#include "harness/table.h"

namespace loom {

// Scores on a scale where a domain's floor is 0 and its reference 1: (score - floor) / (reference - floor) in each
// domain, then the mean over domains, so that domains of different difficulty count alike. Reference:
//   floor      the best a metric can be: 1, or 0 bits
//   baseline   the classical baseline's score
//   published  the best figure published of a model in the suite's metric and for its options; domains without one
//              are left out. Where only a mean was published, the mean score is put on the scale of the mean floor.
struct NormalisedRow {
  std::string arm, role;
  int seeds = 0;
  double score = 0, mean = 0, worst = 0;  // score: as measured
  std::vector<double> domain;             // NaN: left out
};

struct NormalisedBlock {
  std::string suite, column, metric, reference;
  std::vector<std::string> domains;
  std::vector<double> floor, unit;    // what 0 and 1 stand for
  std::vector<std::string> left_out;  // "wide: no published figure"
  std::vector<NormalisedRow> rows;    // in the order of the table; rows without a score are not there
};

// `card` gives the card (harness/audit.h) of a suite by its label.
using CardOf = std::function<Json(const std::string& suite)>;
std::vector<NormalisedBlock> normalise(std::span<const ComparedBlock> blocks, const std::string& reference,
                                       const CardOf& card);

std::string render(std::span<const NormalisedBlock> blocks, Format format);

}  // namespace loom
