// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "harness/random.h"

namespace loom::sources {

struct Question {
  std::string text, answer;
};

// A generated task with one right answer; accuracy 1 can be had.
struct SkillTask {
  const char* name;
  char marker;
  int64_t shortest, longest, far;  // lengths trained on, and how long a test beyond them goes; far = longest: no length
  Question (*draw)(int64_t length, Stream& stream);
};

// copy, reverse, sort, dedup, parity, mod_add, mod_mul, binary_add, dyck, listops, recall, majority. Questions have at
// most 29 bytes, answers at most 15.
std::span<const SkillTask> skill_tasks();

}  // namespace loom::sources
