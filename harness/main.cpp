// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "harness/cli/commands.h"
#include "harness/cli/front_page.h"
#include "harness/version.h"
#include "harness/worker_pool.h"  // program_folder

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // `loom table | head` and a full quota are errors to report, not deaths
  std::signal(SIGXFSZ, SIG_IGN);
  std::setlocale(LC_ALL, "C");  // numbers read and print alike everywhere
  try {
    loom::Context context(std::cout, std::cerr, loom::program_folder(), loom::results_root());
    context.terminal = ::isatty(STDOUT_FILENO) == 1;
    CLI::App app("loom: one monolith or a fabric of specialists, at equal budgets?", "loom");
    app.formatter(std::make_shared<loom::FrontPage>());
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
