// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/claims.h"

namespace loom {
namespace published_claims_detail {

// A difference that is of no interest in any cell: to find none is to find the same.
bool publishes_a_tie(const JudgedClaim& judged) {
  return judged.claim.published && std::ranges::all_of(judged.cells, [&](const ClaimCell& cell) {
           return std::abs(*judged.claim.published) <= cell.margin;
         });
}

}  // namespace published_claims_detail

using namespace published_claims_detail;

std::string reproduction_word(const JudgedClaim& judged) {
  if (judged.claim.source.empty()) return "";
  switch (judged.verdict.verdict) {
    case Verdict::supported:
      return "REPRODUCED";
    case Verdict::conditional:
      return "IN PART";
    case Verdict::undecided:
      return "UNDECIDED";
    case Verdict::tied:
      return publishes_a_tie(judged) ? "REPRODUCED" : "NOT REPRODUCED";
    default:
      return "NOT REPRODUCED";
  }
}

std::optional<bool> figure_holds(const JudgedClaim& judged) {
  if (!judged.claim.published || judged.cells.empty()) return std::nullopt;
  const double figure = *judged.claim.published;
  if (!std::ranges::all_of(judged.cells, [](const ClaimCell& cell) { return cell.interval.has_value(); }))
    return std::nullopt;
  return std::ranges::all_of(judged.cells, [&](const ClaimCell& cell) {
    return cell.interval->low <= figure && figure <= cell.interval->high;
  });
}

}  // namespace loom
