// SPDX-License-Identifier: Apache-2.0
#include "harness/compose.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "harness/error.h"
#include "harness/facts.h"
#include "harness/io.h"
#include "harness/resolve.h"
#include "harness/utf8.h"

namespace loom {
namespace compose_detail {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDefaultsDepthMax = 8;
constexpr size_t kFilesMax = 64;
constexpr uintmax_t kFileMax_bytes = uintmax_t{1} << 20;

std::vector<std::string> configs_beside(const fs::path& file) {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".yaml") names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string nearest_config(const fs::path& file) {
  const std::string name = nearest(file.filename().string(), configs_beside(file));
  return name.empty() ? "" : "did you mean '" + (file.parent_path() / name).string() + "'?";
}

class Composer {
 public:
  explicit Composer(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  Node load(const fs::path& file, const std::string& text) {
    Node own = parse_yaml(file.string(), text, diagnostics_);
    if (!diagnostics_.empty()) return own;
    if (own.kind != Node::Kind::map) {
      diagnostics_.error(own.kind == Node::Kind::null ? Mark{file.string()} : own.mark,
                         "expected a map of settings, got " + description(own), "",
                         "keys here: " + joined(field_names(config_section("").fields)) + "   (loom show config)");
      return own;
    }
    stack_.push_back(canonical_path(file));
    Node merged;
    merged.kind = Node::Kind::map;
    merged.mark = own.mark;
    for (const Node& item : take_defaults(own)) merge_into(merged, load_default(file, item));
    stack_.pop_back();
    merge_into(merged, std::move(own));
    return merged;
  }

 private:
  static fs::path canonical_path(const fs::path& file) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(file, error);
    return error ? file : path;
  }

  std::vector<Node> take_defaults(Node& own) {
    const auto at = std::find_if(own.entries.begin(), own.entries.end(),
                                 [](const Node::Entry& entry) { return entry.key == "defaults"; });
    if (at == own.entries.end()) return {};
    Node list = std::move(at->value);
    own.entries.erase(at);
    if (list.kind == Node::Kind::list) return std::move(list.items);
    diagnostics_.error(list.mark, "defaults: expected a list of files, got " + description(list), "write [FILE]",
                       "(loom show defaults)");
    return {};
  }

  Node load_default(const fs::path& from, const Node& item) {
    Node nothing;
    nothing.kind = Node::Kind::map;
    const auto refuse = [&](std::string message, std::string hint = "") {
      diagnostics_.error(item.mark, "defaults: " + std::move(message), std::move(hint), "(loom show defaults)");
      return nothing;
    };
    if (item.kind != Node::Kind::scalar || item.text.empty()) {
      return refuse("expected a file, got " + description(item));
    }
    if (fs::path(item.text).is_absolute()) return refuse("'" + item.text + "' is not relative to this file");
    const fs::path file = (from.parent_path() / item.text).lexically_normal();
    const fs::path path = canonical_path(file);
    if (std::find(stack_.begin(), stack_.end(), path) != stack_.end()) {
      return refuse("'" + item.text + "' leads back to itself", "remove it: a file cannot be its own default");
    }
    if (stack_.size() > kDefaultsDepthMax) return refuse("nested deeper than 8 files");
    if (++files_ > kFilesMax) return refuse("more than 64 files in all");
    const ConfigText reading = read_config(file);
    if (!reading.problem.empty()) return refuse("'" + file.string() + "' " + reading.problem, reading.hint);
    Node loaded = load(file, reading.text);
    return loaded.kind == Node::Kind::map ? loaded : nothing;
  }

  Diagnostics& diagnostics_;
  std::vector<fs::path> stack_;
  size_t files_ = 0;
};

}  // namespace
}  // namespace compose_detail

// A pipe or a device would block or never end.
ConfigText read_config(const std::filesystem::path& file) {
  using namespace compose_detail;
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) return {"", "does not exist", nearest_config(file)};
  if (fs::is_directory(status)) return {"", "is a folder, not a config", nearest_config(file / ".")};
  if (!fs::is_regular_file(status)) return {"", "is not a regular file", ""};
  const uintmax_t size_bytes = fs::file_size(file, error);
  if (!error && size_bytes > kFileMax_bytes) {
    return {"", "has " + std::to_string(size_bytes) + " bytes; a config may have at most 1048576 (1 MiB)", ""};
  }
  try {
    return {read_file(file), "", ""};
  } catch (const EnvironmentError& unreadable) {
    return {"", std::string("cannot be read: ") + unreadable.what(), ""};
  }
}

void merge_into(Node& base, Node over) {
  if (base.kind != Node::Kind::map || over.kind != Node::Kind::map) {
    base = std::move(over);
    return;
  }
  for (Node::Entry& entry : over.entries) {
    const auto at = std::find_if(base.entries.begin(), base.entries.end(),
                                 [&](const Node::Entry& old) { return old.key == entry.key; });
    if (at == base.entries.end()) {
      base.entries.push_back(std::move(entry));
    } else {
      at->mark = entry.mark;
      merge_into(at->value, std::move(entry.value));
    }
  }
}

Node compose_config(const std::filesystem::path& file, std::span<const std::string> overrides,
                    Diagnostics& diagnostics) {
  using namespace compose_detail;
  const ConfigText reading = read_config(file);
  if (!reading.problem.empty()) {
    throw InputError(printable(file.string()) + " " + printable(reading.problem) +
                     (reading.hint.empty() ? "" : "; " + printable(reading.hint)));
  }
  Node root = Composer(diagnostics).load(file, reading.text);
  if (!diagnostics.empty()) return root;
  for (const std::string& argument : overrides) apply_override(root, argument, diagnostics);
  return root;
}

}  // namespace loom
