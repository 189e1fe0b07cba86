// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/joined_domains.h"

#include <algorithm>
#include <cmath>

namespace loom::sources {
namespace joined_domains_detail {
namespace {

struct Layout {
  int64_t widest = 0, domains = 0;
  bool targets = false;
};

int32_t groups_of(const Sides& sides) {
  int32_t count = 0;
  for (const Items* items : {&sides.train_side, &sides.test})
    for (int32_t group : items->group) count = std::max(count, group + 1);
  return count;
}

void append(Items& all, const Items& items, int32_t domain, int32_t first_group, const Layout& layout) {
  all.input_dim = layout.widest + layout.domains;
  for (int64_t i = 0; i < items.count; ++i) {
    const auto begin = items.values.begin() + i * items.input_dim;
    const size_t item = all.values.size();
    all.values.insert(all.values.end(), begin, begin + items.input_dim);
    all.values.resize(item + static_cast<size_t>(all.input_dim), 0);
    all.values[item + static_cast<size_t>(layout.widest + domain)] = 1;
  }
  all.count += items.count;
  all.label.insert(all.label.end(), items.label.begin(), items.label.end());
  all.domain.insert(all.domain.end(), static_cast<size_t>(items.count), domain);
  for (int32_t group : items.group) all.group.push_back(first_group + group);
  all.target.insert(all.target.end(), items.target.begin(), items.target.end());
  if (layout.targets) all.target.resize(all.label.size(), NAN);
}

}  // namespace
}  // namespace joined_domains_detail

Sides join_domains(std::vector<DomainSides> domains, Groups groups) {
  using namespace joined_domains_detail;
  Layout layout{.domains = std::ssize(domains)};
  for (const auto& [name, sides] : domains) {
    layout.widest = std::max(layout.widest, sides.train_side.input_dim);
    layout.targets |= !sides.train_side.target.empty();
  }
  Sides all;
  int32_t first_group = 0;
  for (size_t d = 0; d < domains.size(); ++d) {
    const Sides sides = std::move(domains[d].sides);  // freed before the next one is copied
    const auto domain = static_cast<int32_t>(d);
    append(all.train_side, sides.train_side, domain, first_group, layout);
    append(all.test, sides.test, domain, first_group, layout);
    all.domains.push_back(domains[d].name);
    if (groups == Groups::own) first_group += groups_of(sides);
  }
  return all;
}

}  // namespace loom::sources
