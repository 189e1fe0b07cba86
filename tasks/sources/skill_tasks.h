// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "harness/random.h"

namespace loom::sources {

struct Question {
  std::string text, answer;
};

// A generated task with one right answer; accuracy 1 can be had. Operands of mod_add and mod_mul are ordered, so that
// a + b may be asked of who was trained on b + a.
struct SkillTask {
  const char* name;
  char marker;
  int64_t shortest, longest, far;  // lengths trained on, and how long a test beyond them goes; far = longest: no length
  Question (*draw)(int64_t length, Stream& stream);
  double (*answers)(int64_t length);  // how many there are: a blind guess among them is right 1 time in so many

  double chance() const;  // of a blind guess, mean over the lengths trained on
};

// copy, reverse, sort, dedup, parity, mod_add, mod_mul, binary_add, dyck, listops, recall, majority. Questions have at
// most 29 bytes, answers at most 15.
std::span<const SkillTask> skill_tasks();

}  // namespace loom::sources
