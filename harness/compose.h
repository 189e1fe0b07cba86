// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "harness/yaml.h"

namespace loom {

// The config as one tree: FILE over the files of its `defaults:` lists (depth first), then the `key=value` overrides.
// Every value keeps the mark of the place that wrote it. Mistakes go to `diagnostics`; the tree is then unusable.
// InputError when FILE itself cannot be read.
Node compose_config(const std::filesystem::path& file, std::span<const std::string> overrides,
                    Diagnostics& diagnostics);

// The text of a config file, or why there is none: only regular files of at most 1 MiB are opened.
struct ConfigText {
  std::string text, problem, hint;  // a problem means that there is no text
};
ConfigText read_config(const std::filesystem::path& file);

// Maps merge key by key; everything else is replaced.
void merge_into(Node& base, Node over);

// Applies one `dotted.path=value` argument.
void apply_override(Node& root, const std::string& argument, Diagnostics& diagnostics);

}  // namespace loom
