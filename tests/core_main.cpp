// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

// Tables of the tests are uncalibrated, whatever results/reference says of this build.
int main(int count, char** arguments) {
  setenv("LOOM_CALIBRATION", "/nonexistent", 1);
  return doctest::Context(count, arguments).run();
}
