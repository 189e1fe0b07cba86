// SPDX-License-Identifier: Apache-2.0
#include "harness/member_macros.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "harness/statistics.h"

namespace loom {

double macro_of(const std::vector<double>& domain) {
  std::vector<double> present;
  std::ranges::copy_if(domain, std::back_inserter(present), [](double value) { return !std::isnan(value); });
  return present.empty() ? kUnknown : mean(present);
}

std::vector<double> member_macros(const MemberScores& scores) {
  std::vector<double> out;
  for (const std::vector<double>& member : scores.domain) out.push_back(macro_of(member));
  return out;
}

std::vector<double> own_domain_scores(const MemberScores& scores) {
  std::vector<double> out;
  for (size_t d = 0; d < scores.domain.size(); ++d) {
    if (scores.domain[d].size() != scores.domain.size()) return {};
    out.push_back(scores.domain[d][d]);
  }
  return out;
}

}  // namespace loom
