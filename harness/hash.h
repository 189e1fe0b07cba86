// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace loom {

// Incremental SHA-256 (OpenSSL EVP), so that users can check every digest with sha256sum.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::string_view bytes);
  std::string hex();  // ends the digest

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& file);  // throws EnvironmentError when unreadable

uint64_t fnv1a(std::string_view bytes);     // Fowler, Noll, Vo; 64 bits
uint64_t byte_key(std::string_view bytes);  // fnv1a, its high bits folded into the low ones

}  // namespace loom
