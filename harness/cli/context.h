// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>

#include "harness/error.h"
#include "harness/facts.h"

namespace loom {

// What every command needs from outside; tests make their own.
class Context {
 public:
  // program_folder: where loom, loom-worker and facts.json lie.
  Context(std::ostream& result, std::ostream& messages, std::filesystem::path program, std::filesystem::path results);

  std::ostream& out;  // the result, nothing else
  std::ostream& err;
  std::filesystem::path program_folder, results_root;
  bool terminal = false;         // out is one
  ExitCode exit = ExitCode::ok;  // set by a command that ends neither well nor by an exception

  // Read once, on first use: commands on stored results work without. EnvironmentError where it is missing.
  const FactSheet& facts();

 private:
  std::optional<FactSheet> facts_;
};

std::filesystem::path results_root();  // LOOM_RESULTS, else results/ in the working directory

}  // namespace loom
