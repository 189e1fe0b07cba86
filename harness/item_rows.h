// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "harness/suite.h"

namespace loom {

// Places of some items, and what lies there; for classical methods, which take rows and not tensors.
using ItemPlaces = std::vector<size_t>;

inline ItemPlaces places_of_domain(const Items& items, int32_t domain) {
  ItemPlaces out;
  for (size_t i = 0; i < items.domain.size(); ++i)
    if (items.domain[i] == domain) out.push_back(i);
  return out;
}

// All of them, or `most` at even distances.
inline ItemPlaces at_even_distances(const ItemPlaces& all, int64_t most) {
  const auto limit = static_cast<size_t>(most);
  if (all.size() <= limit) return all;
  ItemPlaces out;
  for (size_t i = 0; i < limit; ++i) out.push_back(all[i * all.size() / limit]);
  return out;
}

// An item's part of a member such as Items::values; empty where the suite has no such member.
template <class T>
std::span<const T> item_row(const std::vector<T>& all, const Items& items, size_t item) {
  const auto width = static_cast<size_t>(items.input_dim);
  return all.empty() ? std::span<const T>() : std::span(all).subspan(item * width, width);
}

template <class T>
std::vector<T> item_rows(const std::vector<T>& all, const Items& items, const ItemPlaces& wanted) {
  std::vector<T> out;
  for (const size_t item : wanted) {
    const auto one = item_row(all, items, item);
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

}  // namespace loom
