// SPDX-License-Identifier: Apache-2.0
#include "harness/classical.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/bag_classifier.h"
#include "harness/nearest_rows.h"

namespace loom {

std::vector<int32_t> bag_answers(const Items& from, const ItemPlaces& known, const std::vector<int32_t>& answers,
                                 const Items& of, const ItemPlaces& asked, int64_t vocabulary) {
  std::map<int32_t, int32_t> class_of;
  for (const size_t item : known) class_of.emplace(answers[item], 0);
  std::vector<int32_t> answer_of, classes, said;
  for (auto& [answer, place] : class_of) {
    place = static_cast<int32_t>(answer_of.size());
    answer_of.push_back(answer);
  }
  for (const size_t item : known) classes.push_back(class_of.at(answers[item]));
  const BagClassifier model(item_rows(from.ids, from, known), from.input_dim, classes, vocabulary,
                            std::ssize(answer_of));
  for (const size_t item : asked)
    said.push_back(answer_of[static_cast<size_t>(model.label(item_row(of.ids, of, item)))]);
  return said;
}

ItemPlaces nearest_items(const Items& from, const ItemPlaces& known, const Items& of, const ItemPlaces& asked) {
  ItemPlaces out;
  for (const int64_t place :
       nearest_rows(item_rows(from.values, from, known), item_rows(of.values, of, asked), from.input_dim))
    out.push_back(known[static_cast<size_t>(place)]);
  return out;
}

int32_t most_frequent(const std::vector<int32_t>& answers, const ItemPlaces& known) {
  std::map<int32_t, int64_t> counts;
  for (const size_t item : known) ++counts[answers[item]];
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

ByteNgram counted_ngram(const Items& from, const ItemPlaces& known, int order) {
  ByteNgram model(order);
  for (const size_t item : known) model.add(item_row(from.bytes, from, item), item_row(from.scored, from, item));
  return model;
}

double mean_target(const Items& items, const ItemPlaces& places) {
  double mean = 0;
  for (const size_t item : places) mean += items.target[item] / static_cast<double>(places.size());
  return mean;
}

double squared_error_share(const Items& of, const ItemPlaces& asked, const std::vector<double>& said) {
  const double mean = mean_target(of, asked);
  double error = 0, spread = 0;
  for (size_t i = 0; i < asked.size(); ++i) {
    const double value = of.target[asked[i]];
    error += (value - said[i]) * (value - said[i]);
    spread += (value - mean) * (value - mean);
  }
  return spread > 0 ? error / spread : std::nan("");
}

}  // namespace loom
