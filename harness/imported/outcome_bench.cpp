// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/imported/outcome_files.h"
#include "harness/json.h"

namespace loom::imported {
namespace outcome_bench_detail {
namespace {

constexpr size_t kDigits = 16;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw InputError(file.string() + ": " + what);
}

// The time at the end of DATASET-SPLIT-MODEL-YYYYMMDD_HHMMSS.json, else nothing.
std::string time_of(const std::filesystem::path& file) {
  constexpr std::string_view kForm = "00000000_000000";
  const std::string stem = file.stem().string();
  if (stem.size() < kForm.size()) return "";
  const std::string time = stem.substr(stem.size() - kForm.size());
  for (size_t i = 0; i < kForm.size(); ++i)
    if (kForm[i] == '_' ? time[i] != '_' : time[i] < '0' || time[i] > '9') return "";
  return time;
}

Json parsed(const std::filesystem::path& file, const std::string& bytes) {
  Json run = parse_json(bytes, file.string());
  const bool known = run.is_object() && run.contains("records") && run.at("records").is_array();
  if (!known) refuse(file, "not a run of LLMRouterBench: no list 'records'; other outcomes are written as .jsonl");
  for (const char* key : {"model_name", "dataset_name", "split"})
    if (!run.contains(key) || !run.at(key).is_string()) refuse(file, std::string("no text '") + key + "'");
  return run;
}

double real(const Json& record, const char* key, int64_t place, const OutcomeBuilder& builder) {
  const Json& value = record.at(key);
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  if (!value.is_number()) builder.refuse(place, std::string("'") + key + "' is no number");
  return value.get<double>();
}

}  // namespace
}  // namespace outcome_bench_detail

using namespace outcome_bench_detail;

BenchRun bench_run(const std::filesystem::path& file, const std::string& bytes) {
  const Json run = parsed(file, bytes);
  return {.file = file,
          .dataset = run.at("dataset_name"),
          .split = run.at("split"),
          .model = run.at("model_name"),
          .time = time_of(file),
          .demo = run.value("demo", Json(false)) == true};
}

// Its `split` is the source's, not a side of an evaluation, so items are dealt: equal questions share a group. A score
// of null counts as 0, as in the benchmark's own loader.
void read_bench_run(const std::filesystem::path& file, const std::string& bytes, OutcomeBuilder& builder) {
  const Json run = parsed(file, bytes);
  const std::string dataset = run.at("dataset_name"), split = run.at("split");
  builder.open(file, "record");
  int64_t place = 0;
  for (const Json& record : run.at("records")) {
    ++place;
    if (!record.is_object()) builder.refuse(place, "it is no object");
    if (!record.contains("index") || !record.at("index").is_number_integer())
      builder.refuse(place, "no whole number 'index'");
    if (!record.contains("score")) builder.refuse(place, "no 'score'");
    Answer answer{.model = run.at("model_name"), .item = dataset + "/" + split + "/" + record.at("index").dump()};
    answer.domain = dataset;
    const Json question = record.value("origin_query", Json());
    if (!question.is_null() && question != "")
      answer.group = "question " + sha256(canonical(question)).substr(0, kDigits);
    answer.score = record.at("score").is_null() ? 0 : real(record, "score", place, builder);
    if (record.contains("cost") && !record.at("cost").is_null()) answer.cost = real(record, "cost", place, builder);
    builder.add(place, answer);
  }
}

}  // namespace loom::imported
