// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/held_out.h"

#include <algorithm>

#include "harness/error.h"
#include "harness/facts.h"

namespace loom::sources {
namespace held_out_detail {
namespace {

template <class T>
std::vector<T> rows(const std::vector<T>& all, const std::vector<int64_t>& keep, int64_t width) {
  std::vector<T> out;
  if (all.empty()) return out;
  out.reserve(keep.size() * static_cast<size_t>(width));
  for (const int64_t row : keep) out.insert(out.end(), all.begin() + row * width, all.begin() + (row + 1) * width);
  return out;
}

// The domain `out` becomes `last`; those behind it move up.
void move_last(Items& items, int32_t out, int32_t last) {
  for (int32_t& domain : items.domain) domain = domain == out ? last : domain - (domain > out ? 1 : 0);
}

std::vector<int64_t> where(const Items& items, int32_t domain, bool inside) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < items.count; ++i)
    if ((items.domain[static_cast<size_t>(i)] == domain) == inside) out.push_back(i);
  return out;
}

}  // namespace
}  // namespace held_out_detail

Items selected(const Items& items, const std::vector<int64_t>& keep) {
  using held_out_detail::rows;
  Items out;
  out.kind = items.kind;
  out.count = static_cast<int64_t>(keep.size());
  out.input_dim = items.input_dim;
  out.values = rows(items.values, keep, items.input_dim);
  out.bytes = rows(items.bytes, keep, items.input_dim);
  out.scored = rows(items.scored, keep, items.input_dim);
  out.ids = rows(items.ids, keep, items.input_dim);
  out.item_bytes = rows(items.item_bytes, keep, 1);
  out.label = rows(items.label, keep, 1);
  out.target = rows(items.target, keep, 1);
  out.domain = rows(items.domain, keep, 1);
  out.group = rows(items.group, keep, 1);
  return out;
}

void hold_out(const std::string& name, HeldOutTest kind, Suite::Description& description, Items& train_side,
              Items& test) {
  using held_out_detail::move_last, held_out_detail::where;
  auto& domains = description.domains;
  const auto found = std::ranges::find(domains, name);
  if (found == domains.end()) {
    const std::string near = nearest(name, domains);
    throw InputError("suite '" + description.name + "' has no domain '" + name + "'" +
                     (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  if (description.adapters > 0)
    throw InputError("suite '" + description.name + "': a domain with inputs of its own cannot be held out");
  if (description.held_out > 0)
    throw InputError("suite '" + description.name + "': its test is of held-out domains already (" + domains.back() +
                     " is one); hold out a domain of its usual test");
  const auto out = static_cast<int32_t>(found - domains.begin()), last = static_cast<int32_t>(domains.size()) - 1;
  train_side = selected(train_side, where(train_side, out, false));
  if (kind == HeldOutTest::alone) {
    test = selected(test, where(test, out, true));
  } else {
    for (size_t i = 0; i < test.label.size(); ++i)
      if (test.domain[i] == out) test.label[i] = 0;
  }
  std::rotate(found, found + 1, domains.end());
  move_last(train_side, out, last);
  move_last(test, out, last);
  description.held_out = 1;
}

}  // namespace loom::sources
