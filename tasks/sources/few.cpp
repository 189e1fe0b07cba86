// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/few.h"

#include <algorithm>
#include <map>

#include "harness/error.h"
#include "tasks/sources/evenly.h"
#include "tasks/sources/held_out.h"
#include "tasks/sources/scale.h"

namespace loom::sources {
namespace few_detail {
namespace {

struct Class {
  std::vector<int64_t> items;
  int64_t wanted = 1;
};

[[noreturn]] void refuse_few(const Few& few, const std::string& has) {
  throw InputError("suite '" + few.suite + "': " + few.domain + " has " + has + " on its train side; " +
                   std::to_string(few.wanted) + " are asked for");
}

// One item each, then one by one to the class that is furthest below its share, equals to the lower label.
void deal(std::map<int32_t, Class>& classes, int64_t wanted, int64_t available) {
  const auto lacking = [&](const auto& entry) {
    return std::ssize(entry.second.items) * wanted - entry.second.wanted * available;
  };
  for (int64_t dealt = std::ssize(classes); dealt < wanted; ++dealt)
    ++std::ranges::max_element(classes, {}, lacking)->second.wanted;
}

std::vector<int64_t> of_each_class(const Items& items, const Few& few) {
  std::map<int32_t, Class> classes;
  for (int64_t i = 0; i < items.count; ++i) classes[items.label[static_cast<size_t>(i)]].items.push_back(i);
  if (few.wanted < std::ssize(classes)) refuse_few(few, std::to_string(classes.size()) + " classes");
  deal(classes, few.wanted, items.count);
  std::vector<int64_t> places;
  for (const auto& [label, one] : classes)
    for (int64_t at : evenly(one.wanted, std::ssize(one.items))) places.push_back(one.items[static_cast<size_t>(at)]);
  std::ranges::sort(places);
  return places;
}

// Standardising twice is standardising by the second numbers alone: nothing of the rows left out stays in the inputs.
void rescale(Sides& sides) {
  const int64_t width = sides.train_side.input_dim;
  for (int64_t column = 0; column < width; ++column) {
    std::vector<double> seen;
    for (int64_t i = 0; i < sides.train_side.count; ++i)
      seen.push_back(sides.train_side.values[static_cast<size_t>(i * width + column)]);
    const Scale scale = fit_scale(seen);
    for (Items* side : {&sides.train_side, &sides.test})
      for (auto at = static_cast<size_t>(column); at < side->values.size(); at += static_cast<size_t>(width))
        side->values[at] = static_cast<float>(scale(side->values[at]));
  }
}

}  // namespace
}  // namespace few_detail

Sides with_few(Sides sides, const Few& few) {
  const Items& all = sides.train_side;
  if (few.wanted > all.count) few_detail::refuse_few(few, std::to_string(all.count) + " " + few.unit);
  sides.train_side =
      selected(all, few.each_class ? few_detail::of_each_class(all, few) : evenly(few.wanted, all.count));
  if (few.rescaled) few_detail::rescale(sides);
  return sides;
}

}  // namespace loom::sources
