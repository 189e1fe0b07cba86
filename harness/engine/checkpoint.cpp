// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/checkpoint.h"

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"

namespace loom {
namespace checkpoint_detail {

constexpr size_t kDigest = 64;  // hexadecimal digits of SHA-256, before the safetensors bytes

}  // namespace checkpoint_detail

using namespace checkpoint_detail;

Checkpoint::Checkpoint(std::filesystem::path file, double every_s)
    : file_(std::move(file)), every_(every_s), last_(std::chrono::steady_clock::now()) {}

bool Checkpoint::due() const { return std::chrono::steady_clock::now() - last_ >= every_; }

void Checkpoint::save(const Arrays& state) {
  make_folders(file_.parent_path());
  const std::string bytes = encode_safetensors(state);
  write_file_atomic(file_, sha256(bytes) + bytes);
  last_ = std::chrono::steady_clock::now();
}

std::optional<Arrays> Checkpoint::load() const {
  std::error_code none;
  if (!std::filesystem::exists(file_, none)) return std::nullopt;
  const std::string text = read_file(file_);
  if (text.size() < kDigest) return std::nullopt;
  const std::string bytes = text.substr(kDigest);
  if (sha256(bytes) != text.substr(0, kDigest)) return std::nullopt;
  return decode_safetensors(bytes, file_.string());
}

void Checkpoint::remove() const {
  std::error_code none;
  std::filesystem::remove(file_, none);
}

}  // namespace loom
