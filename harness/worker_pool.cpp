// SPDX-License-Identifier: Apache-2.0
#include "harness/worker_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "harness/error.h"

namespace loom {
namespace worker_pool_detail {

constexpr int kNotStarted = 127;  // from us, and from the dynamic loader when a library is missing

}  // namespace worker_pool_detail

using namespace worker_pool_detail;

std::atomic<bool>& interrupted() {
  static std::atomic<bool> flag = false;
  return flag;
}

std::filesystem::path program_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

WorkerPool::WorkerPool(std::filesystem::path executable, int workers)
    : executable_(std::move(executable)), workers_(static_cast<size_t>(workers)) {
  if (!std::filesystem::exists(executable_))
    throw EnvironmentError(executable_.string() + " is missing; build it with scripts/build");
  for (Worker& worker : workers_) start(worker);
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::start(Worker& worker) {
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
    throw EnvironmentError("cannot make a pipe for a worker");
  const std::string program = executable_.string();
  const pid_t supervisor = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw EnvironmentError("cannot start a worker");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // kept over exec: a worker that is still loading dies with its supervisor too
    if (getppid() != supervisor) _exit(1);
    setpgid(0, 0);  // Ctrl-C reaches the supervisor alone, which decides what becomes of the workers
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execl(program.c_str(), program.c_str(), "--serve", static_cast<char*>(nullptr));
    _exit(kNotStarted);
  }
  close(to[0]);
  close(from[1]);
  worker = {pid, to[1], from[0], {}, {}};
}

int WorkerPool::end(Worker& worker) {
  int status = 0;
  if (worker.pid < 0) return status;
  kill(-worker.pid, SIGKILL);
  kill(worker.pid, SIGKILL);
  waitpid(worker.pid, &status, 0);
  close(worker.to);
  close(worker.from);
  worker.pid = -1;
  return status;
}

void WorkerPool::stop() {
  for (Worker& worker : workers_) end(worker);
}

bool WorkerPool::idle_worker() const {
  return std::ranges::any_of(workers_, [](const Worker& worker) { return !worker.job; });
}

int WorkerPool::running() const {
  return static_cast<int>(std::ranges::count_if(workers_, [](const Worker& worker) { return worker.job.has_value(); }));
}

void WorkerPool::submit(const Json& job) {
  const auto idle = std::ranges::find_if(workers_, [](const Worker& worker) { return !worker.job; });
  check(idle != workers_.end(), "submit needs an idle worker");
  idle->job = job;
  std::string line = job.dump() + "\n";
  for (std::string_view left = line; !left.empty();) {
    const ssize_t wrote = write(idle->to, left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // the worker died: next_answer sees its closed pipe and answers for it
    left.remove_prefix(static_cast<size_t>(wrote));
  }
}

std::optional<Json> WorkerPool::take_line(Worker& worker) {
  const size_t end_of_line = worker.text.find('\n');
  if (end_of_line == std::string::npos) return std::nullopt;
  Json answer = parse_json(worker.text.substr(0, end_of_line), "a worker's answer");
  worker.text.erase(0, end_of_line + 1);
  worker.job.reset();
  return answer;
}

std::optional<Json> WorkerPool::next_answer(double wait_s) {
  std::vector<pollfd> ready;
  for (const Worker& worker : workers_) ready.push_back({worker.from, POLLIN, 0});
  if (poll(ready.data(), ready.size(), static_cast<int>(wait_s * 1000)) <= 0) return std::nullopt;
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (ready[i].revents == 0) continue;
    Worker& worker = workers_[i];
    char buffer[65536];
    const ssize_t got = read(worker.from, buffer, sizeof buffer);
    if (got > 0) {
      worker.text.append(buffer, static_cast<size_t>(got));
      if (auto answer = take_line(worker)) return answer;
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    const std::optional<Json> lost = worker.job;
    const int status = end(worker);
    if (!lost || (WIFEXITED(status) && WEXITSTATUS(status) == kNotStarted))
      throw EnvironmentError(executable_.string() + " does not start; loom doctor says what it needs");
    start(worker);
    return Json{{"job", lost->at("job")}, {"ok", false},  {"error", "the worker died"}, {"code", 4},
                {"cpu_s", 0.0},           {"wall_s", 0.0}};
  }
  return std::nullopt;
}

[[noreturn]] void throw_job_error(const Json& answer) {
  const std::string text = answer.at("error");
  if (answer.value("code", 1) == static_cast<int>(ExitCode::input)) throw InputError(text);
  if (answer.value("code", 1) == static_cast<int>(ExitCode::environment)) throw EnvironmentError(text);
  fail(text);
}

Json run_single_job(WorkerPool& pool, Json job) {
  job["job"] = -1;
  pool.submit(job);
  while (!interrupted()) {
    const auto answer = pool.next_answer(0.5);
    if (!answer) continue;
    if (!answer->at("ok").get<bool>()) throw_job_error(*answer);
    return answer->at("result");
  }
  throw InputError("interrupted");
}

}  // namespace loom
