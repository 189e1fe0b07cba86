// SPDX-License-Identifier: Apache-2.0
#include "harness/landmarks.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/classical.h"
#include "harness/error.h"
#include "harness/parallel.h"

namespace loom {
namespace landmarks_detail {
namespace {

constexpr int kOrder = 3;
constexpr size_t kPrefix = 16;  // bytes that loom's routers read

struct Side {
  ItemPlaces known, asked;
};

ItemPlaces joined_places(const std::vector<Side>& sides, size_t without) {
  ItemPlaces all;
  for (size_t d = 0; d < sides.size(); ++d)
    if (d != without) all.insert(all.end(), sides[d].known.begin(), sides[d].known.end());
  return all;
}

double scored_bytes(const Items& items, const ItemPlaces& places) {
  double sum = 0;
  for (const size_t item : places) {
    const auto scored = item_row(items.scored, items, item);
    sum += scored.empty() ? static_cast<double>(items.input_dim)
                          : static_cast<double>(std::ranges::count(scored, uint8_t{1}));
  }
  return sum;
}

double share_wrong(const std::vector<int32_t>& said, const ItemPlaces& asked, const std::vector<int32_t>& answers) {
  double wrong = 0;
  for (size_t i = 0; i < asked.size(); ++i) wrong += said[i] != answers[asked[i]];
  return wrong / static_cast<double>(asked.size());
}

// Losses of a suite's learner; one for each kind of input.
class Learner {
 public:
  Learner(const Items& items, int64_t vocabulary) : items_(items), vocabulary_(vocabulary) {}

  double loss(const ItemPlaces& known, const ItemPlaces& asked) const {
    if (items_.kind == InputKind::tokens) return bits(known, asked);
    if (items_.kind == InputKind::bags)
      return share_wrong(bag_answers(items_, known, items_.label, items_, asked, vocabulary_), asked, items_.label);
    const ItemPlaces nearest = nearest_items(items_, known, items_, asked);
    return has_number(asked) ? squared(nearest, asked) : wrong_neighbours(nearest, asked, items_.label);
  }

  // Of who knows the answers' frequencies alone: the most frequent label, the mean, the unigram.
  double floor(const ItemPlaces& known, const ItemPlaces& asked) const {
    if (items_.kind == InputKind::tokens) return bits(known, asked, 0);
    if (has_number(asked)) return 1;
    const int32_t most = most_frequent(items_.label, known);
    return share_wrong(std::vector<int32_t>(asked.size(), most), asked, items_.label);
  }

  // Over all asked items of all domains.
  double router_error(const std::vector<Side>& sides) const {
    ItemPlaces known = joined_places(sides, sides.size()), asked;
    for (const Side& side : sides) asked.insert(asked.end(), side.asked.begin(), side.asked.end());
    if (items_.kind == InputKind::tokens) return wrong_ngrams(sides);
    if (items_.kind == InputKind::bags)
      return share_wrong(bag_answers(items_, known, items_.domain, items_, asked, vocabulary_), asked, items_.domain);
    return wrong_neighbours(nearest_items(items_, known, items_, asked), asked, items_.domain);
  }

  std::string name() const {
    return items_.kind == InputKind::tokens ? "order-3 n-gram"
           : items_.kind == InputKind::bags ? "logistic regression"
                                            : "nearest neighbour";
  }

 private:
  bool has_number(const ItemPlaces& asked) const {
    return !items_.target.empty() && std::isfinite(items_.target[asked[0]]);
  }

  static double wrong_neighbours(const ItemPlaces& nearest, const ItemPlaces& asked,
                                 const std::vector<int32_t>& answers) {
    std::vector<int32_t> said;
    for (const size_t item : nearest) said.push_back(answers[item]);
    return share_wrong(said, asked, answers);
  }

  // A neighbour of another domain may have a label instead of a number: then the mean is said.
  double squared(const ItemPlaces& nearest, const ItemPlaces& asked) const {
    const double mean = mean_target(items_, asked);
    std::vector<double> said;
    for (const size_t item : nearest) said.push_back(std::isfinite(items_.target[item]) ? items_.target[item] : mean);
    const double share = squared_error_share(items_, asked, said);
    return std::isfinite(share) ? share : 0;
  }

  double bits(const ItemPlaces& known, const ItemPlaces& asked, int order = kOrder) const {
    const ByteNgram model = counted_ngram(items_, known, order);
    double sum = 0;
    for (const size_t item : asked)
      sum += model.bits(item_row(items_.bytes, items_, item), item_row(items_.scored, items_, item));
    return sum / scored_bytes(items_, asked);
  }

  double wrong_ngrams(const std::vector<Side>& sides) const {
    std::vector<ByteNgram> models;
    for (const Side& side : sides) models.push_back(counted_ngram(items_, side.known, kOrder));
    double wrong = 0, all = 0;
    for (size_t own = 0; own < sides.size(); ++own)
      for (const size_t item : sides[own].asked) {
        const auto bytes = item_row(items_.bytes, items_, item);
        const auto prefix = bytes.first(std::min(bytes.size(), kPrefix));
        const auto best =
            std::ranges::min_element(models, {}, [&](const ByteNgram& model) { return model.bits(prefix); });
        wrong += best - models.begin() != static_cast<int64_t>(own);
        ++all;
      }
    return wrong / all;
  }

  const Items& items_;
  int64_t vocabulary_;
};

// Half an error among the asked items is added to both, so that no ratio is infinite.
double log_ratio(double loss, double own, size_t asked) {
  const double least = 0.5 / static_cast<double>(asked);
  return std::log((loss + least) / (own + least));
}

std::vector<Side> sides_of(const Suite& suite, const LandmarkLimits& limits) {
  const Items& items = suite.train_side();
  std::vector<Side> all(suite.description().domains.size());
  for (const Split split : {Split::train, Split::validation})
    for (const int64_t index : suite.indices(split, 0)) {
      Side& side = all[static_cast<size_t>(items.domain[static_cast<size_t>(index)])];
      (split == Split::train ? side.known : side.asked).push_back(static_cast<size_t>(index));
    }
  std::erase_if(all, [](const Side& side) { return side.known.empty() || side.asked.empty(); });
  for (Side& side : all) side.asked = at_even_distances(side.asked, limits.asked);
  return all;
}

// Geometric means over domains of what there is to learn from.
void count_items(Landmarks& out, const Items& items, const std::vector<Side>& sides) {
  const auto count = static_cast<double>(sides.size());
  for (const Side& side : sides) {
    const auto known = static_cast<double>(side.known.size());
    out.items += std::log(known) / count;
    out.values += std::log(items.kind == InputKind::tokens ? scored_bytes(items, side.known) : known) / count;
  }
  out.items = std::exp(out.items);
  out.values = std::exp(out.values);
}

struct DomainLosses {
  double own = 0, pooled = 0, others = 0, floor = 0;
};

std::vector<DomainLosses> losses_of(const Learner& learner, const Items& items, const std::vector<Side>& sides) {
  const ItemPlaces everything = joined_places(sides, sides.size());
  std::vector<DomainLosses> losses(sides.size());
  const auto judge = [&](size_t d) {
    const ItemPlaces &known = sides[d].known, &asked = sides[d].asked;
    losses[d] = {learner.loss(known, asked), learner.loss(everything, asked),
                 learner.loss(joined_places(sides, d), asked), learner.floor(known, asked)};
  };
  if (items.kind == InputKind::vector) {  // a neighbour's products use all cores by themselves
    for (size_t d = 0; d < sides.size(); ++d) judge(d);
  } else {
    parallel_for(sides.size(), judge);
  }
  return losses;
}

}  // namespace
}  // namespace landmarks_detail

Landmarks landmarks(const Suite& suite, const LandmarkLimits& limits) {
  using namespace landmarks_detail;
  const Items& items = suite.train_side();
  const std::string& name = suite.description().name;
  if (items.kind == InputKind::tokens && !items.ids.empty())
    throw InputError("suite " + name + ": its tokens are ids, of which no cheap learner is at hand");
  std::vector<Side> sides = sides_of(suite, limits);
  if (sides.size() < 2) throw InputError("suite " + name + " has one domain: there is nothing to specialise in");
  const Learner learner(items, suite.description().vocabulary);
  Landmarks out;
  out.domains = std::ssize(sides);
  out.learner = learner.name();
  count_items(out, items, sides);
  for (Side& side : sides) side.known = at_even_distances(side.known, limits.known);
  const std::vector<DomainLosses> losses = losses_of(learner, items, sides);
  const auto count = static_cast<double>(sides.size());
  for (size_t d = 0; d < sides.size(); ++d) {
    const auto [own, pooled, others, floor] = losses[d];
    out.own += own / count, out.pooled += pooled / count, out.others += others / count, out.floor += floor / count;
    out.pooling += log_ratio(pooled, own, sides[d].asked.size()) / count;
    out.distance += log_ratio(others, own, sides[d].asked.size()) / count;
  }
  out.router_error = learner.router_error(sides);
  return out;
}

Json to_json(const Landmarks& landmarks) {
  return {{"domains", landmarks.domains},   {"items", landmarks.items},
          {"values", landmarks.values},     {"own", landmarks.own},
          {"pooled", landmarks.pooled},     {"others", landmarks.others},
          {"floor", landmarks.floor},       {"pooling", landmarks.pooling},
          {"distance", landmarks.distance}, {"router_error", landmarks.router_error},
          {"learner", landmarks.learner}};
}

Landmarks landmarks_from_json(const Json& value) {
  return {.domains = value.at("domains"),
          .items = value.at("items"),
          .values = value.at("values"),
          .own = value.at("own"),
          .pooled = value.at("pooled"),
          .others = value.at("others"),
          .floor = value.at("floor"),
          .pooling = value.at("pooling"),
          .distance = value.at("distance"),
          .router_error = value.at("router_error"),
          .learner = value.at("learner")};
}

}  // namespace loom
