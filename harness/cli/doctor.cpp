// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/machine.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace doctor_command {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLeastMemory_bytes = int64_t{1} << 30;
constexpr int64_t kLeastDisk_bytes = int64_t{256} << 20;

// ok: fine; warn: runs, but something is lost; unfit: does not run.
struct Finding {
  std::string name, value, state = "ok", advice = {};
};

std::string gigabytes(int64_t bytes) { return number_text(std::round(static_cast<double>(bytes) / 1e8) / 10) + " GB"; }

Finding cpu(const Machine& machine) {
  Finding out = {"cpu", (machine.cpu.empty() ? "unknown" : machine.cpu) + ", " + std::to_string(machine.cores) +
                            (machine.cores == 1 ? " core usable" : " cores usable")};
  if (machine.cores == 1) {
    out.state = "warn";
    out.advice = "one core: training and everything else take turns";
  }
  return out;
}

Finding isa(const Machine& machine) {
  Finding out = {"isa", ""};
  for (const std::string& flag : machine.isa) (out.value += out.value.empty() ? "" : " ") += flag;
  if (std::ranges::count(machine.isa, "avx2") > 0) return out;
  out.state = "warn";
  out.advice = "no AVX2: slow, and bits differ from the published results (flag R1)";
  return out;
}

Finding libtorch(const Json& worker, const fs::path& program) {
  if (worker.is_null()) {
    return {"libtorch", "not found: " + program.string() + " is missing or does not run", "unfit",
            "build it: scripts/setup, then scripts/build; without it only stored results can be read"};
  }
  const bool cuda = worker.value("cuda", false);
  return {"libtorch", worker.value("torch", "unknown") + ", capability " + worker.value("capability", "unknown") +
                          (cuda ? ", CUDA (untested)" : ", no CUDA")};
}

Finding memory(const Machine& machine) {
  if (!machine.memory_bytes || !machine.free_memory_bytes)
    return {"memory", "unknown", "warn", "/proc/meminfo cannot be read"};
  Finding out = {"memory", gigabytes(*machine.memory_bytes) + ", " + gigabytes(*machine.free_memory_bytes) + " free"};
  if (*machine.free_memory_bytes < kLeastMemory_bytes) {
    out.state = "unfit";
    out.advice = "a worker takes about 0.5 GB and building 1 to 2 GB: free some";
  }
  return out;
}

Finding disk(const fs::path& results) {
  fs::path folder = fs::absolute(results);
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || ::access(folder.c_str(), W_OK) != 0) {
    return {"disk", folder.string() + " cannot be written", "unfit", "set LOOM_RESULTS to a folder that can"};
  }
  Finding out = {"disk", gigabytes(static_cast<int64_t>(space.available)) + " free for " + results.string()};
  if (space.available < static_cast<uintmax_t>(kLeastDisk_bytes)) {
    out.state = "unfit";
    out.advice = "free some, or set LOOM_RESULTS to another disk";
  }
  return out;
}

Finding pressure(const Machine& machine) {
  if (machine.pressure_readable) return {"pressure", "/proc/pressure/cpu readable"};
  return {"pressure", "/proc/pressure/cpu not readable", "warn",
          "contention during latency sessions is seen by steal time only"};
}

Finding components(Context& context) {
  try {
    return {"facts", std::to_string(context.facts().all().size()) + " components"};
  } catch (const std::runtime_error& error) {
    return {"facts", error.what(), "unfit", "build the target facts"};
  }
}

void print(const std::vector<Finding>& findings, bool fit, bool json, Context& context) {
  Json checks = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const Finding& one : findings) {
    checks.push_back({{"name", one.name}, {"value", one.value}, {"state", one.state}, {"advice", one.advice}});
    rows.push_back({one.state, one.name, printable(one.value)});
    if (!one.advice.empty()) rows.push_back({"", "", "-> " + one.advice});
  }
  if (json) {
    context.out << Json({{"fit", fit}, {"checks", checks}}).dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    context.out << aligned(rows);
  }
}

void examine(bool json, Context& context) {
  const Machine machine = read_machine();
  const fs::path program = context.program_folder / "loom-worker";
  const std::vector<Finding> findings = {cpu(machine),
                                         isa(machine),
                                         libtorch(ask_worker(program), program),
                                         memory(machine),
                                         disk(context.results_root),
                                         pressure(machine),
                                         components(context)};
  const bool fit = std::ranges::none_of(findings, [](const Finding& one) { return one.state == "unfit"; });
  print(findings, fit, json, context);
  if (!fit) context.exit = ExitCode::environment;
}

}  // namespace
}  // namespace doctor_command

void add_doctor(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* verb = app.add_subcommand("doctor", "whether this machine can run experiments; exit code 3 if not");
  verb->add_flag("--json", *json, "one JSON document");
  verb->footer("Example:\n  loom doctor");
  verb->callback([json, &context] { doctor_command::examine(*json, context); });
}

}  // namespace loom
