// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/where_files.h"

#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/suite_map.h"

namespace loom {
namespace where_files_detail {
namespace {

bool is_there(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored);
}

// The entries of `list`, each read by `read`.
template <class Entry>
std::vector<Entry> stored(const std::filesystem::path& file, const char* list, const char* writer,
                          Entry (*read)(const Json&)) {
  std::vector<Entry> entries;
  try {
    const Json document = parse_json(read_file(file), file.string());
    for (const Json& entry : document.at(list)) entries.push_back(read(entry));
  } catch (const Json::exception& error) {
    throw InputError(file.string() + " is not what loom where " + writer + " writes: " + error.what());
  }
  return entries;
}

template <class Entry>
void store(const std::filesystem::path& file, const char* list, const std::vector<Entry>& entries) {
  Json all = Json::array();
  for (const Entry& entry : entries) all.push_back(to_json(entry));
  write_file_atomic(file, Json({{"format", 1}, {list, all}}).dump(1) + "\n");
}

}  // namespace
}  // namespace where_files_detail

using namespace where_files_detail;

std::vector<PredictorCell> WhereFiles::cells() const {
  if (!is_there(cells_file()))
    throw EnvironmentError(cells_file().string() +
                           " is not there: it holds the suites that yours is placed among   (loom where --fit "
                           "reference/NAME... makes it from results)");
  return stored(cells_file(), "cells", "--fit", predictor_cell_from_json);
}

std::vector<BoundaryCurve> WhereFiles::curves() const {
  if (!is_there(curves_file())) return {};
  return stored(curves_file(), "curves", "--boundaries", boundary_curve_from_json);
}

void WhereFiles::write_cells(const std::vector<PredictorCell>& cells) const {
  store(cells_file(), "cells", cells);
  draw_map(cells, curves());
}

void WhereFiles::write_curves(const std::vector<BoundaryCurve>& curves) const {
  store(curves_file(), "curves", curves);
  if (is_there(cells_file())) draw_map(cells(), curves);
}

void WhereFiles::draw_map(const std::vector<PredictorCell>& cells, const std::vector<BoundaryCurve>& curves) const {
  write_file_atomic(folder_ / "map.svg", maps_svg(suite_maps(cells, curves)));
}

}  // namespace loom
