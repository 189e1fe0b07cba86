// SPDX-License-Identifier: Apache-2.0
#include "harness/stream_table.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "harness/event_stream.h"
#include "harness/paired_cells.h"

namespace loom {
namespace stream_table_detail {
namespace {

const TrialResult* scored(const ResultStore& store, const std::string& id) {
  const auto found = store.trials.find(id);
  return found == store.trials.end() || found->second.status != "ok" ? nullptr : &found->second;
}

StreamTerm term(const ResultStore& store, std::vector<double> by_seed) {
  StreamTerm out;
  if (by_seed.empty() || !std::ranges::all_of(by_seed, [](double value) { return std::isfinite(value); })) return out;
  out.by_seed = std::move(by_seed);
  out.mean = mean(out.by_seed);
  if (out.by_seed.size() > 1)
    out.interval = bootstrap_t(out.by_seed, kComparisonSeed, store.resamples, store.confidence);
  return out;
}

StreamRow named(const ResultStore& store, const PlannedRow& row) {
  StreamRow out;
  out.suite = row.suite;
  out.column = row.column;
  out.metric = store.suites.at(row.suite).metric;
  out.arm = row.arm;
  out.role = row.role;
  out.domains = store.suites.at(row.suite).domains;
  return out;
}

// Seeds of a row and what their records hold of the stream.
struct Seeds {
  std::vector<size_t> seeds;
  std::vector<StreamHistory> histories;
  std::vector<StreamScores> scores;
  std::vector<double> recall;
};

Seeds seeds_of(const ResultStore& store, const PlannedRow& row) {
  Seeds out;
  for (size_t seed = 0; seed < row.trials.size(); ++seed) {
    const TrialResult* trial = scored(store, row.trials[seed]);
    if (trial == nullptr || trial->stream.is_null()) continue;
    const std::string what = (store.folder / "trials" / row.trials[seed] / "record.json").string();
    out.seeds.push_back(seed);
    out.histories.push_back(stream_history(trial->stream, store.suites.at(row.suite).higher_is_better, what));
    out.scores.push_back(stream_scores(out.histories.back()));
    const Json recall = trial->stream.value("recall", Json::array());
    out.recall.push_back(recall.empty() || recall.back().is_null() ? kUnknown : recall.back().get<double>());
  }
  return out;
}

std::vector<std::vector<double>> mean_scores(const std::vector<StreamHistory>& histories) {
  auto out = histories[0].scores;
  for (size_t stage = 0; stage < out.size(); ++stage)
    for (size_t domain = 0; domain < out[stage].size(); ++domain) {
      std::vector<double> values;
      for (const StreamHistory& history : histories) values.push_back(history.scores.at(stage).at(domain));
      out[stage][domain] = mean(values);
    }
  return out;
}

std::optional<StreamRow> stream_row(const ResultStore& store, const PlannedRow& row) {
  const Seeds own = seeds_of(store, row);
  if (own.seeds.empty()) return std::nullopt;
  StreamRow out = named(store, row);
  out.seeds = own.seeds;
  for (const StreamEvent& event : own.histories[0].events) out.events.push_back(to_text(event));
  const auto measure = [&](double StreamScores::*which) {
    std::vector<double> values;
    for (const StreamScores& scores : own.scores) values.push_back(scores.*which);
    return term(store, std::move(values));
  };
  out.acc = measure(&StreamScores::acc);
  out.bwt = measure(&StreamScores::bwt);
  out.fwt = measure(&StreamScores::fwt);
  out.forgetting = measure(&StreamScores::forgetting);
  out.update_flops = measure(&StreamScores::update_flops);
  out.deletion_residual = measure(&StreamScores::deletion_residual);
  out.deletion_flops = measure(&StreamScores::deletion_flops);
  out.recall = term(store, own.recall);
  out.scores = mean_scores(own.histories);
  return out;
}

// The monolith that had all the data at once, judged on what the stream is judged on.
std::optional<StreamRow> joint_row(const ResultStore& store, const PlannedRow& row, const StreamRow& beside) {
  std::string text;
  for (const std::string& event : beside.events) text += (text.empty() ? "" : ", ") + event;
  const auto events = parse_events(text, 0);
  StreamRow out = named(store, row);
  std::vector<double> acc;
  for (size_t seed = 0; seed < row.trials.size(); ++seed) {
    const TrialResult* trial = scored(store, row.trials[seed]);
    if (trial == nullptr) continue;
    std::vector<double> present;
    for (const int32_t domain : present_domains(events, events.size() - 1))
      present.push_back(trial->test.domain.at(static_cast<size_t>(domain)));
    out.seeds.push_back(seed);
    acc.push_back(mean(present));
  }
  if (acc.empty()) return std::nullopt;
  out.acc = term(store, std::move(acc));
  return out;
}

}  // namespace
}  // namespace stream_table_detail

std::vector<StreamRow> stream_rows(const ResultStore& store) {
  using namespace stream_table_detail;
  std::vector<std::vector<StreamRow>> blocks;
  const auto block_of = [&](const PlannedRow& row) {
    return std::ranges::find_if(blocks, [&](const std::vector<StreamRow>& block) {
      return block[0].suite == row.suite && block[0].column == row.column;
    });
  };
  for (const PlannedRow& row : store.rows)
    if (auto found = stream_row(store, row)) {
      const auto block = block_of(row);
      (block == blocks.end() ? blocks.emplace_back() : *block).push_back(std::move(*found));
    }
  for (const PlannedRow& row : store.rows)
    if (const auto block = block_of(row); row.architecture == "dense" && block != blocks.end())
      if (auto found = joint_row(store, row, (*block)[0])) block->push_back(std::move(*found));
  std::vector<StreamRow> out;
  for (auto& block : blocks) std::ranges::move(block, std::back_inserter(out));
  return out;
}

}  // namespace loom
