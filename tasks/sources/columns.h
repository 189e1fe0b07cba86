// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tasks/sources/csv.h"
#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// What the columns of a CSV file are for.
struct Columns {
  bool header = false;             // the first line names them: one of its cells is no number
  std::vector<std::string> names;  // without a header "column 1", ...
  size_t label = 0;
  std::optional<size_t> domain, group;
  std::vector<size_t> inputs;  // all others
};

// InputError: a column that suite.yaml names is not there (with the nearest name), or a name occurs twice.
Columns read_columns(const std::filesystem::path& file, const CsvRow& first, const SuiteFile& suite);

// Label, domain and group of a row of the last of `rows.files`.
Row read_row(const CsvRow& cells, const Columns& columns, const SourceSet& set, const Rows& rows, Side side);

// The parts of a side's files, train first: what a reader of CSV or features walks through.
void for_each_file(const std::vector<SourceSet>& sets, Rows& rows,
                   const std::function<void(const std::filesystem::path&, const SourceSet&, Side)>& visit);

}  // namespace loom::sources
