// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/suite_words.h"
#include "harness/cli/where_files.h"
#include "harness/cli/where_view.h"
#include "harness/error.h"
#include "harness/world_suite.h"

namespace loom {
namespace where_command {
namespace {

struct Options {
  std::vector<std::string> words;
  bool fit = false, boundaries = false, json = false;
};

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
  const WhereFiles files(context.results_root);
  files.write_cells(cells);
  context.err << "wrote predictor.json and map.svg in " << files.folder().string() << "\n";
  context.out << (options.json ? track_record_json(cells).dump(1) + "\n" : track_record_text(cells, files.curves()));
}

// Worlds with a known answer are drawn anew; their arms learn from every sample.
Landmarks measured_world(const Json& suite, uint64_t draw) {
  const std::string name = suite.at("name");
  const SuiteSource* source = find_suite_source(name);
  if (source == nullptr) throw InputError("suite '" + name + "' of these results is not known here");
  if (source->planted) {
    Landmarks marks = landmarks(world_suite(source->planted->draw(suite, draw, 0)));
    marks.values = suite.at("samples").get<double>();
    return marks;
  }
  Json drawn = suite;
  drawn["seed"] = draw;
  return landmarks(source->load(drawn));
}

void keep_boundaries(const Options& options, Context& context) {
  std::vector<BoundaryCurve> curves;
  for (const std::string& name : options.words) {
    const auto folder = find_results(context.results_root, name);
    context.err << "measuring the worlds of " << result_name(context.results_root, folder) << " ...\n" << std::flush;
    for (BoundaryCurve& curve : boundary_curves(load_results(folder), measured_world))
      curves.push_back(std::move(curve));
  }
  if (curves.empty())
    throw InputError("these results draw no boundary   (loom run configs/planted/phase.yaml has some)");
  const WhereFiles files(context.results_root);
  files.write_curves(curves);
  context.err << "wrote boundaries.json in " << files.folder().string() << "\n";
  Json all = Json::array();
  for (const BoundaryCurve& curve : curves) all.push_back(to_json(curve));
  context.out << (options.json ? all.dump(1) + "\n" : curves_text(curves));
}

void place(const Options& options, Context& context) {
  const WhereFiles files(context.results_root);
  const std::vector<PredictorCell> cells = files.cells();
  const Json component = suite_of_words(options.words, /*folder_unsaid=*/true);
  const Suite suite = load_suite_of(component);
  const Placed placed = place_suite(suite.description().name, landmarks(suite), cells);
  context.out << (options.json ? placed_json(placed).dump(1) + "\n" : placed_text(placed, cells, files.curves()));
}

}  // namespace
}  // namespace where_command

void add_where(CLI::App& app, Context& context) {
  using namespace where_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("where", "your own data among the suites that ran: which side, how sure");
  verb->add_option("FOLDER", options->words, "a folder with suite.yaml, or a suite and key=value options of it")
      ->required();
  CLI::Option* fit =
      verb->add_flag("--fit", options->fit, "the words are results: learn from them, and keep it for later questions");
  verb->add_flag("--boundaries", options->boundaries,
                 "the words are results with phase maps: draw their boundaries too")
      ->excludes(fit);
  verb->add_flag("--json", options->json, "one JSON document");
  verb->footer(
      "Examples:\n  loom where my_data\n  loom where digits4 --json\n  loom where --fit reference/digits4 "
      "reference/bytes9\n  loom where --boundaries phase phase_networks");
  verb->callback([options, &context] {
    if (options->fit) return where_command::fit(*options, context);
    options->boundaries ? keep_boundaries(*options, context) : place(*options, context);
  });
}

}  // namespace loom
