// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/tokens.h"

#include <limits>
#include <memory>
#include <span>

#include "harness/io.h"
#include "harness/safetensors.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/windows.h"
#include "tasks/sources/yaml_fields.h"

namespace loom::sources {
namespace tokens_detail {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kVocabularyMax = 65536;  // what U16 can say

class TokenFiles {
 public:
  TokenRow open(const fs::path& file) {
    const Arrays arrays = decode_safetensors(read_file(file), file.string());
    for (const auto& [name, array] : arrays)
      if (name != "ids" && name != "bytes")
        refuse(file, 0, "has a tensor " + in_quotes(name) + "; a file of ids holds 'ids' and 'bytes'");
    take_table(file, tensor(file, arrays, "bytes"));
    const Array& array = tensor(file, arrays, "ids");
    if (array.type != DType::u16) refuse(file, 0, "tensor 'ids' is to be U16");
    const auto ids = std::make_shared<const std::vector<int32_t>>(as_i32(array));
    check_ids(file, *ids);
    return {std::ssize(*ids), [this, file, ids](Items& items, int64_t begin) {
              const auto from = ids->begin() + begin;
              items.ids.insert(items.ids.end(), from, from + items.input_dim);
              items.item_bytes.push_back(bytes_of(file, begin, {from, from + items.input_dim}));
            }};
  }
  int64_t vocabulary() const { return std::ssize(table_); }

 private:
  static const Array& tensor(const fs::path& file, const Arrays& arrays, const std::string& name) {
    const auto found = arrays.find(name);
    if (found == arrays.end()) refuse(file, 0, "there is no tensor " + in_quotes(name));
    if (found->second.shape.size() != 1) refuse(file, 0, "tensor " + in_quotes(name) + " is to have one axis");
    return found->second;
  }

  void take_table(const fs::path& file, const Array& array) {
    if (array.type != DType::u8 && array.type != DType::u16) refuse(file, 0, "tensor 'bytes' is to be U8 or U16");
    if (array.count() < 2 || array.count() > kVocabularyMax)
      refuse(file, 0,
             "tensor 'bytes' has " + std::to_string(array.count()) + " ids; a vocabulary has 2 to " +
                 std::to_string(kVocabularyMax));
    std::vector<int32_t> table = as_i32(array);
    if (!table_.empty() && table != table_)
      refuse(file, 0, "tensor 'bytes' is not that of " + first_.string() + "; one suite has one vocabulary");
    table_ = std::move(table);
    if (first_.empty()) first_ = file;
  }

  void check_ids(const fs::path& file, const std::vector<int32_t>& ids) const {
    for (size_t i = 0; i < ids.size(); ++i)
      if (ids[i] >= vocabulary())
        refuse(file, 0,
               "id " + std::to_string(ids[i]) + " at place " + std::to_string(i) + " is none of the " +
                   std::to_string(vocabulary()) + " in 'bytes'");
  }

  int32_t bytes_of(const fs::path& file, int64_t begin, std::span<const int32_t> window) const {
    int64_t bytes = 0;
    for (const int32_t id : window) bytes += table_[static_cast<size_t>(id)];
    if (bytes < 1 || bytes > std::numeric_limits<int32_t>::max())
      refuse(file, 0,
             "the window of " + std::to_string(window.size()) + " ids from place " + std::to_string(begin) +
                 " stands for " + std::to_string(bytes) + " bytes");
    return static_cast<int32_t>(bytes);
  }

  std::vector<int32_t> table_;  // bytes of each id
  fs::path first_;
};

}  // namespace
}  // namespace tokens_detail

Sides read_tokens(const SuiteFile& suite, const std::vector<SourceSet>& sets, int64_t& vocabulary) {
  tokens_detail::TokenFiles files;
  WindowCutter cutter(suite, split_given(sets), "ids");
  for (const auto& set : sets)
    cutter.cut_domain(set, [&](const std::filesystem::path& file) { return files.open(file); });
  vocabulary = files.vocabulary();
  return cutter.take();
}

}  // namespace loom::sources
