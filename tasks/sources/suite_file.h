// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tasks/sources/image_views.h"

namespace loom::sources {

enum class SuiteKind { table, image, bytes, features, tokens };

// suite.yaml, checked and with every default in place. Reads no data.
struct SuiteFile {
  std::filesystem::path folder, file;
  SuiteKind kind = SuiteKind::table;
  std::string label;   // column, `last` or `first`; features: a tensor, default `label`
  std::string domain;  // column or tensor, `folder` or `file`; empty: the views are the domains
  std::string group;   // column or tensor; empty: equal rows share a group
  std::string metric, licence, source, summary;
  bool split_given = false;                          // files: {train: ..., test: ...}
  std::vector<std::string> train_files, test_files;  // a plain list of files is in train_files; empty: by kind
  std::vector<int64_t> shape;  // image: [height, width] or [height, width, channels]; empty: by data
  double scale = 255;          // image: the pixel value that becomes 1
  std::vector<View> views;
  std::array<double, 4> shares = {0.7, 0.1, 0.1, 0.1};  // of the train side
  double test_share = 0.2;                              // of all, where no test files are given
  int64_t window = 128, block = 1024;                   // bytes; ids of kind tokens
  std::map<std::string, int> lines = {};                // of the keys that are written

  int line_of(const std::string& key) const;  // 0 when the key is left out
};

// InputError with all mistakes, each at file:line:column.
SuiteFile read_suite_file(const std::filesystem::path& folder);

}  // namespace loom::sources
