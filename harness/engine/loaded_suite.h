// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/engine/data.h"
#include "harness/evaluator.h"
#include "harness/suite.h"

namespace loom {

// A suite with its tensors, shared by all jobs of a worker. The test tensors are made when the evaluator opens them.
class LoadedSuite {
 public:
  LoadedSuite(Suite suite, at::Device device);
  LoadedSuite(const LoadedSuite&) = delete;  // the evaluator looks at suite_
  LoadedSuite& operator=(const LoadedSuite&) = delete;
  const Suite& suite() const { return suite_; }
  const Dataset& data() const { return data_; }
  TaskShape shape() const { return suite_.shape(); }
  const std::vector<int64_t>& indices(Split split, uint64_t seed) const;
  // Opens the sealed test for `who` ("member <id>", "trial <id>"); the openings of this process are in openings().
  const Items& open_test(const std::string& who);
  const Dataset& test_data() const { return test_data_; }
  const std::vector<int64_t>& test_indices() const { return test_indices_; }
  // The seed's pooled order of a split; its epochs are made as they are asked for and kept.
  PooledOrder& order(uint64_t seed, Split split = Split::train) const;
  // Part of each train-split item of a seed, and of its validation items.
  const std::vector<int32_t>& parts(const Json& partition, uint64_t seed, Split split) const;

 private:
  at::Device device_;
  Suite suite_;
  Evaluator evaluator_;
  Dataset data_, test_data_;
  std::vector<int64_t> test_indices_;
  mutable std::map<std::pair<int, uint64_t>, std::vector<int64_t>> splits_;
  mutable std::map<std::string, std::vector<int32_t>> parts_;
  mutable std::map<std::pair<int, uint64_t>, PooledOrder> orders_;
};

// The suites of a worker, each loaded once. `load` reads one by its resolved component; main hands it in, so that the
// engine knows no suite by name.
struct Suites {
  std::function<Suite(const Json& component)> load;
  std::map<std::string, std::unique_ptr<LoadedSuite>> loaded;  // by canonical component
};
LoadedSuite& load_suite(Suites& suites, const Json& component, at::Device device);

}  // namespace loom
