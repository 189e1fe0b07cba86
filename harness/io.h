// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace loom {

// Every byte loom writes goes through these, so that one counter can inject a fault at the n-th call in tests.
struct IoFault {
  int fail_at = 0;   // 1-based call number; 0 = never
  int error = 0;     // errno to report; 0: the write is short, one byte long
  bool once = true;  // false: every call from fail_at on fails
};
void inject_fault(const IoFault& fault);  // tests only; also resets the call counter
int io_calls();                           // calls since inject_fault

std::string read_file(const std::filesystem::path& file);  // EnvironmentError when unreadable
void make_folders(const std::filesystem::path& folder);    // EnvironmentError when impossible

// Whole-file replacement: temporary in the same folder, write, fsync, rename, fsync of the folder.
void write_file_atomic(const std::filesystem::path& file, std::string_view bytes);
// One O_APPEND write per line, so that lines of several processes never mix.
void append_line(const std::filesystem::path& file, std::string_view line);

// An artefact is a folder: files under a temporary name, fsync, manifest.json (sizes, sha256) last, rename.
// When the folder already exists with a valid manifest the new one is dropped (content-addressed: it is equal).
void commit_artefact(const std::filesystem::path& folder, const std::map<std::string, std::string>& files);
bool artefact_complete(const std::filesystem::path& folder);  // a manifest is there
// Checks size and sha256 against the manifest before returning the bytes. InputError when it does not match.
std::string read_artefact(const std::filesystem::path& folder, std::string_view file);
// Removes temporary leftovers of dead processes below `root`.
void collect_garbage(const std::filesystem::path& root);

// Whether `name` is a plain name: [A-Za-z0-9][A-Za-z0-9._+-]{0,127}, without "..".
bool safe_name(std::string_view name);

}  // namespace loom
