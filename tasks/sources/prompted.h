// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "harness/suite.h"

namespace loom::sources {

// Windows of bytes with a question and its answer: the question from byte 0, blanks up to `answer_at`, then the answer
// and a line feed, which alone are trained on and scored, then blanks. What routes by the first 16 bytes sees no answer
// where answer_at is 16 or more.
class Prompted {
 public:
  Prompted(int64_t answer_at, int64_t window);
  void add(int32_t domain, int32_t group, std::string_view question, std::string_view answer);
  Items take();

 private:
  int64_t answer_at_, window_;
  Items items_;
};

}  // namespace loom::sources
