// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>

#include "harness/cli/commands.h"
#include "harness/version.h"
#include "harness/worker_pool.h"  // program_folder

namespace {

constexpr const char* kAbout =
    "loom: one monolith or a fabric of specialists, at equal budgets?\n"
    "\n"
    "  loom run configs/quickstart.yaml          train, evaluate, measure; the same command again continues\n"
    "  loom table quickstart --by domain         scores and costs of what is stored\n"
    "  loom report quickstart                    the same and more as one offline HTML page, with charts\n"
    "  loom show specialists                     a component or config key, with its settings\n"
    "\n"
    "Exit codes: 0 ok, 1 internal error, 2 bad input, 3 machine unfit, 4 some trials failed, 5 a gate tripped,\n"
    "75 call again, 130 interrupted. Results lie below results/, or LOOM_RESULTS.\n";

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // `loom table | head` and a full quota are errors to report, not deaths
  std::signal(SIGXFSZ, SIG_IGN);
  std::setlocale(LC_ALL, "C");  // numbers read and print alike everywhere
  try {
    loom::Context context(std::cout, std::cerr, loom::program_folder(), loom::results_root());
    context.terminal = ::isatty(STDOUT_FILENO) == 1;
    CLI::App app(kAbout, "loom");
    app.set_version_flag("--version", std::string("loom ") + loom::kVersion);
    app.require_subcommand(1);
    loom::add_run(app, context);
    loom::add_plan(app, context);
    loom::add_table(app, context);
    loom::add_report(app, context);
    loom::add_compare(app, context);
    loom::add_claims(app, context);
    loom::add_ls(app, context);
    loom::add_show(app, context);
    loom::add_audit(app, context);
    loom::add_where(app, context);
    loom::add_check(app, context);
    loom::add_verify(app, context);
    loom::add_doctor(app, context);
    loom::add_new(app, context);
    loom::add_completion(app, context);
    return loom::dispatch(app, count, arguments, context);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return static_cast<int>(loom::ExitCode::environment);
  }
}
