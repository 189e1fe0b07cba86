// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "harness/imported/outcome_table.h"

namespace loom::imported {

// A file or a folder of *.jsonl, *.safetensors and LLMRouterBench's *.json; docs/imported.md shows each. Files that can
// hold code are never read. InputError names file and line.
OutcomeTable read_outcomes(const std::filesystem::path& path);

// The readers, one for each kind. `bytes` is the whole file.
void read_jsonl(const std::filesystem::path& file, const std::string& bytes, OutcomeBuilder& builder);
void read_tensors(const std::filesystem::path& file, const std::string& bytes, OutcomeBuilder& builder);

// One run of one model over one dataset, as LLMRouterBench stores it (Li et al. 2026, arXiv 2601.07206).
struct BenchRun {
  std::filesystem::path file;
  std::string dataset, split, model, time;  // time: of the file's name, YYYYMMDD_HHMMSS; may be empty
  bool demo = false;
};
BenchRun bench_run(const std::filesystem::path& file, const std::string& bytes);  // without its records
void read_bench_run(const std::filesystem::path& file, const std::string& bytes, OutcomeBuilder& builder);

}  // namespace loom::imported
