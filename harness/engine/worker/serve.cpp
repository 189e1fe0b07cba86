// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/worker/serve.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "harness/engine/jobs.h"
#include "harness/engine/latency.h"
#include "harness/engine/latency_probe.h"
#include "harness/error.h"
#include "harness/io.h"
#include "tasks/all.h"

namespace loom {
namespace serve_detail {

namespace fs = std::filesystem;

std::optional<double> recorded_score(const fs::path& results, const std::string& id) {
  const fs::path folder = results / "trials" / id;
  if (!artefact_complete(folder)) return std::nullopt;
  const Json record = parse_json(read_artefact(folder, "record.json"), id);
  if (record.at("status") != "ok") return NAN;  // never chosen
  return record.at("scores").at("validation").at("macro").get<double>();
}

Json run_plan_job(const Json& job, Suites& suites, at::Device device) {
  const fs::path results = job.at("results").get<std::string>();
  return make_plan(job.at("experiment"), suites, device,
                   [&](const std::string& id) { return recorded_score(results, id); });
}

Json run_job(const Json& job, Suites& suites) {
  const at::Device device(job.value("device", "cpu"));
  const std::string kind = job.at("kind");
  if (kind == "plan") return run_plan_job(job, suites, device);
  if (kind == "train") return run_train_job(job, suites, device);
  if (kind == "assemble") return run_assemble_job(job, suites, device);
  if (kind == "latency") return run_latency_job(job, suites, device);
  fail("unknown job kind " + kind);
}

// Where in the pooled order a member finds its last item, about: its part is spread evenly.
int64_t last_position(const Json& run, const LoadedSuite& suite) {
  const auto& parts = suite.parts(run.at("partition"), run.at("seed"), Split::train);
  const auto own = std::max<int64_t>(std::ranges::count(parts, run.at("part").get<int32_t>()), 1);
  const int64_t items = run.at("steps").get<int64_t>() * run.at("train").at("batch").get<int64_t>();
  return run.at("begin").get<int64_t>() + items * std::ssize(parts) / own;
}

// Suites, splits, parts and orders are made in the parent, once, so that children share their memory.
void preload(const Json& job, Suites& suites) {
  const at::Device device(job.value("device", "cpu"));
  for (const char* list : {"members", "trials", "models"}) {
    if (!job.contains(list)) continue;
    for (const Json& entry : job.at(list)) {
      const LoadedSuite& suite = load_suite(suites, entry.at("suite"), device);
      if (!entry.contains("seed")) continue;
      for (const Split split : {Split::train, Split::validation, Split::router}) suite.indices(split, entry.at("seed"));
      if (!entry.contains("partition")) continue;
      for (const Split split : {Split::train, Split::validation})
        suite.parts(entry.at("partition"), entry.at("seed"), split);
      suite.order(entry.at("seed")).reach(last_position(entry, suite));
    }
  }
  if (job.contains("experiment"))
    for (const Json& entry : job.at("experiment").at("suites")) load_suite(suites, entry.at("suite"), device);
}

Suite load_named_suite(const Json& component) {
  for (const SuiteSource& source : all_suites())
    if (source.facts.name == component.at("name")) return source.load(component);
  throw InputError("no suite named " + component.at("name").dump() + " (loom ls suites)");
}

Json error_reply(const std::string& text, ExitCode code) {
  return {{"ok", false}, {"error", text}, {"code", static_cast<int>(code)}};
}

// c10 errors carry a stack trace below their first line; the user gets the line.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

template <class Work>
Json guarded(Work&& work) {
  try {
    return work();
  } catch (const InputError& error) {
    return error_reply(error.what(), ExitCode::input);
  } catch (const EnvironmentError& error) {
    return error_reply(error.what(), ExitCode::environment);
  } catch (const std::bad_alloc&) {
    return error_reply("out of memory", ExitCode::trials_failed);
  } catch (const std::exception& error) {
    return error_reply(first_line(error.what()), ExitCode::internal);
  }
}

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) _exit(static_cast<int>(ExitCode::environment));
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
}

[[noreturn]] void child(const Json& job, Suites& suites, int descriptor) {
  if (const double limit = job.value("memory_bytes", 0.0); limit > 0) {
    const auto bytes = static_cast<rlim_t>(limit);
    const rlimit memory{bytes, bytes};
    setrlimit(RLIMIT_AS, &memory);
  }
  const Json reply = guarded([&]() -> Json { return {{"ok", true}, {"result", run_job(job, suites)}}; });
  write_all(descriptor, reply.dump(-1, ' ', false, Json::error_handler_t::replace));
  _exit(0);
}

// Everything the child writes until it closes the pipe; kills it when `limit_s` passes.
std::string collect(int descriptor, pid_t pid, double limit_s, bool& timed_out) {
  std::string text;
  char buffer[65536];
  const double end = wall_seconds() + limit_s;
  for (;;) {
    pollfd ready{descriptor, POLLIN, 0};
    const double left = limit_s > 0 ? end - wall_seconds() : 3600;
    if (left <= 0) {
      timed_out = true;
      kill(pid, SIGKILL);
      return text;
    }
    if (poll(&ready, 1, static_cast<int>(std::min(left, 3600.0) * 1000) + 1) <= 0) continue;
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

Json run_in_child(const Json& job, Suites& suites) {
  int ends[2];
  if (pipe(ends) != 0) throw EnvironmentError("cannot make a pipe");
  const double start = wall_seconds();
  const pid_t server = getpid(), pid = fork();
  if (pid < 0) throw EnvironmentError("cannot fork a job");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // not inherited over fork: a job ends with its server, as that does with loom
    if (getppid() != server) _exit(1);
    close(ends[0]);
    child(job, suites, ends[1]);
  }
  close(ends[1]);
  bool timed_out = false;
  const std::string text = collect(ends[0], pid, job.value("timeout_s", 0.0), timed_out);
  close(ends[0]);
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  Json reply = error_reply(timed_out             ? "timed out"
                           : WIFSIGNALED(status) ? "killed by signal " + std::to_string(WTERMSIG(status))
                                                 : "ended without an answer",
                           ExitCode::trials_failed);
  if (!timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !text.empty())
    reply = parse_json(text, "job answer");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  reply["signal"] = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  reply["timed_out"] = timed_out;
  reply["cpu_s"] = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  reply["wall_s"] = wall_seconds() - start;
  reply["max_rss_bytes"] = usage.ru_maxrss * 1024L;
  return reply;
}

}  // namespace serve_detail

// First products load kernels; done here once, not in every child.
void warm_up() {
  c10::InferenceMode inference;
  const auto a = at::rand({2, 64, 64});
  at::log_softmax(at::baddbmm(a, a, a).relu(), -1).gather(-1, at::zeros({2, 64, 1}, at::kLong));
}

int serve() {
  using namespace serve_detail;
  warm_up();
  Suites suites{.load = load_named_suite, .loaded = {}};
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json job = parse_json(line, "job");
    Json reply = guarded([&]() -> Json {
      preload(job, suites);
      return run_in_child(job, suites);
    });
    reply["job"] = job.at("job");
    write_all(STDOUT_FILENO, reply.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  return 0;
}

}  // namespace loom
