// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/images.h"

#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

#include "harness/io.h"
#include "tasks/sources/columns.h"
#include "tasks/sources/idx.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace images_detail {
namespace {

int64_t pixel_count(const std::vector<int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

class ImageReader {
 public:
  explicit ImageReader(SuiteFile& suite) : suite_(suite) {}

  void read(const std::vector<std::filesystem::path>& files, const SourceSet& set, Side side) {
    for (size_t i = 0; i < files.size(); ++i) {
      const std::string bytes = read_file(files[i]);
      if (!looks_like_idx(files[i], bytes)) {
        read_csv_images(files[i], bytes, set, side);
        continue;
      }
      if (i + 1 == files.size())
        refuse(files[i], 0, "IDX images come with a file of labels: name both, [images, labels]");
      read_pair(read_idx(files[i], bytes), files[i], files[i + 1], set, side);
      ++i;
    }
  }

  Rows take() { return std::move(rows_); }

 private:
  void start(const std::filesystem::path& file, bool by_line) {
    if (!rows_.files.empty() && rows_.by_line != by_line) refuse(file, 0, "CSV and IDX files do not mix in one suite");
    rows_.files.push_back(file);
    rows_.by_line = by_line;
  }

  void settle_shape(const std::filesystem::path& file, int64_t line, const std::vector<int64_t>& found) {
    if (suite_.shape.empty()) suite_.shape = found;
    rows_.width = pixel_count(suite_.shape);
    if (pixel_count(found) != rows_.width)
      refuse(file, line,
             "an image has " + std::to_string(pixel_count(found)) + " pixels here; shape " + shape_text(suite_.shape) +
                 " needs " + std::to_string(rows_.width));
  }

  // Pixels without a shape: a square if they can be one, else a line.
  static std::vector<int64_t> likely_shape(size_t pixels) {
    const auto count = static_cast<int64_t>(pixels);
    const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(count))));
    if (side * side == count) return {side, side};
    return {1, count};
  }

  void add_pixel(const Row& row, size_t number, double value) {
    if (value < 0 || value > suite_.scale || !std::isfinite(value)) {
      char text[96];
      std::snprintf(text, sizeof text, "pixel %zu is %.9g; pixels are from 0 to the scale, %.9g", number, value,
                    suite_.scale);
      rows_.refuse_row(row, text);
    }
    rows_.values.push_back(static_cast<float>(value / suite_.scale));
  }

  void read_csv_images(const std::filesystem::path& file, std::string_view text, const SourceSet& set, Side side) {
    start(file, true);
    std::optional<Columns> columns;
    read_csv(file, text, [&](const CsvRow& cells) {
      if (!columns) {
        columns = read_columns(file, cells, suite_);
        settle_shape(
            file, cells.line,
            suite_.shape.empty() ? likely_shape(columns->inputs.size()) : std::vector{std::ssize(columns->inputs)});
        if (columns->header) return;
      }
      rows_.rows.push_back(read_row(cells, *columns, set, rows_, side));
      for (size_t i = 0; i < columns->inputs.size(); ++i) {
        const std::string_view cell = cells.cells[columns->inputs[i]];
        const auto value = as_number(cell);
        if (!value)
          refuse(file, cells.line, "pixel " + std::to_string(i) + " is " + in_quotes(cell) + ", not a number");
        add_pixel(rows_.rows.back(), i, *value);
      }
    });
  }

  void read_pair(const Idx& images, const std::filesystem::path& file, const std::filesystem::path& label_file,
                 const SourceSet& set, Side side) {
    if (images.shape.size() < 3)
      refuse(file, 0,
             "images have 3 dimensions (count, height, width) or 4; here are " + std::to_string(images.shape.size()));
    const Idx labels = read_idx(label_file, read_file(label_file));
    if (labels.shape != std::vector{images.shape[0]})
      refuse(label_file, 0,
             "its shape is " + shape_text(labels.shape) + "; " + std::to_string(images.shape[0]) +
                 " labels are needed for " + file.string());
    if (domain_is_column(suite_) || !suite_.group.empty())
      refuse(suite_.file, suite_.line_of(suite_.group.empty() ? "domain" : "group"), "IDX files have no columns");
    start(file, false);
    settle_shape(file, 0, {images.shape.begin() + 1, images.shape.end()});
    for (int64_t i = 0; i < images.shape[0]; ++i) {
      const auto image =
          std::string_view(images.bytes).substr(static_cast<size_t>(i * rows_.width), static_cast<size_t>(rows_.width));
      const auto label = labels.bytes.substr(static_cast<size_t>(i), 1);
      rows_.rows.push_back({std::ssize(rows_.files) - 1, i, std::to_string(static_cast<unsigned char>(label[0])),
                            set.domain, content_group(std::string(image) + label), side});
      for (size_t p = 0; p < image.size(); ++p) add_pixel(rows_.rows.back(), p, static_cast<unsigned char>(image[p]));
    }
  }

  SuiteFile& suite_;
  Rows rows_;
};

}  // namespace
}  // namespace images_detail

Rows read_images(SuiteFile& suite, const std::vector<SourceSet>& sets) {
  images_detail::ImageReader reader(suite);
  for (const auto& set : sets) reader.read(set.train, set, Side::train);
  for (const auto& set : sets) reader.read(set.test, set, Side::test);
  Rows rows = reader.take();
  settle_sides(rows, suite, split_given(sets));
  return rows;
}

}  // namespace loom::sources
