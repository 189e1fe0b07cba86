// SPDX-License-Identifier: Apache-2.0
#include "harness/report/report.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/io.h"
#include "harness/result_store.h"

namespace loom {

void add_report(CLI::App& app, Context& context) {
  struct Options {
    std::string results, file;
  };
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("report", "one offline HTML page of stored results: verdict, charts, tables");
  verb->add_option("RESULTS", options->results, "name below results/, or a folder")->required();
  verb->add_option("-o,--output", options->file, "the page; report.html in the results' folder when left out")
      ->type_name("FILE");
  verb->footer("Examples:\n  loom report quickstart\n  loom report reference/digits4 -o digits4.html");
  verb->callback([options, &context] {
    const auto folder = find_results(context.results_root, options->results);
    const std::filesystem::path file =
        options->file.empty() ? folder / "report.html" : std::filesystem::path(options->file);
    write_file_atomic(file, report_page(load_results(folder), result_name(context.results_root, folder)));
    context.out << file.string() << "\n";
  });
}

}  // namespace loom
