// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace loom {

// `loom --help`: examples first, then each command in a line; 24 lines of 80 columns hold it with the prompt below. The
// commands' own pages are CLI11's.
class FrontPage : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace loom
