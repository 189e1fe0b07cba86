// SPDX-License-Identifier: Apache-2.0
#include "harness/io.h"  // the artefact part of it

#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/json.h"
#include "harness/system_calls.h"
#include "harness/temporary.h"

namespace loom {
namespace artefact {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxManifestBytes = size_t{1} << 20;
constexpr int kMaxRenames = 16;  // each further one means that yet another process came in between
constexpr const char* kManifest = "manifest.json";

std::string manifest_of(const std::map<std::string, std::string>& files) {
  Json list = Json::object();
  for (const auto& [name, bytes] : files) list[name] = {{"size", bytes.size()}, {"sha256", sha256(bytes)}};
  return canonical({{"files", list}, {"format", 1}});
}

// The "files" object of a manifest; InputError when it is anything else than commit_artefact writes.
Json manifest_files(std::string_view text, const std::string& what) {
  const auto require = [&](bool condition) {
    if (!condition) throw InputError(what + ": not a manifest of format 1");
  };
  const Json manifest = parse_json(text, what);
  require(manifest.is_object() && manifest.size() == 2 && manifest.contains("files") && manifest.contains("format"));
  require(manifest["format"] == 1 && manifest["files"].is_object());
  for (const auto& [name, entry] : manifest["files"].items()) {
    require(safe_name(name) && entry.is_object() && entry.size() == 2 && entry.contains("size"));
    require(entry["size"].is_number_unsigned() && entry.contains("sha256") && entry["sha256"].is_string());
  }
  return manifest["files"];
}

// Moves what stands at `folder` out of the way; it may be gone already.
void set_aside(const fs::path& folder) {
  temporary::Temporary aside(folder);
  const int error = system_calls::rename(folder, aside.path());
  if (error != 0 && error != ENOENT) system_calls::refuse("replace", folder, error);
  // Another writer may have finished since we looked: then it has to go back.
  const bool complete = error == 0 && artefact_complete(aside.path());
  if (complete && system_calls::rename(aside.path(), folder) == 0) aside.renamed();
}

// The commit point. rename() replaces an empty folder but never a full one, so of several writers one wins.
void move_into_place(temporary::Temporary& draft, const fs::path& folder) {
  for (int attempt = 0; attempt < kMaxRenames; ++attempt) {
    const int error = system_calls::rename(draft.path(), folder);
    if (error == 0) {
      draft.renamed();
      return system_calls::sync_folder(temporary::folder_of(folder), folder);
    }
    if (error != ENOTEMPTY && error != EEXIST) system_calls::refuse("write", folder, error);
    if (artefact_complete(folder)) return system_calls::sync_folder(temporary::folder_of(folder), folder);
    set_aside(folder);
  }
  system_calls::refuse("write", folder, EBUSY);
}

[[noreturn]] void damaged(const fs::path& folder, const std::string& name, const std::string& why) {
  throw InputError((folder / name).string() + " is damaged: " + why + "; delete " + folder.string() +
                   " and run the command that made it again");
}

}  // namespace
}  // namespace artefact

void commit_artefact(const std::filesystem::path& folder, const std::map<std::string, std::string>& files) {
  if (!safe_name(folder.filename().string())) throw InputError("not a plain folder name: " + folder.string());
  for (const auto& [name, bytes] : files) {
    if (!safe_name(name) || name == artefact::kManifest) {
      throw InputError("not a plain file name for an artefact: " + name);
    }
  }
  if (artefact_complete(folder)) return;
  make_folders(temporary::folder_of(folder));
  temporary::Temporary draft(folder);
  if (const int error = system_calls::make_folder(draft.path()); error != 0) {
    system_calls::refuse("write", folder, error);
  }
  for (const auto& [name, bytes] : files) temporary::write_new_file(draft.path() / name, bytes, folder / name);
  temporary::write_new_file(draft.path() / artefact::kManifest, artefact::manifest_of(files),
                            folder / artefact::kManifest);
  system_calls::sync_folder(draft.path(), folder);
  artefact::move_into_place(draft, folder);
}

bool artefact_complete(const std::filesystem::path& folder) {
  std::string text;
  if (system_calls::read(folder / artefact::kManifest, O_NOFOLLOW, artefact::kMaxManifestBytes, text) != 0) {
    return false;
  }
  try {
    const Json files = artefact::manifest_files(text, artefact::kManifest);
    for (const auto& [name, entry] : files.items()) {
      struct stat status {};
      if (::lstat((folder / name).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
      if (static_cast<uint64_t>(status.st_size) != entry["size"].get<uint64_t>()) return false;
    }
  } catch (const InputError&) {
    return false;
  }
  return true;
}

std::string read_artefact(const std::filesystem::path& folder, std::string_view file) {
  const std::string name(file);
  if (!safe_name(name)) throw InputError("not a plain file name for an artefact: " + name);
  const std::filesystem::path manifest = folder / artefact::kManifest;
  std::string text;
  if (const int error = system_calls::read(manifest, O_NOFOLLOW, artefact::kMaxManifestBytes, text); error != 0) {
    system_calls::refuse("read", manifest, error);
  }
  const Json files = artefact::manifest_files(text, manifest.string());
  if (!files.contains(name)) artefact::damaged(folder, name, "the manifest does not name it");
  const auto size_bytes = files[name]["size"].get<uint64_t>();
  std::string bytes;
  const int error = system_calls::read(folder / name, O_NOFOLLOW, size_bytes, bytes);
  if (error == EACCES || error == EIO) system_calls::refuse("read", folder / name, error);
  if (error != 0 && error != EFBIG) artefact::damaged(folder, name, std::generic_category().message(error));
  if (error == EFBIG || bytes.size() != size_bytes) artefact::damaged(folder, name, "its size is not the manifest's");
  if (sha256(bytes) != files[name]["sha256"]) artefact::damaged(folder, name, "its SHA-256 is not the manifest's");
  return bytes;
}

}  // namespace loom
