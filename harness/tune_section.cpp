// SPDX-License-Identifier: Apache-2.0
#include "harness/tune_section.h"

namespace loom {
namespace tune_section_detail {
namespace {

constexpr size_t kPointsMax = 10000;
constexpr const char* kHelp = "(loom show tune)";

// The lists that were written; every key of `train` may have one.
Json written_grid(const Scope& scope, const Node* node) {
  Json grid = resolve_section(scope, config_section("grid"), node);
  std::erase_if(grid.get_ref<Json::object_t&>(), [](const auto& entry) { return entry.second.empty(); });
  return grid;
}

size_t point_count(const Json& grid) {
  size_t count = 1;
  for (const auto& [key, values] : grid.items()) count = std::min(count * values.size(), kPointsMax + 1);
  return count;
}

}  // namespace
}  // namespace tune_section_detail

Json resolve_tune(const Scope& scope, const Node* node) {
  using namespace tune_section_detail;
  if (node == nullptr || node->kind == Node::Kind::null) return nullptr;
  Node own = *node;
  std::erase_if(own.entries, [](const Node::Entry& entry) { return entry.key == "grid"; });
  const size_t told = scope.diagnostics.told();
  Json tune = resolve_section(scope, config_section("tune"), &own);
  tune["grid"] = written_grid(scope, node->find("grid"));
  if (scope.diagnostics.told() > told) return tune;
  const Node *grid = node->find("grid"), *trials = node->find("trials");
  const size_t count = point_count(tune.at("grid"));
  const std::string size = std::to_string(count);
  if (count < 2) {
    scope.diagnostics.error(grid != nullptr ? grid->mark : node->mark, "tune: the grid leaves nothing to choose",
                            "write grid: {learning_rate: [1e-3, 2e-3, 4e-3]}", kHelp);
  } else if (count > kPointsMax) {
    scope.diagnostics.error(grid->mark, "tune: the grid has more than " + std::to_string(kPointsMax) + " points",
                            "list fewer values", kHelp);
  } else if (tune.at("trials").is_null()) {
    tune["trials"] = count;
  } else if (tune.at("trials").get<size_t>() > count) {
    scope.diagnostics.error(trials->mark,
                            "tune: " + tune.at("trials").dump() + " trials, but the grid has " + size + " points",
                            "write trials: " + size + " or list more values", kHelp);
  }
  return tune;
}

}  // namespace loom
