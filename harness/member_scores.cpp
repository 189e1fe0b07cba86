// SPDX-License-Identifier: Apache-2.0
#include "harness/member_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "harness/error.h"
#include "harness/metrics.h"
#include "harness/metrics_rejection.h"
#include "harness/statistics.h"

namespace loom {
namespace member_scores_detail {
namespace {

// Nats lost on one item. What is no log-probability (NaN, +inf) never makes a member the best.
double loss(const Outcomes& said, int64_t item) {
  double sum = 0;
  for (int64_t at = item * said.steps; at < (item + 1) * said.steps; ++at) {
    const float log_prob = said.target_log_prob[static_cast<size_t>(at)];
    if (!(log_prob < std::numeric_limits<float>::infinity())) return std::numeric_limits<double>::infinity();
    sum -= static_cast<double>(log_prob);
  }
  return sum;
}

int64_t hits(const Outcomes& said, int64_t item) {
  if (!std::isfinite(loss(said, item)) && said.steps == 1) return 0;
  int64_t right = 0;
  for (int64_t at = item * said.steps; at < (item + 1) * said.steps; ++at)
    right += said.argmax[static_cast<size_t>(at)] == said.target[static_cast<size_t>(at)] ? 1 : 0;
  return right;
}

// The best that any member gets on one item, per prediction, and whether exactly one member solves it.
struct Best {
  double value = 0;
  bool one = false;
};

Best best_hits(std::span<const Outcomes> members, int64_t item) {
  const int64_t steps = members[0].steps;
  int64_t most = 0, solvers = 0;
  for (const Outcomes& member : members) {
    const int64_t right = hits(member, item);
    most = std::max(most, right);
    solvers += right == steps ? 1 : 0;
  }
  return {static_cast<double>(most) / static_cast<double>(steps), solvers == 1};
}

double bytes_of(const Outcomes& said, int64_t item) {
  return static_cast<double>(said.bytes.empty() ? said.steps : said.bytes[static_cast<size_t>(item)]);
}

Best best_bits(std::span<const Outcomes> members, int64_t item) {
  double first = std::numeric_limits<double>::infinity(), second = first;
  for (const Outcomes& member : members) {
    const double nats = loss(member, item);
    second = std::min(second, std::max(first, nats));
    first = std::min(first, nats);
  }
  return {first / std::numbers::ln2 / bytes_of(members[0], item), second - first > std::numbers::ln2};
}

// A score of 1 is the most that an item gives; on another scale nobody knows when it is solved. What is no number never
// makes a member the best.
template <typename Score>
Best best_score(size_t members, const Score& score_of) {
  double most = -std::numeric_limits<double>::infinity();
  int64_t solvers = 0;
  for (size_t member = 0; member < members; ++member) {
    const double own = static_cast<double>(score_of(member));
    if (own > most) most = own;
    solvers += own == 1 ? 1 : 0;
  }
  return {most, solvers == 1};
}

bool scores_of_shares(std::span<const Outcomes> members) {
  return std::ranges::all_of(members, [](const Outcomes& member) {
    return std::ranges::all_of(member.score, [](float score) { return score >= 0 && score <= 1; });
  });
}

// Means per domain and over the domains that have items.
class DomainMeans {
 public:
  explicit DomainMeans(int64_t domains) : sum_(static_cast<size_t>(domains)), count_(sum_.size()) {}

  void add(int32_t domain, double value, double weight = 1) {
    sum_[static_cast<size_t>(domain)] += value * weight;
    count_[static_cast<size_t>(domain)] += weight;
  }

  Json json() const {
    std::vector<double> all, present;
    for (size_t d = 0; d < sum_.size(); ++d) {
      all.push_back(sum_[d] / count_[d]);
      if (count_[d] > 0) present.push_back(all.back());
    }
    return {{"domain", numbers_or_null(all)}, {"macro", number_or_null(mean(present))}};
  }

 private:
  std::vector<double> sum_, count_;
};

}  // namespace
}  // namespace member_scores_detail

Json member_scores(std::span<const Outcomes> members, std::string_view metric, int64_t domains, int64_t held_out) {
  using namespace member_scores_detail;
  check(!members.empty(), "member scores need members");
  if (const int64_t trained = domains - held_out; held_out > 0 && mixes_held_out(members[0], trained)) {
    std::vector<Outcomes> kept;
    for (const Outcomes& member : members) kept.push_back(trained_items(member, trained));
    return member_scores(kept, metric, domains);
  }
  Json member_domain = Json::array(), member_f1 = Json::array();
  const bool by_item = metric == "exact_match" || metric == "accuracy_or_r2";
  std::vector<std::vector<double>> items;
  for (const Outcomes& member : members) {
    check(member.domain == members[0].domain && member.steps == members[0].steps, "members answer the same items");
    const Scores scores = score(member, metric, domains);
    member_domain.push_back(numbers_or_null(scores.domain));
    if (!scores.f1.empty()) member_f1.push_back(numbers_or_null(scores.f1));
    if (by_item) items.push_back(item_scores(member, metric, domains));
  }
  const bool known = metric == "accuracy_or_r2" ? false : metric != "score" || scores_of_shares(members);
  DomainMeans best(domains), one(domains);
  for (int64_t item = 0; item < members[0].items; ++item) {
    const auto at = static_cast<size_t>(item);
    const Best found = by_item ? best_score(members.size(), [&](size_t member) { return items[member][at]; })
                       : metric == "score"
                           ? best_score(members.size(), [&](size_t member) { return members[member].score[at]; })
                       : metric == "accuracy" ? best_hits(members, item)
                                              : best_bits(members, item);
    const int32_t domain = members[0].domain[static_cast<size_t>(item)];
    best.add(domain, found.value, members[0].bytes.empty() ? 1 : bytes_of(members[0], item));
    one.add(domain, !known ? std::numeric_limits<double>::quiet_NaN() : found.one ? 1 : 0);
  }
  Json out = {{"member_domain", member_domain}, {"sample_oracle", best.json()}, {"solved_by_one", one.json()}};
  if (!member_f1.empty()) out["member_f1"] = member_f1;
  return out;
}

Json regret(const Json& member_scores, const Json& macro, bool higher_is_better) {
  using namespace member_scores_detail;
  const double sign = higher_is_better ? 1 : -1, unknown = std::numeric_limits<double>::quiet_NaN();
  const auto value = [&](const Json& known) { return known.is_null() ? unknown : known.get<double>(); };
  const Json& member_domain = member_scores.at("member_domain");
  std::vector<double> best;  // of each domain with items
  for (size_t domain = 0; domain < member_domain.at(0).size(); ++domain) {
    double most = -std::numeric_limits<double>::infinity();
    for (const Json& member : member_domain)
      if (!member[domain].is_null()) most = std::max(most, sign * member[domain].get<double>());
    if (std::isfinite(most)) best.push_back(most);
  }
  const double own = sign * value(macro), item = sign * value(member_scores.at("sample_oracle").at("macro"));
  return {{"item", number_or_null(item - own)}, {"domain", best.empty() ? Json() : number_or_null(mean(best) - own)}};
}

}  // namespace loom
