// SPDX-License-Identifier: Apache-2.0
#include "harness/suite_sweeps.h"

#include "harness/arms.h"

namespace loom {
namespace suite_sweeps_detail {
namespace {

// What stood for sweeps: " samples=24 domains=4".
void add_swept(const Node& written, const Node& value, const std::string& key, std::string& words) {
  if (is_sweep(written)) {
    words += " " + key + "=" + value.text;
    return;
  }
  for (size_t i = 0; i < written.entries.size(); ++i)
    add_swept(written.entries[i].value, value.entries[i].value, written.entries[i].key, words);
  for (size_t i = 0; i < written.items.size(); ++i) add_swept(written.items[i], value.items[i], key, words);
}

}  // namespace
}  // namespace suite_sweeps_detail

std::vector<Node> expanded_entries(const Scope& scope, const Node& entry) {
  const Node* suite = entry.kind == Node::Kind::map ? entry.find("suite") : nullptr;
  if (suite == nullptr) return {entry};
  std::vector<Node> entries;
  for (Node& value : expand_sweeps(scope, *suite)) {
    std::string swept;
    suite_sweeps_detail::add_swept(*suite, value, "", swept);
    Node own = entry;
    for (Node::Entry& part : own.entries) {
      if (part.key == "label") part.value.text += swept;
      if (part.key == "suite") part.value = value;
    }
    if (!swept.empty() && entry.find("label") == nullptr && suite->kind == Node::Kind::map &&
        suite->entries.size() == 1) {
      Node label = *suite;
      label.kind = Node::Kind::scalar;
      label.entries.clear();
      label.text = suite->entries[0].key + swept;
      own.entries.push_back({"label", suite->mark, std::move(label)});
    }
    entries.push_back(std::move(own));
  }
  return entries;
}

}  // namespace loom
