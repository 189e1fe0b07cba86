// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/suite_words.h"
#include "harness/cli/where_view.h"
#include "harness/io.h"
#include "harness/suite_map.h"

namespace loom {
namespace where_command {
namespace {

struct Options {
  std::vector<std::string> words;
  bool fit = false, json = false;
};

std::filesystem::path cells_file(const Context& context) {
  return context.results_root / "reference" / "predictor.json";
}

std::vector<PredictorCell> stored_cells(const Context& context) {
  const auto file = cells_file(context);
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    throw EnvironmentError(file.string() +
                           " is not there: it holds the suites that yours is placed among   (loom where --fit "
                           "reference/NAME... makes it from results)");
  std::vector<PredictorCell> cells;
  try {
    const Json stored = parse_json(read_file(file), file.string());
    for (const Json& cell : stored.at("cells")) cells.push_back(predictor_cell_from_json(cell));
  } catch (const Json::exception& error) {
    throw InputError(file.string() + " is not what loom where --fit writes: " + error.what());
  }
  return cells;
}

// Each suite is measured once, however many results and budgets it ran in.
class MeasuredSuites {
 public:
  explicit MeasuredSuites(std::ostream& progress) : progress_(progress) {}
  std::optional<std::pair<Landmarks, std::string>> operator()(const Json& suite) {
    const std::string key = canonical(suite);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    std::optional<std::pair<Landmarks, std::string>> out;
    if (const SuiteSource* source = find_suite_source(suite.at("name").get<std::string>());
        source != nullptr && source->load != nullptr) {
      progress_ << "measuring " << suite.at("name").get<std::string>() << " ...\n" << std::flush;
      const Suite loaded = source->load(suite);
      out.emplace(landmarks(loaded), loaded.description().source);
    }
    return known_[key] = out;
  }

 private:
  std::ostream& progress_;
  std::map<std::string, std::optional<std::pair<Landmarks, std::string>>> known_;
};

void fit(const Options& options, Context& context) {
  MeasuredSuites measured(context.err);
  std::vector<PredictorCell> cells;
  for (const std::string& name : options.words) {
    const auto folder = find_results(context.results_root, name);
    for (PredictorCell& cell : predictor_cells(result_name(context.results_root, folder), load_results(folder),
                                               [&](const Json& suite) { return measured(suite); }))
      cells.push_back(std::move(cell));
  }
  if (leave_one_group_out(cells).groups < 2)
    throw InputError("these results decide fewer than two suites: a sign is learned from some and tried on others");
  Json stored = Json::array();
  for (const PredictorCell& cell : cells) stored.push_back(to_json(cell));
  const auto file = cells_file(context);
  write_file_atomic(file, Json({{"format", 1}, {"cells", stored}}).dump(1) + "\n");
  write_file_atomic(file.parent_path() / "map.svg", maps_svg(suite_maps(cells)));
  context.err << "wrote " << file.string() << " and map.svg beside it\n";
  context.out << (options.json ? track_record_json(cells).dump(1) + "\n" : track_record_text(cells));
}

void place(const Options& options, Context& context) {
  const std::vector<PredictorCell> cells = stored_cells(context);
  const Json component = suite_of_words(options.words, /*folder_unsaid=*/true);
  const Suite suite = load_suite_of(component);
  const Placed placed = place_suite(suite.description().name, landmarks(suite), cells);
  context.out << (options.json ? placed_json(placed).dump(1) + "\n" : placed_text(placed, cells));
}

}  // namespace
}  // namespace where_command

void add_where(CLI::App& app, Context& context) {
  using namespace where_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("where", "your own data among the suites that ran: which side, how sure");
  verb->add_option("FOLDER", options->words, "a folder with suite.yaml, or a suite and key=value options of it")
      ->required();
  verb->add_flag("--fit", options->fit, "the words are results: learn from them, and keep it for later questions");
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer(
      "Examples:\n  loom where my_data\n  loom where digits4 --json\n  loom where --fit reference/digits4 "
      "reference/bytes9");
  verb->callback([options, &context] { options->fit ? fit(*options, context) : place(*options, context); });
}

}  // namespace loom
