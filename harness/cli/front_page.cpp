// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/front_page.h"

#include <algorithm>

namespace loom {
namespace front_page_detail {
namespace {

constexpr const char* kExamples =
    "  loom run configs/quickstart.yaml   train, measure, tabulate; again = continue\n"
    "  loom table quickstart --by domain  scores and costs of what is stored\n"
    "  loom report quickstart             the same and more as one offline HTML page\n"
    "\n"
    "Usage: loom SUBCOMMAND [--help] ...   Results lie in results/ or LOOM_RESULTS.\n";
constexpr const char* kCodes = "Exit codes: 0 ok, 1 internal, 2 input, 3 machine, 4 trials, 5 gate, 130 stopped\n";

}  // namespace
}  // namespace front_page_detail

std::string FrontPage::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  using namespace front_page_detail;
  if (app->get_parent() != nullptr) return CLI::Formatter::make_help(app, std::move(name), mode);
  const auto verbs = app->get_subcommands([](const CLI::App*) { return true; });
  size_t width = 0;
  for (const CLI::App* verb : verbs) width = std::max(width, verb->get_name().size());
  std::string out = app->get_description() + "\n" + kExamples + "Subcommands:\n";
  for (const CLI::App* verb : verbs)
    out += "  " + verb->get_name() + std::string(width - verb->get_name().size() + 2, ' ') + verb->get_description() +
           "\n";
  return out + kCodes;
}

}  // namespace loom
