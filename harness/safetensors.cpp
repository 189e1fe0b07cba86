// SPDX-License-Identifier: Apache-2.0
#include "harness/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/error.h"
#include "harness/json.h"

namespace loom {
namespace safetensors_detail {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are stored as they lie in memory");

constexpr size_t kPrefixBytes = 8;
constexpr size_t kMaxHeaderBytes = size_t{1} << 20;
constexpr size_t kMaxTensors = 10'000;
constexpr const char* kMetadata = "__metadata__";

struct TypeRow {
  DType type;
  const char* name;
  int64_t size_bytes;
};
constexpr std::array<TypeRow, 7> kTypes = {{{DType::f32, "F32", 4},
                                            {DType::f16, "F16", 2},
                                            {DType::i32, "I32", 4},
                                            {DType::i64, "I64", 8},
                                            {DType::u8, "U8", 1},
                                            {DType::f64, "F64", 8},
                                            {DType::u16, "U16", 2}}};

const TypeRow& row(DType type) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& row) { return row.type == type; });
  check(found != kTypes.end(), "array type without a name");
  return *found;
}

// Product of the shape; nothing when a dimension is negative or the product needs more than 63 bits.
std::optional<int64_t> product(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 0 || (size > 0 && count > std::numeric_limits<int64_t>::max() / size)) return {};
    count *= size;
  }
  return count;
}

void check_consistent(const Array& array, const std::string& name) {
  check(static_cast<size_t>(array.count() * size_bytes(array.type)) == array.bytes.size(),
        "array '" + name + "' has another size than its shape says");
}

// Where one tensor lies, as the header says.
struct Entry {
  std::string name;
  DType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

// Reads the header of one file; every complaint names it.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view what) : what_(what) {}

  [[noreturn]] void refuse(const std::string& why) const {
    throw InputError(what_ + ": not valid safetensors: " + why);
  }

  std::string_view header_text(std::string_view bytes) const {
    if (bytes.size() < kPrefixBytes) refuse("shorter than 8 bytes");
    uint64_t size = 0;
    std::memcpy(&size, bytes.data(), kPrefixBytes);
    if (size > kMaxHeaderBytes) refuse("the header is longer than 1 MiB");
    if (size > bytes.size() - kPrefixBytes) refuse("the file ends inside the header");
    const std::string_view text = bytes.substr(kPrefixBytes, size);
    if (text.empty() || text[0] != '{') refuse("the header does not begin with {");
    return text;
  }

  Entry entry(const std::string& name, const Json& value) const {
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets")) {
      refuse("a tensor needs exactly dtype, shape and data_offsets");
    }
    const auto shape = unsigned_list(value["shape"]);
    const auto offsets = unsigned_list(value["data_offsets"]);
    if (offsets.size() != 2 || offsets[0] > offsets[1]) refuse("data_offsets must be [begin, end]");
    const DType type = type_of(value["dtype"]);
    const auto count = product(shape);
    const auto length = static_cast<uint64_t>(offsets[1] - offsets[0]);
    const auto width = static_cast<uint64_t>(size_bytes(type));
    if (!count || length % width != 0 || length / width != static_cast<uint64_t>(*count)) {
      refuse("the length of a tensor differs from shape x dtype");
    }
    return {name, type, shape, static_cast<uint64_t>(offsets[0]), static_cast<uint64_t>(offsets[1])};
  }

  std::map<std::string, std::string> metadata(const Json& value) const {
    if (!value.is_object()) refuse("__metadata__ is not an object");
    std::map<std::string, std::string> out;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) refuse("__metadata__ holds something that is not text");
      out[key] = text.get<std::string>();
    }
    return out;
  }

 private:
  std::vector<int64_t> unsigned_list(const Json& value) const {
    if (!value.is_array()) refuse("shape or data_offsets is not a list");
    std::vector<int64_t> out;
    for (const Json& item : value) {
      if (!item.is_number_unsigned() || item.get<uint64_t>() > std::numeric_limits<int64_t>::max()) {
        refuse("shape or data_offsets holds something that is not a count");
      }
      out.push_back(item.get<int64_t>());
    }
    return out;
  }

  DType type_of(const Json& name) const {
    for (const TypeRow& row : kTypes) {
      if (name == row.name) return row.type;
    }
    refuse("unknown dtype; known: F32, F16, I32, I64, U8, F64, U16");
  }

  std::string what_;
};

}  // namespace
}  // namespace safetensors_detail

int64_t size_bytes(DType type) { return safetensors_detail::row(type).size_bytes; }

int64_t Array::count() const {
  const auto count = safetensors_detail::product(shape);
  check(count.has_value() && *count <= std::numeric_limits<int64_t>::max() / 8, "array shape out of range");
  return *count;
}

std::string encode_safetensors(const Arrays& arrays, const std::map<std::string, std::string>& metadata) {
  using namespace safetensors_detail;
  check(arrays.size() <= kMaxTensors, "too many arrays for one file");
  // Widest type first, as the Python package does: then every tensor is aligned without gaps.
  std::vector<Arrays::const_iterator> order;
  for (auto it = arrays.begin(); it != arrays.end(); ++it) order.push_back(it);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return size_bytes(a->second.type) > size_bytes(b->second.type);
  });
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  uint64_t end = 0;
  for (const auto& it : order) {
    check(it->first != kMetadata, "an array may not be called __metadata__");
    check_consistent(it->second, it->first);
    const uint64_t begin = std::exchange(end, end + it->second.bytes.size());
    header[it->first] = {
        {"dtype", row(it->second.type).name}, {"shape", it->second.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = canonical(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  check(text.size() <= kMaxHeaderBytes, "the header of the arrays is longer than 1 MiB");
  const uint64_t header_bytes = text.size();
  std::string bytes(kPrefixBytes, '\0');
  std::memcpy(bytes.data(), &header_bytes, kPrefixBytes);
  bytes.reserve(kPrefixBytes + text.size() + end);
  bytes += text;
  for (const auto& it : order) bytes += it->second.bytes;
  return bytes;
}

Arrays decode_safetensors(std::string_view bytes, std::string_view what, std::map<std::string, std::string>* metadata) {
  using namespace safetensors_detail;
  const HeaderReader reader(what);
  const std::string_view text = reader.header_text(bytes);
  const std::string_view data = bytes.substr(kPrefixBytes + text.size());
  const Json header = parse_json(text, what);
  if (header.size() > kMaxTensors + 1) reader.refuse("more than 10,000 tensors");
  std::map<std::string, std::string> found_metadata;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == kMetadata) {
      found_metadata = reader.metadata(value);
    } else {
      entries.push_back(reader.entry(name, value));
    }
  }
  if (entries.size() > kMaxTensors) reader.refuse("more than 10,000 tensors");
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered) reader.refuse("tensors overlap or leave a gap");
    covered = entry.end;
  }
  if (covered != data.size()) reader.refuse("the tensors do not cover the data exactly");
  Arrays arrays;
  for (Entry& entry : entries) {
    arrays[entry.name] = {entry.type, std::move(entry.shape),
                          std::string(data.substr(entry.begin, entry.end - entry.begin))};
  }
  if (metadata) *metadata = std::move(found_metadata);
  return arrays;
}

}  // namespace loom
