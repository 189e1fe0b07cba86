// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/prompted.h"

#include <algorithm>
#include <utility>

#include "harness/error.h"

namespace loom::sources {

Prompted::Prompted(int64_t answer_at, int64_t window) : answer_at_(answer_at), window_(window) {
  items_.kind = InputKind::tokens;
  items_.input_dim = window;
}

void Prompted::add(int32_t domain, int32_t group, std::string_view question, std::string_view answer) {
  const auto end = answer_at_ + static_cast<int64_t>(answer.size());
  check(static_cast<int64_t>(question.size()) <= answer_at_ && end < window_, "a question or answer is too long");
  const size_t base = items_.bytes.size();
  items_.bytes.resize(base + static_cast<size_t>(window_), ' ');
  items_.scored.resize(base + static_cast<size_t>(window_), 0);
  const auto at = items_.bytes.begin() + static_cast<int64_t>(base);
  std::ranges::copy(question, at);
  std::ranges::copy(answer, at + answer_at_);
  at[end] = '\n';
  std::fill_n(items_.scored.begin() + static_cast<int64_t>(base) + answer_at_, answer.size() + 1, 1);
  items_.domain.push_back(domain);
  items_.group.push_back(group);
  ++items_.count;
}

Items Prompted::take() { return std::exchange(items_, {}); }

}  // namespace loom::sources
