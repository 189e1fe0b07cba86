// SPDX-License-Identifier: Apache-2.0
#include "harness/job_words.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace loom::job_words_test {
namespace {

TEST_CASE("[job words] a job is named by the first row that asked for it, and by how much it holds") {
  const Json charge_a = {{"member", "a"}}, charge_b = {{"member", "b"}};
  const Json plan = {
      {"rows",
       {{{"suite", "digits4"}, {"arm", "dense"}, {"trials", {"t0"}}},
        {{"suite", "digits4"}, {"arm", "specialists"}, {"trials", {"t1"}}}}},
      {"trials",
       {{"t0", {{"charges", Json::array({charge_a})}}}, {"t1", {{"charges", Json::array({charge_a, charge_b})}}}}}};
  const JobWords words(plan);
  const auto of = [&](const std::string& kind, const std::vector<std::string>& ids) { return words.of(kind, ids); };
  CHECK(of("train", {"a"}) == "train digits4, dense, 1 network");
  CHECK(of("train", {"b", "a"}) == "train digits4, dense and 1 more, 2 networks");
  CHECK(of("assemble", {"t1"}) == "assemble digits4, specialists, 1 trial");
  CHECK(of("assemble", {"x", "y"}) == "assemble, 2 trials");
}

}  // namespace
}  // namespace loom::job_words_test
