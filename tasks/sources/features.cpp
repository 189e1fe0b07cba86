// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/features.h"

#include <cmath>

#include "harness/io.h"
#include "harness/safetensors.h"
#include "tasks/sources/columns.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/yaml_fields.h"

namespace loom::sources {
namespace features_detail {
namespace {

class FeatureReader {
 public:
  FeatureReader(const SuiteFile& suite, Rows& rows) : suite_(suite), rows_(rows) {}

  void read(const std::filesystem::path& file, const SourceSet& set, Side side) {
    file_ = file;
    const Arrays arrays = decode_safetensors(read_file(file), file.string());
    const Array& features = tensor(arrays, "features");
    if (features.type != DType::f32 && features.type != DType::f16)
      refuse(file, 0, "tensor 'features' is to hold F32 or F16");
    if (features.shape.size() != 2 || features.count() == 0)
      refuse(file, 0, "tensor 'features' is to be [items, width], not empty");
    if (rows_.width == 0) rows_.width = features.shape[1];
    if (features.shape[1] != rows_.width)
      refuse(file, 0,
             "features are " + std::to_string(features.shape[1]) + " wide here, and " + std::to_string(rows_.width) +
                 " in " + rows_.files.front().string());
    const int64_t items = features.shape[0];
    const auto label = integers(arrays, suite_.label, items);
    const auto domain = domain_is_column(suite_) ? integers(arrays, suite_.domain, items) : std::vector<int32_t>();
    const bool grouped = !suite_.group.empty() || arrays.contains("group");
    const auto group =
        grouped ? integers(arrays, suite_.group.empty() ? "group" : suite_.group, items) : std::vector<int32_t>();
    const auto values = as_f32(features);
    for (int64_t i = 0; i < items; ++i) {
      const auto at = static_cast<size_t>(i);
      const auto width = static_cast<size_t>(rows_.width);
      Row row{std::ssize(rows_.files) - 1, i, std::to_string(label[at]), set.domain, "", side};
      if (!domain.empty()) row.domain = std::to_string(domain[at]);
      row.group = grouped ? std::to_string(group[at]) : content_of(features, at, width, row.label);
      check_finite(row, std::span(values).subspan(at * width, width));
      rows_.rows.push_back(std::move(row));
    }
    rows_.values.insert(rows_.values.end(), values.begin(), values.end());
  }

 private:
  const Array& tensor(const Arrays& arrays, const std::string& name) const {
    const auto found = arrays.find(name);
    if (found != arrays.end()) return found->second;
    Words names;
    for (const auto& [key, array] : arrays) names.push_back(key);
    const std::string hint = did_you_mean(name, names);
    refuse(file_, 0,
           "there is no tensor " + in_quotes(name) + "; " + (hint.empty() ? "" : hint + " ") +
               "tensors: " + joined(names) + (name == suite_.domain ? "; or set domain to 'folder' or 'file'" : ""));
  }

  std::vector<int32_t> integers(const Arrays& arrays, const std::string& name, int64_t items) const {
    const Array& array = tensor(arrays, name);
    if (array.type == DType::f32 || array.type == DType::f16 || array.type == DType::f64)
      refuse(file_, 0, "tensor " + in_quotes(name) + " is to hold integers");
    if (array.shape != std::vector{items})
      refuse(
          file_, 0,
          "tensor " + in_quotes(name) + " is to hold " + std::to_string(items) + " numbers, one per row of 'features'");
    return as_i32(array);
  }

  static std::string content_of(const Array& features, size_t item, size_t width, const std::string& label) {
    const size_t size = width * static_cast<size_t>(size_bytes(features.type));
    return content_group(features.bytes.substr(item * size, size) + label);
  }

  void check_finite(const Row& row, std::span<const float> values) const {
    for (size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i])) rows_.refuse_row(row, "feature " + std::to_string(i) + " is not finite");
  }

  const SuiteFile& suite_;
  Rows& rows_;
  std::filesystem::path file_;
};

}  // namespace
}  // namespace features_detail

Rows read_features(const SuiteFile& suite, const std::vector<SourceSet>& sets) {
  Rows rows;
  rows.by_line = false;
  features_detail::FeatureReader reader(suite, rows);
  for_each_file(sets, rows, [&](const auto& file, const SourceSet& set, Side side) { reader.read(file, set, side); });
  settle_sides(rows, suite, split_given(sets));
  return rows;
}

}  // namespace loom::sources
