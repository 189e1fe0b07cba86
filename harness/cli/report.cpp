// SPDX-License-Identifier: Apache-2.0
#include "harness/report/report.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include "harness/cli/commands.h"
#include "harness/io.h"
#include "harness/result_store.h"

namespace loom {

namespace report_command {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string results, file;
  bool watch = false;
};

// When anything that a page shows was last written: artefacts come and go as entries of these folders.
fs::file_time_type last_written(const fs::path& folder) {
  fs::file_time_type latest = fs::file_time_type::min();
  for (const char* part : {"plan.json", "trials", "latency", "claims"}) {
    std::error_code ignored;
    if (const auto time = fs::last_write_time(folder / part, ignored); !ignored) latest = std::max(latest, time);
  }
  return latest;
}

// A page is written whole or not at all, so that a kill at any time leaves one that opens.
void write(const Options& options, Context& context) {
  constexpr int kAgain_s = 3;
  const fs::path folder = find_results(context.results_root, options.results);
  const std::string name = result_name(context.results_root, folder);
  const fs::path file = options.file.empty() ? folder / "report.html" : fs::path(options.file);
  auto shown = last_written(folder);
  const auto write_page = [&] {
    write_file_atomic(file, report_page(load_results(folder), name, options.watch ? kAgain_s : 0));
  };
  write_page();
  context.out << file.string() << "\n" << std::flush;
  if (options.watch)
    context.err << "watching " << name << ": the page is written again when results change; Ctrl-C ends it\n";
  while (options.watch) {  // until the user stops it
    std::this_thread::sleep_for(std::chrono::seconds(1));
    if (const auto written = last_written(folder); written != shown) {
      write_page();
      shown = written;
    }
  }
}

}  // namespace
}  // namespace report_command

void add_report(CLI::App& app, Context& context) {
  using namespace report_command;
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("report", "one offline HTML page of stored results: verdict, charts, tables");
  verb->add_option("RESULTS", options->results, "name below results/, or a folder")->required();
  verb->add_option("-o,--output", options->file, "the page; report.html in the results' folder when left out")
      ->type_name("FILE");
  verb->add_flag("--watch", options->watch, "write it again whenever results change; the page loads itself again");
  verb->footer("Examples:\n  loom report quickstart\n  loom report reference/digits4 -o digits4.html");
  verb->callback([options, &context] { write(*options, context); });
}

}  // namespace loom
