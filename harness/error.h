// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace loom {

// Exit codes are a public contract and are never renumbered (docs/exit-codes.md).
enum class ExitCode {
  ok = 0,
  internal = 1,
  input = 2,
  environment = 3,
  trials_failed = 4,
  gate = 5,
  again = 75,
  interrupted = 130
};

// The user's mistake: a wrong config, argument or data file. main prints what() and exits 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The machine's: missing data, full disk, no permission, missing library. main prints what() and exits 3.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Ours: a broken invariant. Always on, in every build; exits 1 with what to do next.
void check(bool condition, std::string_view what);
[[noreturn]] void fail(std::string_view what);

}  // namespace loom
