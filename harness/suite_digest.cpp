// SPDX-License-Identifier: Apache-2.0
#include "harness/suite_digest.h"

#include <array>
#include <bit>

#include "harness/hash.h"

namespace loom {
namespace suite_digest_detail {
namespace {

void feed_bytes(Sha256& hash, const void* data, size_t size_bytes) {
  const uint64_t length = size_bytes;
  hash.update({reinterpret_cast<const char*>(&length), sizeof(length)});
  hash.update({static_cast<const char*>(data), size_bytes});
}

void feed_items(Sha256& hash, const Items& items) {
  const std::array<int64_t, 3> head = {static_cast<int64_t>(items.kind), items.count, items.input_dim};
  feed_bytes(hash, head.data(), sizeof(head));
  const auto feed = [&](const auto& all) { feed_bytes(hash, all.data(), all.size() * sizeof(all[0])); };
  feed(items.values), feed(items.bytes), feed(items.label), feed(items.domain), feed(items.group);
  if (!items.ids.empty()) feed(items.ids);
  if (!items.scored.empty()) feed(items.scored);
  if (!items.item_bytes.empty()) feed(items.item_bytes);
  if (!items.target.empty()) feed(items.target);
}

void feed_text(Sha256& hash, const std::string& text) { feed_bytes(hash, text.data(), text.size()); }

void feed_shape(Sha256& hash, const Suite::Description& description) {
  if (description.image[0] > 0) feed_bytes(hash, description.image.data(), sizeof(description.image));
  if (description.adapters > 0) feed_text(hash, "adapters");
  if (description.vocabulary > 0) feed_text(hash, std::to_string(description.vocabulary));
}

}  // namespace
}  // namespace suite_digest_detail

using namespace suite_digest_detail;

std::string suite_digest(const Suite::Description& description, const Items& train_side, const Items& test) {
  static_assert(std::endian::native == std::endian::little, "digests are of little-endian bytes");
  Sha256 hash;
  for (const std::string& text :
       {std::string("loom suite 1"), description.name, description.metric, description.licence, description.source,
        description.summary, std::to_string(description.domains.size())})
    feed_text(hash, text);
  for (const auto& domain : description.domains) feed_text(hash, domain);
  feed_bytes(hash, description.shares.data(), sizeof(description.shares));
  feed_shape(hash, description);
  if (description.held_out > 0) feed_text(hash, "held out " + std::to_string(description.held_out));
  feed_items(hash, train_side);
  feed_items(hash, test);
  return hash.hex();
}

std::string train_side_digest(const Suite::Description& description, const Items& train_side) {
  Sha256 hash;
  feed_text(hash, "loom train side 1");
  feed_text(hash, std::to_string(description.domains.size() - static_cast<size_t>(description.held_out)));
  feed_bytes(hash, description.shares.data(), sizeof(description.shares));
  feed_shape(hash, description);
  feed_items(hash, train_side);
  return hash.hex();
}

}  // namespace loom
