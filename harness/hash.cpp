// SPDX-License-Identifier: Apache-2.0
#include "harness/hash.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "harness/error.h"

namespace loom {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  bool ended = false;
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  check(state_->context && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "SHA-256 does not start");
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  check(!state_->ended, "SHA-256 is already ended");
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "SHA-256 update failed");
}

std::string Sha256::hex() {
  check(!state_->ended, "SHA-256 is already ended");
  state_->ended = true;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size_bytes = 0;
  check(EVP_DigestFinal_ex(state_->context, digest.data(), &size_bytes) == 1, "SHA-256 does not end");
  std::string text;
  for (unsigned i = 0; i < size_bytes; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

namespace hash_detail {
namespace {

// A file descriptor closed on every way out.
struct Input {
  int descriptor;
  explicit Input(const std::filesystem::path& file)  // O_NONBLOCK: opening a FIFO must not hang
      : descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
  throw EnvironmentError("cannot read " + file.string() + ": " + why + "; check the path and its permissions");
}

}  // namespace
}  // namespace hash_detail

std::string sha256_file(const std::filesystem::path& file) {
  using namespace hash_detail;
  const Input input(file);
  struct stat status {};
  if (input.descriptor < 0 || ::fstat(input.descriptor, &status) != 0) {
    refuse(file, std::generic_category().message(errno));
  }
  if (!S_ISREG(status.st_mode)) refuse(file, "not a regular file");
  Sha256 digest;
  std::vector<char> buffer(1 << 18);
  while (true) {
    const ssize_t got = ::read(input.descriptor, buffer.data(), buffer.size());
    if (got == 0) return digest.hex();
    if (got > 0) digest.update({buffer.data(), static_cast<size_t>(got)});
    if (got < 0 && errno != EINTR) refuse(file, std::generic_category().message(errno));
  }
}

uint64_t fnv1a(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

uint64_t byte_key(std::string_view bytes) {
  const uint64_t hash = fnv1a(bytes);
  return hash ^ (hash >> 29);
}

}  // namespace loom
