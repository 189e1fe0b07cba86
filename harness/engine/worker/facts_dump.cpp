// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/worker/facts_dump.h"

#include <torch/version.h>

#include <algorithm>

#include "harness/birth.h"
#include "harness/combiner.h"
#include "harness/engine/architecture.h"
#include "harness/partition.h"
#include "harness/planted.h"
#include "tasks/all.h"

namespace loom {
namespace facts_dump_detail {

template <class Sources>
void append(std::vector<Json>& list, const Sources& sources) {
  for (const auto& source : sources) list.push_back(to_json(source.facts));
}

}  // namespace facts_dump_detail

Json all_facts() {
  using facts_dump_detail::append;
  std::vector<Json> list;
  append(list, all_architectures());
  append(list, all_backbones());
  append(list, all_births());
  append(list, all_combiners());
  append(list, all_layers());
  append(list, all_partitions());
  append(list, all_suites());
  append(list, all_closed_forms());  // architectures too
  std::ranges::stable_sort(list, {}, [](const Json& one) { return one.at("kind").get<std::string>(); });
  return list;
}

Json doctor_facts() {
  return {{"torch", TORCH_VERSION},
          {"capability", at::get_cpu_capability()},
          {"cuda", at::hasCUDA()},
          {"mkl", at::hasMKL()}};
}

}  // namespace loom
