// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/cli/context.h"

namespace CLI {
class App;
}

namespace loom {

// One verb each: adds its subcommand, whose callback does the work. Mistakes are thrown.
void add_run(CLI::App& app, Context& context);
void add_plan(CLI::App& app, Context& context);
void add_table(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_compare(CLI::App& app, Context& context);
void add_claims(CLI::App& app, Context& context);
void add_ls(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_audit(CLI::App& app, Context& context);
void add_where(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_verify(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_new(CLI::App& app, Context& context);

const std::vector<std::string>& listed_kinds();  // what `loom ls` takes
std::vector<std::string> new_kinds();            // what `loom new` makes

// `loom __complete WORD...`, as the shells' functions call it: what the last, perhaps empty, word may become.
std::vector<std::string> complete(const CLI::App& app, Context& context, std::vector<std::string> words);

// Parses and runs: every way out of a command becomes an exit code and, on context.err, one line or the mistakes.
int dispatch(CLI::App& app, int count, const char* const* arguments, Context& context);

// Arguments of a config command: files, and key=value overrides.
struct ConfigArguments {
  std::vector<std::string> files, overrides;
};
ConfigArguments sort_arguments(const std::vector<std::string>& arguments);

// Columns as wide as their widest cell, two blanks apart.
std::string aligned(const std::vector<std::vector<std::string>>& rows);
// A Markdown table whose first row is the header, and an empty line.
std::string markdown_rows(const std::vector<std::vector<std::string>>& rows);

}  // namespace loom
