// SPDX-License-Identifier: Apache-2.0
#include "harness/file_field.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"

namespace loom {
namespace file_field_detail {
namespace {

namespace fs = std::filesystem;

std::string nearest_file(const fs::path& file) {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  const std::string near = nearest(file.filename().string(), names);
  return near.empty() ? "" : "did you mean '" + near + "'?";
}

// Paths of files written on the command line or in a lock start where loom does.
fs::path written_path(const Node& node) {
  const fs::path text = node.text;
  const bool here = node.mark.file.starts_with("command line");
  return (here ? text : fs::path(node.mark.file).parent_path() / text).lexically_normal();
}

const Node* text_of(const Node& map, std::string_view key) {
  const Node* found = map.find(key);
  return found != nullptr && found->kind == Node::Kind::scalar && !found->text.empty() ? found : nullptr;
}

}  // namespace
}  // namespace file_field_detail

Json resolve_file(const Scope& scope, const Field& field, const Node& node, const Place& place) {
  using namespace file_field_detail;
  const bool nullable = field.fallback.is_null() && !field.required;
  if (node.kind == Node::Kind::null && nullable) return nullptr;
  const auto refuse = [&](const Mark& mark, const std::string& why, const std::string& hint) -> Json {
    scope.diagnostics.error(mark, place.path + ": " + why, hint, field.doc + "   (loom show " + place.show + ")");
    return nullptr;
  };
  const bool locked = node.kind == Node::Kind::map && node.entries.size() == 2;
  const Node* path = locked ? text_of(node, "path") : node.kind == Node::Kind::scalar ? &node : nullptr;
  const Node* digest = locked ? text_of(node, "sha256") : nullptr;
  if (path == nullptr || path->text.empty() || (locked && digest == nullptr))
    return refuse(node.mark, "expected a file, got " + description(node), "");
  const fs::path file = locked ? fs::path(path->text) : written_path(node);
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    return refuse(path->mark, "'" + file.string() + "' is no file", nearest_file(file));
  std::string found;
  try {
    found = sha256(read_file(file));
  } catch (const EnvironmentError& unreadable) {
    return refuse(path->mark, "'" + file.string() + "' cannot be read: " + unreadable.what(), "");
  }
  if (digest != nullptr && digest->text != found)
    return refuse(digest->mark, "'" + file.string() + "' has other bytes now, SHA-256 " + found,
                  "run the config itself to take them");
  return {{"path", file.string()}, {"sha256", found}};
}

Json without_paths(Json value) {
  if (!value.is_structured()) return value;
  if (value.is_object() && value.size() == 2 && value.contains("path") && value.contains("sha256"))
    return {{"sha256", value.at("sha256")}};
  for (auto& part : value) part = without_paths(std::move(part));
  return value;
}

}  // namespace loom
