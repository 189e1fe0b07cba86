// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "harness/engine/memory.h"
#include "harness/engine/torch.h"

// LibTorch as the worker sets it up: one thread, deterministic algorithms, every CPU allocation counted.
int main(int count, char** arguments) {
  loom::install_memory_counter();
  at::set_num_threads(1);
  at::globalContext().setDeterministicAlgorithms(true, false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  return doctest::Context(count, arguments).run();
}
