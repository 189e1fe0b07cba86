// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/suite_folder.h"

#include "harness/io.h"
#include "tasks/sources/bytes.h"
#include "tasks/sources/features.h"
#include "tasks/sources/images.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/source_files.h"
#include "tasks/sources/suite_file.h"
#include "tasks/sources/table.h"
#include "tasks/sources/tokens.h"

namespace loom::sources {
namespace suite_folder_detail {
namespace {

// "data/", "." and ".." have a name too: that of the folder they mean.
std::string folder_name(const std::filesystem::path& folder) {
  std::error_code error;
  auto path = std::filesystem::weakly_canonical(folder, error);
  if (error) path = folder.lexically_normal();
  std::string name = path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
  if (!safe_name(name))
    refuse(folder, 0, "the folder's name is the suite's: rename it to letters, digits and . _ + - (128 at most)");
  return name;
}

Sides read_image_sides(SuiteFile& suite, const std::vector<SourceSet>& sets) {
  Sides sides = to_items(read_images(suite, sets), suite);
  if (suite.views.empty()) return sides;
  for (const auto& view : suite.views)
    for (const auto& transform : view.transforms)
      if (transform.kind == Transform::Kind::rotate90 && suite.shape[0] != suite.shape[1])
        refuse(suite.file, suite.line_of("views"), "only square images are rotated; 'shape' says how they lie");
  sides.domains.clear();
  for (const auto& view : suite.views) sides.domains.push_back(view.name);
  sides.train_side = expand_views(sides.train_side, suite.views, suite.shape);
  sides.test = expand_views(sides.test, suite.views, suite.shape);
  return sides;
}

// `vocabulary`: of tokens that are ids, else left as it is.
Sides read_sides(SuiteFile& suite, int64_t& vocabulary) {
  const auto sets = find_sources(suite);
  if (suite.kind == SuiteKind::table) return to_items(read_table(suite, sets), suite);
  if (suite.kind == SuiteKind::features) return to_items(read_features(suite, sets), suite);
  if (suite.kind == SuiteKind::tokens) return read_tokens(suite, sets, vocabulary);
  return suite.kind == SuiteKind::bytes ? read_bytes(suite, sets) : read_image_sides(suite, sets);
}

}  // namespace
}  // namespace suite_folder_detail

Suite read_suite_folder(const std::filesystem::path& folder) {
  SuiteFile suite = read_suite_file(folder);
  Suite::Description description;
  description.name = suite_folder_detail::folder_name(folder);
  Sides sides = suite_folder_detail::read_sides(suite, description.vocabulary);
  description.metric = suite.metric;
  description.licence = suite.licence;
  description.source = suite.source;
  description.summary = suite.summary;
  description.domains = std::move(sides.domains);
  description.shares = suite.shares;
  // Colours lie last in a folder's pixels, and an image has its channels first.
  if (suite.kind == SuiteKind::image && (suite.shape.size() == 2 || suite.shape.back() == 1))
    description.image = {1, suite.shape[0], suite.shape[1]};
  return Suite(std::move(description), std::move(sides.train_side), std::move(sides.test));
}

}  // namespace loom::sources
