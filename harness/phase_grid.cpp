// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "harness/budgets.h"
#include "harness/paired_cells.h"
#include "harness/phase.h"
#include "harness/random.h"
#include "harness/text_numbers.h"

namespace loom {
namespace phase_grid_detail {
namespace {

constexpr const char *kData = "samples", *kOver = "similarity";
constexpr int kDraws = 1000;

// One world: monolith minus fabric, positive where the monolith is better.
struct GridWorld {
  double over = 0;
  SeedDifferences differences;
};

const PlannedRow* first_of(const ResultStore& store, const std::string& suite, const std::string& column,
                           const std::string& family) {
  const auto found = std::ranges::find_if(store.rows, [&](const PlannedRow& row) {
    return row.suite == suite && row.column == column && row.role == "arm" && row.family == family &&
           row.status == "ok";
  });
  return found == store.rows.end() ? nullptr : &*found;
}

// Where the means, made ascending by pooling neighbours that are not (isotonic regression: Ayer et al. 1955), cross
// zero; nothing where they do not. `sign`: of all of them, then.
std::optional<double> crossing(const std::vector<double>& over, const std::vector<double>& means, double& sign) {
  struct Block {
    double sum;
    size_t count;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Block> blocks;
  for (const double mean : means) {
    blocks.push_back({mean, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
      blocks[blocks.size() - 2].sum += blocks.back().sum;
      blocks[blocks.size() - 2].count += blocks.back().count;
      blocks.pop_back();
    }
  }
  std::vector<double> smooth;
  for (const Block& block : blocks) smooth.insert(smooth.end(), block.count, block.mean());
  sign = smooth.front() > 0 ? 1 : -1;
  if (smooth.front() > 0 || smooth.back() <= 0) return std::nullopt;
  size_t upper = 1;
  while (smooth[upper] <= 0) ++upper;
  const double rise = smooth[upper] - smooth[upper - 1];
  return over[upper - 1] - smooth[upper - 1] / rise * (over[upper] - over[upper - 1]);
}

// Seeds that every world has.
std::vector<size_t> common_seeds(const std::vector<GridWorld>& worlds) {
  std::vector<size_t> seeds = worlds.front().differences.seeds;
  for (const GridWorld& world : worlds)
    std::erase_if(seeds, [&](size_t seed) { return std::ranges::count(world.differences.seeds, seed) == 0; });
  return seeds;
}

std::vector<double> means_of(const std::vector<GridWorld>& worlds, const std::vector<size_t>& seeds) {
  std::vector<double> means;
  for (const auto& [over, differences] : worlds) {
    double sum = 0;
    for (const size_t seed : seeds)
      sum += differences
                 .by_seed[static_cast<size_t>(std::ranges::find(differences.seeds, seed) - differences.seeds.begin())];
    means.push_back(sum / static_cast<double>(seeds.size()));
  }
  return means;
}

PhasePoint point_of(double samples, const std::vector<GridWorld>& worlds, double confidence) {
  std::vector<double> over, drawn_at;
  for (const GridWorld& world : worlds) over.push_back(world.over);
  const std::vector<size_t> seeds = common_seeds(worlds);
  PhasePoint point{.samples = samples, .found = {}, .truth = {}};
  if (seeds.empty()) return point;
  double sign = 0;
  point.found = crossing(over, means_of(worlds, seeds), sign);
  point.above = sign > 0;
  if (!point.found) return point;
  Stream stream(0, "phase/grid", static_cast<uint64_t>(samples));
  for (int draw = 0; draw < kDraws; ++draw) {
    std::vector<size_t> drawn;
    for (size_t i = 0; i < seeds.size(); ++i) drawn.push_back(seeds[stream.below(seeds.size())]);
    const auto at = crossing(over, means_of(worlds, drawn), sign);
    drawn_at.push_back(at ? *at : sign > 0 ? over.front() : over.back());
  }
  point.low = quantile(drawn_at, (1 - confidence) / 2);
  point.high = quantile(drawn_at, (1 + confidence) / 2);
  return point;
}

std::string title_of(const Json& suite, const std::string& column, double share) {
  std::string title = suite.at("name").get<std::string>() + " " + column;
  for (const auto& [key, value] : suite.items())
    if (key != "name" && key != kData && key != kOver && key != "seed" && key != "test" && value.is_number() &&
        value != 0)
      title += " " + key + "=" + number_text(value.get<double>());
  return share == 1 ? title : title + ", budget x" + number_text(share);
}

}  // namespace
}  // namespace phase_grid_detail

std::vector<PhasePanel> grid_panels(const ResultStore& store) {
  using namespace phase_grid_detail;
  std::map<std::string, std::map<double, std::vector<GridWorld>>> worlds;  // by title, then data
  std::map<std::string, PhasePanel> panels;
  for (const Json& config : store.experiment.at("suites")) {
    const Json& suite = config.at("suite");
    if (!config.value("search", Json()).is_null() || !suite.contains(kData) || !suite.contains(kOver)) continue;
    const std::string label = config.at("label");
    const auto facts = store.suites.find(label);
    for (const Json& column : config.value("columns", Json::array())) {
      const auto* monolith = first_of(store, label, column, "monolith");
      const auto* fabric = first_of(store, label, column, "fabric");
      if (facts == store.suites.end() || monolith == nullptr || fabric == nullptr) continue;
      const double share = read_budget_label(label).share;
      const std::string title = title_of(suite, column, share);
      worlds[title][suite.at(kData).get<double>()].push_back(
          {suite.at(kOver).get<double>(), seed_differences(scored_seeds(store, *monolith), scored_seeds(store, *fabric),
                                                           facts->second.higher_is_better)});
      panels[title] = {.title = title,
                       .share = share,
                       .over = kOver,
                       .above = monolith->arm,
                       .below = fabric->arm,
                       .suite = suite,
                       .columns = {column},
                       .points = {}};
    }
  }
  std::vector<PhasePanel> out;
  for (auto& [title, columns] : worlds) {
    PhasePanel panel = panels.at(title);
    for (auto& [samples, row] : columns) {
      std::ranges::sort(row, {}, &GridWorld::over);
      if (row.size() < 3) continue;  // two worlds draw no boundary
      panel.bottom = row.front().over;
      panel.top = row.back().over;
      panel.points.push_back(point_of(samples, row, store.confidence));
    }
    if (panel.points.size() > 1) out.push_back(panel);
  }
  std::ranges::stable_sort(out, std::ranges::greater{}, &PhasePanel::share);
  return out;
}

}  // namespace loom
