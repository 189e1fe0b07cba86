// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/bytes.h"

#include <memory>

#include "harness/io.h"
#include "tasks/sources/windows.h"

namespace loom::sources {
namespace bytes_detail {
namespace {

TokenRow open_bytes(const std::filesystem::path& file) {
  const auto bytes = std::make_shared<const std::string>(read_file(file));
  return {static_cast<int64_t>(bytes->size()), [bytes](Items& items, int64_t begin) {
            const auto from = bytes->begin() + begin;
            items.bytes.insert(items.bytes.end(), from, from + items.input_dim);
          }};
}

}  // namespace
}  // namespace bytes_detail

Sides read_bytes(const SuiteFile& suite, const std::vector<SourceSet>& sets) {
  WindowCutter cutter(suite, split_given(sets), "bytes");
  for (const auto& set : sets) cutter.cut_domain(set, bytes_detail::open_bytes);
  return cutter.take();
}

}  // namespace loom::sources
