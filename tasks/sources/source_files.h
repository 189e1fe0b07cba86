// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tasks/sources/suite_file.h"

namespace loom::sources {

// The files of one domain, or all files when the domain is a column or a view.
struct SourceSet {
  std::string domain;                              // a subfolder or a file's stem; else empty
  std::vector<std::filesystem::path> train, test;  // no given split: all in train
};

// What suite.yaml names, or by kind *.csv, *.txt, *.safetensors; images without CSV: the names of MNIST's files
// (train-images*, train-labels*, and t10k-* or test-*). With `domain: folder` names are looked up in every subfolder.
// InputError when a file is missing or there is none.
std::vector<SourceSet> find_sources(const SuiteFile& suite);

bool split_given(const std::vector<SourceSet>& sets);
bool domain_is_column(const SuiteFile& suite);

}  // namespace loom::sources
