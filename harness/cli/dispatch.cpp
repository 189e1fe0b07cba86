// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/utf8.h"

namespace loom {
namespace dispatch_detail {
namespace {

std::vector<std::string> verbs(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(verb->get_name());
  return names;
}

// CLI11 would only say that an argument was not expected.
void refuse_unknown_verb(const CLI::App& app, int count, const char* const* arguments) {
  if (count < 2 || arguments[1][0] == '-') return;
  const std::vector<std::string> known = verbs(app);
  const std::string word = arguments[1];
  if (std::ranges::count(known, word) > 0) return;
  const std::string near = nearest(word, known);
  throw InputError("no command '" + printable(word) + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?") +
                   "   (loom --help)");
}

int parse_and_run(CLI::App& app, int count, const char* const* arguments, Context& context) {
  try {
    if (count > 1 && arguments[1] == std::string_view("__complete")) {
      for (const std::string& word : complete(app, context, {arguments + 2, arguments + count}))
        context.out << word << "\n";
      return static_cast<int>(ExitCode::ok);
    }
    refuse_unknown_verb(app, count, arguments);
    if (count < 2) {
      context.out << app.help();
      return static_cast<int>(ExitCode::input);
    }
    app.parse(count, arguments);
    return static_cast<int>(context.exit);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request, context.out, context.err);
  } catch (const CLI::ParseError& error) {
    const auto verb = app.get_subcommands();
    context.err << "error: " << printable(error.what()) << "   (loom "
                << (verb.empty() ? "" : verb[0]->get_name() + " ") << "--help)\n";
    return static_cast<int>(ExitCode::input);
  } catch (const InputError& error) {
    const std::string text = error.what();
    const bool positioned = text.find(": error: ") != text.npos;  // a config's mistakes speak for themselves
    context.err << (positioned ? "" : "error: ") << text << (text.ends_with('\n') ? "" : "\n");
    return static_cast<int>(ExitCode::input);
  } catch (const EnvironmentError& error) {
    context.err << "error: " << error.what() << "\n";
    return static_cast<int>(ExitCode::environment);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    const bool explained = text.find("please report it") != text.npos;
    context.err << text << (explained ? "" : " (internal error: please report it with the command and the config)")
                << "\n";
    return static_cast<int>(ExitCode::internal);
  }
}

// A reader such as `head` that has enough is no mistake. The stream has long forgotten errno; the pipe itself knows.
bool reader_gone() {
  struct pollfd end = {STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0;
}

}  // namespace
}  // namespace dispatch_detail

int dispatch(CLI::App& app, int count, const char* const* arguments, Context& context) {
  const int code = dispatch_detail::parse_and_run(app, count, arguments, context);
  context.out.flush();
  if (context.out || dispatch_detail::reader_gone()) return code;
  context.err << "error: cannot write the result to standard output; is the disk full?\n";
  return static_cast<int>(ExitCode::environment);
}

ConfigArguments sort_arguments(const std::vector<std::string>& arguments) {
  ConfigArguments out;
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    const bool file = equals == argument.npos || argument.rfind('/', equals) != argument.npos;
    (file ? out.files : out.overrides).push_back(argument);
  }
  return out;
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], character_count(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - character_count(row[i]) + 2, ' ');
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string markdown_rows(const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& text : rows[i]) {
      std::string escaped;
      for (const char c : text) escaped += (c == '|' || c == '*' || c == '_' ? "\\" : "") + std::string(1, c);
      out += "| " + escaped + " ";
    }
    out += "|\n";
    for (size_t k = 0; i == 0 && k < rows[0].size(); ++k) out += k == 0 ? "|:--" : "|--:";
    if (i == 0) out += "|\n";
  }
  return out + "\n";
}

}  // namespace loom
