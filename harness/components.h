// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/resolve.h"

namespace loom {

// A component as written: NAME, {NAME: {settings}}, {NAME: value} or {name: NAME, settings...}.
struct Written {
  const Facts* facts = nullptr;
  Mark mark;                   // of its name
  const Node* bare = nullptr;  // {NAME: value} sets the first field
  std::vector<const Node::Entry*> settings;
};

// Reads which component a node names; mistakes are told and give nothing. `beside`: keys other than the one that names
// a component are settings too (as in `reference: {dense: {...}, width: 64}`).
std::optional<Written> read_component(const Scope& scope, std::string_view kind, const Node& node, bool beside = false);

// {"name": ..., every field}. A component with a field `backbone` also takes the backbone's settings directly, and
// without a backbone of its own takes the inherited one (resolved; may be null).
Json resolve_written(const Scope& scope, const Written& written, const Json& inherited_backbone = nullptr);

Json default_component(const Scope& scope, std::string_view kind, const std::string& name);

}  // namespace loom
