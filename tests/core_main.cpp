// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>

// Tables of the tests are uncalibrated, whatever results/reference says of this build.
int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // as in loom: a worker that is gone is an answer, not a death
  setenv("LOOM_CALIBRATION", "/nonexistent", 1);
  return doctest::Context(count, arguments).run();
}
