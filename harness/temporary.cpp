// SPDX-License-Identifier: Apache-2.0
#include "harness/temporary.h"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>
#include <system_error>
#include <vector>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/system_calls.h"

namespace loom {
namespace temporary {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".tmp-";

std::string random_hex() {
  std::array<unsigned char, 8> bytes{};
  check(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "no random bytes");
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// On a shared folder a pid means something on its own machine only, so temporary names end in a mark of the machine.
std::string machine_mark() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return sha256(name.data()).substr(0, 8);
}

fs::path temporary_for(const fs::path& target) {
  return folder_of(target) / (std::string(kPrefix) + target.filename().string() + "-" + std::to_string(::getpid()) +
                              "-" + random_hex() + "." + machine_mark());
}

// A process that was killed stays a zombie until its parent looks; it writes no more.
bool gone(pid_t pid) {
  if (::kill(pid, 0) != 0) return errno == ESRCH;
  std::string status;
  if (system_calls::read("/proc/" + std::to_string(pid) + "/stat", 0, 4096, status) != 0) return false;
  const size_t state = status.rfind(')');  // the name before it may hold anything
  return state != status.npos && state + 2 < status.size() && status[state + 2] == 'Z';
}

// Whether the process named in .tmp-<name>-<pid>-<random>[.<machine>] ran here and is gone.
bool left_by_dead_process(const std::string& name) {
  if (!name.starts_with(kPrefix)) return false;
  const size_t last = name.rfind('-');
  const size_t before = last == std::string::npos ? last : name.rfind('-', last - 1);
  if (before == std::string::npos || before < kPrefix.size()) return false;
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data() + before + 1, name.data() + last, pid);
  if (error != std::errc() || end != name.data() + last || pid <= 0) return false;
  const size_t dot = name.find('.', last);
  if (dot != std::string::npos && name.substr(dot + 1) != machine_mark()) return false;
  return gone(pid);
}

// Best effort, never throws; twice, so that one passing fault leaves nothing behind.
void remove_tree(const fs::path& path) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::error_code error;
    const bool folder = fs::symlink_status(path, error).type() == fs::file_type::directory;
    if (folder) {
      std::vector<fs::path> inside;
      for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        inside.push_back(it->path());
      }
      for (const fs::path& item : inside) remove_tree(item);
    }
    if (const int failed = system_calls::remove(path, folder); failed == 0 || failed == ENOENT) return;
  }
}

}  // namespace

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

Temporary::Temporary(const fs::path& target) : path_(temporary_for(target)) {}

Temporary::~Temporary() {
  if (!renamed_) remove_tree(path_);
}

void write_new_file(const fs::path& file, std::string_view bytes, const fs::path& shown_as) {
  system_calls::File out(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, shown_as);
  out.write(bytes);
  out.sync();
  out.close();
}

}  // namespace temporary

void collect_garbage(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  std::error_code error, ignored;
  std::vector<fs::path> leftovers;
  fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(temporary::kPrefix)) continue;
    if (it->is_directory(ignored)) it.disable_recursion_pending();  // a live one's inside is its own business
    if (temporary::left_by_dead_process(name)) leftovers.push_back(it->path());
  }
  for (const fs::path& path : leftovers) temporary::remove_tree(path);
}

}  // namespace loom
