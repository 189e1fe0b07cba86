// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/json.h"
#include "harness/safetensors.h"

namespace loom::backbones {

// GPT-2 as its reference implementation saves it: safetensors, names with or without "transformer." before them, F32 or
// F16. Attention masks are passed over; a head of its own is refused unless it is the token table again.
struct Gpt2File {
  int64_t vocabulary = 0, positions = 0, width = 0, hidden = 0, depth = 0;
  int64_t heads = 0;  // of config.json beside the file; 0: there is none
  Arrays arrays;      // by parameter name, F32, shapes as in the file
};

// `weights`: {"path", "sha256"} of a resolved config. InputError in one line, with the nearest name where one is
// wrong: a tensor that is missing, unknown, of another shape or type; other bytes than the digest's; a config.json that
// says another model (not gpt2, another activation or epsilon, scaled attention).
Gpt2File read_gpt2(const Json& weights);

}  // namespace loom::backbones
