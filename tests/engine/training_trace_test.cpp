// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/training_trace.h"

#include "tests/engine/support.h"
#include "tests/io_fixture.h"

using namespace loom;

namespace loom::training_trace_test {
namespace {

// 5 -> 4 -> 3 -> 2: 24 + 15 + 8 parameters of four bytes.
constexpr int64_t kBytes = 47 * 4;

// Stored runs, each with what it starts from.
class Stored {
 public:
  void add(const std::string& id, const Json& starts, const Json& layer = {{"name", "dense"}}) {
    const NetworkSpec spec{.backbone = {{"name", "mlp"}, {"width", 4}, {"hidden", 3}, {"depth", 2}},
                           .layer = layer,
                           .shape = {.kind = InputKind::vector, .input_dim = 5, .outputs = 2, .domains = 2}};
    Json run = {{"network", to_json(spec)}, {"parent", ""}};
    run.update(starts);
    const Json curve = {{{"step", 1}, {"validation_loss", 1.0}, {"validation_accuracy", 0.5}},
                        {{"step", 2}, {"validation_loss", 0.75}, {"validation_accuracy", 0.625}}};
    const Json record = {
        {"id", id},
        {"run", run},
        {"curve", curve},
        {"measured", {{"train_cpu_s", 2.0}, {"peak_memory_bytes", 100 + static_cast<int>(id.size())}}}};
    commit_artefact(folder_ / id, {{"member.json", record.dump()}});
  }
  MemberStore store() const { return MemberStore(folder_.path()); }

 private:
  io_fixture::Folder folder_;
};

Json charge(const char* stage, const char* member, int participant) {
  return {{"stage", stage}, {"member", member}, {"participant", participant}};
}

Json trial(const std::vector<Json>& charges) { return {{"charges", charges}}; }

}  // namespace
}  // namespace loom::training_trace_test

using namespace loom::training_trace_test;

TEST_CASE("[training_trace] participants ship their weights once, and fetch a seed or an average before, by hand") {
  Stored stored;
  stored.add("seed", Json::object());
  stored.add("a", {{"parent", "seed"}});
  stored.add("b", {{"parent", "seed"}});
  stored.add("cold", Json::object());
  stored.add("averaged", {{"outer", Json::object()}});
  stored.add("goes_on", {{"parent", "a"}});
  MemberStore store = stored.store();
  const auto moved = [&](const std::vector<Json>& charges) { return bytes_moved(trial(charges), store); };
  const Json seed = charge("seed", "seed", -1);
  CHECK(moved({seed, charge("members", "a", 0), charge("members", "b", 1)}) == 2 * 2 * kBytes);
  CHECK(moved({charge("members", "cold", 0), charge("members", "cold", 1)}) == 2 * kBytes);
  CHECK(moved({charge("members", "averaged", 0)}) == 2 * kBytes);
  CHECK(moved({seed, charge("members", "goes_on", 0)}) == kBytes);  // its own weights are there already
  CHECK(moved({charge("members", "a", -1)}) == 0);                  // nobody's: a monolith
}

TEST_CASE(
    "[training_trace] an expert beside a frozen one fetches the seed and ships itself and its column of the gate") {
  Stored stored;
  stored.add("seed", Json::object());
  const Json pair = {{"name", "sparse_moe"}, {"experts", 2}, {"top_k", 2}, {"balance", 0.0}};
  stored.add("beside", {{"stitched", {"seed", "seed"}}, {"trains", "last_expert"}}, pair);
  MemberStore store = stored.store();
  // Down 47 parameters; up the maps 5 -> 4 and 4 -> 3 with their columns of the gates, 5 and 4 numbers: no head.
  CHECK(bytes_moved(trial({charge("seed", "seed", -1), charge("members", "beside", 0)}), store) ==
        kBytes + 4 * (24 + 15 + 5 + 4));
}

TEST_CASE("[training_trace] agents fetch those below them that are not there already") {
  Stored stored;
  const Json a = {"a0", "a1"}, b = {"b0", "b1"};
  const auto reads = [](const std::vector<Json>& layers) {
    return Json{{"below", {{"temperature", 1.0}, {"layers", layers}}}};
  };
  for (const char* id : {"a0", "a1"}) stored.add(id, Json::object());
  for (const char* id : {"b0", "b1"}) stored.add(id, reads({a}));
  for (const char* id : {"c0", "c1"}) stored.add(id, reads({a, b}));
  MemberStore store = stored.store();
  std::vector<Json> charges;
  for (const char* layer : {"a", "b", "c"})
    for (const int own : {0, 1}) charges.push_back(charge("members", (layer + std::to_string(own)).c_str(), own));
  // Six ship themselves; each of the two participants fetches the other's first agent, then the other's second.
  CHECK(bytes_moved(trial(charges), store) == (6 + 2 * 2) * kBytes);
}

TEST_CASE("[training_trace] hours add up, memory is the most, and the last stretch's gain is the deployed runs' mean") {
  Stored stored;
  stored.add("seed", Json::object());
  stored.add("longer", {{"parent", "seed"}});
  MemberStore store = stored.store();
  const Json planned = trial({charge("seed", "seed", -1), charge("members", "longer", 0)});
  const TrainingTrace trace = training_trace(planned, store, "accuracy");
  CHECK(trace.cpu_s == 4.0);
  CHECK(trace.peak_memory_bytes == 106);
  CHECK(trace.deployed == std::vector<std::string>{"longer"});
  CHECK(trace.late_gain == 0.125);
  CHECK(training_trace(planned, store, "bits_per_byte").late_gain == 0.25);
  CHECK(std::ranges::count(trace.curves, '\n') == 4);
}
