// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "harness/engine/memory.h"
#include "harness/engine/torch.h"
#include "harness/engine/worker/facts_dump.h"
#include "harness/engine/worker/serve.h"

namespace {

// libgomp reads its environment when it is loaded, before main: set it and start once more. Spinning threads on shared
// cores cost 13x in measurements, so waiting is passive.
void restart_with_environment(char** arguments) {
  if (std::getenv("LOOM_WORKER_READY") != nullptr) return;
  for (const char* setting : {"OMP_WAIT_POLICY=PASSIVE", "OMP_DYNAMIC=FALSE", "MKL_DYNAMIC=FALSE", "OMP_NUM_THREADS=1",
                              "MKL_NUM_THREADS=1", "LOOM_WORKER_READY=1"})
    putenv(const_cast<char*>(setting));
  execv("/proc/self/exe", arguments);
}

// Tensors of a megabyte come and go at every step: giving them back to the kernel and faulting them in again costs 10
// to 25 % of a small transformer's time.
void keep_freed_memory() {
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);
  mallopt(M_TRIM_THRESHOLD, 1024 * kMegabyte);
  mallopt(M_TOP_PAD, 64 * kMegabyte);
}

}  // namespace

// loom-worker --facts | --doctor | --serve : the side of loom that trains; started by loom.
int main(int count, char** arguments) {
  const std::string_view verb = count > 1 ? arguments[1] : "";
  restart_with_environment(arguments);
  at::set_num_threads(1);
  at::globalContext().setDeterministicAlgorithms(true, false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);  // costs 4 % of a step and decides no bit
  if (verb == "--facts") return std::puts(loom::all_facts().dump(1).c_str()) < 0;
  if (verb == "--doctor") return std::puts(loom::doctor_facts().dump().c_str()) < 0;
  if (verb != "--serve") {
    std::fputs("loom-worker is started by loom; see loom --help\n", stderr);
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // never outlives its supervisor
  std::signal(SIGINT, SIG_IGN);      // Ctrl-C is the supervisor's to handle
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  keep_freed_memory();
  loom::install_memory_counter();
  return loom::serve();
}
