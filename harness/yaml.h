// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostic.h"

namespace loom {

// A YAML value with the place of every key and value. Scalars stay text until a field says what they must be.
struct Node {
  enum class Kind { null, scalar, list, map };
  struct Entry;
  Kind kind = Kind::null;
  Mark mark;
  std::string text;            // scalar
  bool quoted = false;         // scalar written with quotes: always text
  std::vector<Node> items;     // list
  std::vector<Entry> entries;  // map, in file order
  const Node* find(std::string_view key) const;
};
struct Node::Entry {
  std::string key;
  Mark mark;
  Node value;
};

// The guard of untrusted YAML stands before the parser: at most 1 MiB, UTF-8 without control bytes or NUL, no UTF-16,
// one document, depth at most 32, at most 20,000 nodes, scalars at most 4 KiB, no anchors, aliases, tags, duplicate,
// complex or merge keys. Everything refused is an entry of `diagnostics`; the returned node is then unusable.
Node parse_yaml(const std::string& file, const std::string& text, Diagnostics& diagnostics);

}  // namespace loom
