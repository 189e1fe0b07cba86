// SPDX-License-Identifier: Apache-2.0
#include "harness/imported/outcome_files.h"

#include <algorithm>

#include "harness/error.h"
#include "harness/io.h"

namespace loom::imported {
namespace outcome_files_detail {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kFileMax_bytes = uintmax_t{2} << 30;
constexpr size_t kFilesMax = 100'000;
constexpr const char* kKinds = "*.jsonl, *.safetensors and LLMRouterBench's *.json are read";

bool readable_kind(const fs::path& file) {
  const std::string kind = file.extension().string();
  return kind == ".jsonl" || kind == ".json" || kind == ".safetensors";
}

std::vector<fs::path> files_of(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(path.string() + ": there is no such file or folder of outcomes");
  if (!fs::is_directory(path, error)) {
    if (!readable_kind(path)) throw InputError(path.string() + ": not a file of outcomes; " + kKinds);
    return {path};
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (!entry.is_regular_file() || !readable_kind(entry.path())) continue;
    files.push_back(entry.path());
    if (files.size() > kFilesMax)
      throw InputError(path.string() + ": more than " + std::to_string(kFilesMax) + " files");
  }
  if (error) throw EnvironmentError(path.string() + ": cannot be listed: " + error.message());
  if (files.empty()) throw InputError(path.string() + ": there are no outcomes in it; " + kKinds);
  std::ranges::sort(files);
  return files;
}

std::string bytes_of(const fs::path& file) {
  std::error_code error;
  const uintmax_t size = fs::file_size(file, error);
  if (!error && size > kFileMax_bytes) throw InputError(file.string() + ": larger than 2 GiB; split it");
  return read_file(file);
}

// LLMRouterBench keeps the runs that were repeated: the latest of a dataset, split and model counts, demos do not.
std::vector<fs::path> latest_runs(const std::vector<fs::path>& files) {
  std::map<std::tuple<std::string, std::string, std::string>, BenchRun> latest;
  for (const fs::path& file : files) {
    BenchRun run = bench_run(file, bytes_of(file));
    if (run.demo) continue;
    const auto [found, fresh] = latest.try_emplace({run.dataset, run.split, run.model}, run);
    if (fresh) continue;
    if (run.time == found->second.time)
      throw InputError(file.string() + ": a second run of model '" + run.model + "' on '" + run.dataset + "' beside " +
                       found->second.file.string() + ", and their names do not say which is later");
    if (run.time > found->second.time) found->second = run;
  }
  std::vector<fs::path> out;
  for (const auto& [key, run] : latest) out.push_back(run.file);
  return out;
}

}  // namespace
}  // namespace outcome_files_detail

OutcomeTable read_outcomes(const std::filesystem::path& path) {
  using namespace outcome_files_detail;
  OutcomeBuilder builder;
  std::vector<fs::path> runs;
  for (const fs::path& file : files_of(path)) {
    if (file.extension() == ".json") {
      runs.push_back(file);
    } else if (file.extension() == ".jsonl") {
      read_jsonl(file, bytes_of(file), builder);
    } else {
      read_tensors(file, bytes_of(file), builder);
    }
  }
  for (const fs::path& file : latest_runs(runs)) read_bench_run(file, bytes_of(file), builder);
  return builder.finish(path.string());
}

}  // namespace loom::imported
