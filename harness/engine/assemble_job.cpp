// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <filesystem>

#include "harness/cells.h"
#include "harness/engine/jobs.h"
#include "harness/engine/member_store.h"
#include "harness/engine/staged_model.h"
#include "harness/engine/training_trace.h"
#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "harness/member_scores.h"
#include "harness/metrics.h"

namespace loom {
namespace assemble_job_detail {

namespace fs = std::filesystem;
constexpr double kHalfSmallestEffect = 0.005;  // of accuracy, or of the bits per byte relatively

Json optional(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json scores_json(const Scores& scores) {
  Json out = {{"domain", numbers_or_null(scores.domain)},  // null: no item
              {"macro", scores.macro},
              {"worst", scores.worst},
              {"iqm", scores.iqm},
              {"nll", scores.nll},
              {"ece", optional(scores.ece)},
              {"brier", optional(scores.brier)},
              {"f1", scores.f1.empty() ? Json(nullptr) : numbers_or_null(scores.f1)}};
  // Only where the test asks for it, so that other records keep their digests.
  if (scores.rejection_auroc) out["rejection_auroc"] = number_or_null(*scores.rejection_auroc);
  return out;
}

bool all_finite(const Scores& scores) { return std::isfinite(scores.macro) && std::isfinite(scores.nll); }

// Which cell of a record is which: the same for all trials of a suite, so made once and stored beside them.
struct Layout {
  std::string id, text;
};

// What the trials of one job share.
struct Shared {
  MemberStore store;
  RouterCache routers;
  std::map<std::string, Layout> layouts;             // by suite digest
  std::map<std::vector<std::string>, Json> members;  // member_scores() on the test, by the members' ids
  std::map<std::string, Outcomes> said;              // of members on the router and calibration splits, by id and split

  const Layout& layout(const std::string& suite_digest, const std::vector<Scores::Cell>& cells) {
    auto found = layouts.find(suite_digest);
    if (found == layouts.end()) {
      const std::string text = cell_layout(cells).dump();
      found = layouts.emplace(suite_digest, Layout{sha256(text).substr(0, 16), text}).first;
    }
    return found->second;
  }
};

// Assembles and judges one trial.
class Trial {
 public:
  Trial(const Json& plan, LoadedSuite& suite, Shared& shared, at::Device device)
      : plan_(plan),
        suite_(suite),
        shared_(shared),
        store_(shared.store),
        device_(device),
        id_(plan.at("id")),
        seed_(plan.at("seed")) {
    for (const Json& id : plan.at("members")) members_.push_back(id);
  }

  std::map<std::string, std::string> run() {
    const double start = cpu_seconds();
    record_ = {{"format", 1},
               {"id", id_},
               {"suite", plan_.at("suite")},
               {"suite_digest", plan_.at("suite_digest")},
               {"seed", seed_},
               {"component", plan_.at("component")},
               {"members", plan_.at("members")},
               {"samples", plan_.at("samples")},
               {"train", plan_.at("train")},
               {"metric", suite_.suite().description().metric},
               {"status", "ok"},
               {"message", ""}};
    std::map<std::string, std::string> files;
    if (!members_diverged()) judge(files);
    finish(files, cpu_seconds() - start);
    return files;
  }
  double work_cpu_s() const { return work_cpu_s_; }

 private:
  bool members_diverged() {
    for (const Json& charge : plan_.at("charges")) {
      const Json& member = store_.record(charge.at("member"));
      if (!member.at("diverged").get<bool>()) continue;
      record_["status"] = "diverged";
      record_["message"] = "member " + member.at("id").get<std::string>() +
                           ": the validation loss is not finite; the last good checkpoint is of step " +
                           member.at("best_step").dump();
      return true;
    }
    return false;
  }

  // Validation and test were kept when the member was trained, perhaps for a suite with another test; what was not kept
  // runs forward.
  std::vector<Outcomes> said(Split split) {
    std::vector<Outcomes> all;
    for (const std::string& id : members_) {
      const bool same_test = store_.record(id).at("run").at("suite_digest") == plan_.at("suite_digest");
      if (split == Split::validation || (split == Split::test && same_test)) {
        all.push_back(store_.outcomes(id, split));
      } else if (split == Split::test) {
        all.push_back(forward_outcomes(*store_.model(id, device_), view(split)));
      } else {  // a member's id tells its seed and train side, so that it tells the split's items too
        const auto [found, first] = shared_.said.try_emplace(id + "/" + std::string(name(split)));
        if (first) found->second = forward_outcomes(*store_.model(id, device_), view(split));
        all.push_back(found->second);
      }
    }
    return all;
  }

  View view(Split split) {
    if (split == Split::test) return {suite_.open_test("trial " + id_), suite_.test_data(), suite_.test_indices()};
    return {suite_.suite().train_side(), suite_.data(), suite_.indices(split, seed_)};
  }

  // What the members branched from, where they did.
  std::shared_ptr<Network> seed_network() {
    for (const Json& charge : plan_.at("charges"))
      if (charge.at("stage") == "seed") return store_.network(charge.at("member"), device_);
    return nullptr;
  }

  void judge(std::map<std::string, std::string>& files) {
    const double start = cpu_seconds();
    std::vector<std::shared_ptr<Network>> networks;
    for (const std::string& id : members_) networks.push_back(store_.network(id, device_));
    record_["bytes_moved"] = bytes_moved(plan_, store_);
    const int64_t params_member = networks.empty() ? 0 : networks[0]->parameter_count();
    const Json& component = plan_.at("component");
    TrialAssembly assembly(
        suite_, component, seed_, train_config(plan_.at("train")), std::move(networks),
        [this](Split split) { return said(split); }, /*dry=*/false, &shared_.routers,
        [this] { return seed_network(); });
    const auto model = find_architecture(component.at("name").get<std::string>()).assemble(assembly);
    record_["ledger"] = plan_.at("charges");
    for (const Charge& charge : assembly.charges()) record_["ledger"].push_back(to_json(charge));
    const Outcomes on_validation = model->outcomes(view(Split::validation), said(Split::validation));
    const View test = view(Split::test);
    const std::vector<Outcomes> members_on_test = said(Split::test);
    const Outcomes on_test = model->outcomes(test, members_on_test);
    add_scores(on_validation, on_test);
    if (record_["status"] == "ok") add_member_scores(members_on_test, params_member);
    if (record_["status"] == "ok" && !model->stages().empty()) add_stream(*model, test, members_on_test);
    add_routing(*model, test, members_on_test);
    record_["params_total"] = model->parameters_total();
    record_["params_active"] = model->parameters_active();
    record_["infer_flops"] = plan_.at("costs").at("infer_flops");
    work_cpu_s_ = cpu_seconds() - start;
    if (seed_ == 0) {  // one seed per arm is enough for the latency session and for restoring
      Json state;
      Arrays arrays;
      model->save(state, arrays);
      files["model.json"] = state.dump(1);
      files["model.safetensors"] = encode_safetensors(arrays);
    }
    files["outcomes-test.safetensors"] = encode_outcomes(on_test);
    files["outcomes-validation.safetensors"] = encode_outcomes(on_validation);
  }

  void add_scores(const Outcomes& on_validation, const Outcomes& on_test) {
    const auto& facts = suite_.suite().description();
    const auto domains = static_cast<int64_t>(facts.domains.size());
    const Scores validation = score(on_validation, facts.metric, domains),
                 test = score(on_test, facts.metric, domains, facts.held_out);
    if (!all_finite(validation) || !all_finite(test)) {
      record_["status"] = "diverged";
      record_["message"] = "a score is not finite";
      return;
    }
    record_["scores"] = {{"validation", scores_json(validation)}, {"test", scores_json(test)}};
    record_["cells"] = encode_cells(test.cells);
    record_["layout"] = shared_.layout(suite_.suite().digest(), test.cells).id;
  }

  void add_routing(const Model& model, const View& test, std::span<const Outcomes> members) {
    const auto batch = plan_.at("train").at("batch").get<int64_t>();
    record_["routing"] = model.routing(test, {.members = members, .batch = batch});
    if (record_["status"] != "ok" || record_["member_scores"].is_null() || !record_["routing"].contains("load")) return;
    if (!model.stages().empty()) return;  // of a stream some members are gone
    record_["routing"]["regret"] = regret(record_["member_scores"], record_["scores"]["test"].at("macro"),
                                          suite_.suite().description().higher_is_better);
  }

  void add_stream(const Model& model, const View& test, std::span<const Outcomes> said) {
    const Json& first = store_.record(members_.at(0)).at("run");
    auto untrained = std::make_shared<Network>(network_spec_from_json(first.at("network")), 1, device_);
    untrained->parameters().initialise(std::array{seed_}, std::array<uint64_t, 1>{0});
    const Outcomes before = forward_outcomes(NetworkModel(untrained), test);
    record_["stream"] = stream_record(model, test, said, before, record_["ledger"], suite_.suite().description());
  }

  // What each member says alone: outcomes are not shared with results, so whoever takes a fabric's gap apart needs it
  // here. One member is the model itself.
  void add_member_scores(const std::vector<Outcomes>& said, int64_t params) {
    record_["member_scores"] = nullptr;
    if (members_.size() < 2) return;
    auto found = shared_.members.find(members_);
    if (found == shared_.members.end()) {
      const auto& facts = suite_.suite().description();
      const Json scores = member_scores(said, facts.metric, std::ssize(facts.domains), facts.held_out);
      found = shared_.members.emplace(members_, scores).first;
      found->second["params"] = params;
    }
    record_["member_scores"] = found->second;
  }

  // Everything that times, places or hosts explain stands in `measured`; the rest is digest-compared by verify.
  void finish(std::map<std::string, std::string>& files, double assemble_cpu_s) {
    TrainingTrace trace = training_trace(plan_, store_, suite_.suite().description().metric);
    record_["test_openings"] = Json::array({"trial " + id_});
    for (const std::string& member : trace.deployed) record_["test_openings"].push_back("member " + member);
    record_["late_gain"] = trace.late_gain;
    record_["undertrained"] = trace.late_gain > kHalfSmallestEffect;
    record_["digest"] = sha256(canonical(record_));
    record_["measured"] = {{"train_cpu_s", trace.cpu_s},
                           {"assemble_cpu_s", assemble_cpu_s},
                           {"peak_memory_bytes", trace.peak_memory_bytes},
                           {"energy_j", nullptr},
                           {"energy_reason", "no energy counter is read"},
                           {"isa", at::get_cpu_capability()}};
    files["metrics.jsonl"] = std::move(trace.curves);
    files["record.json"] = record_.dump(1);
  }

  const Json& plan_;
  LoadedSuite& suite_;
  Shared& shared_;
  MemberStore& store_;
  at::Device device_;
  std::string id_;
  uint64_t seed_;
  std::vector<std::string> members_;
  Json record_;
  double work_cpu_s_ = 0;
};

}  // namespace assemble_job_detail

Json run_assemble_job(const Json& job, Suites& suites, at::Device device) {
  using namespace assemble_job_detail;
  const fs::path results = job.at("results").get<std::string>();
  Shared shared{.store = MemberStore(job.at("store").get<std::string>()),
                .routers = {},
                .layouts = {},
                .members = {},
                .said = {}};
  double work = 0;
  for (const Json& plan : job.at("trials")) {
    Trial trial(plan, load_suite(suites, plan.at("suite"), device), shared, device);
    const auto files = trial.run();
    for (const auto& [digest, layout] : shared.layouts)
      if (const fs::path file = results / "layouts" / (layout.id + ".json"); !fs::exists(file))
        write_file_atomic(file, layout.text);
    commit_artefact(results / "trials" / plan.at("id").get<std::string>(), files);
    work += trial.work_cpu_s();
  }
  return {{"work_cpu_s", work}};
}

}  // namespace loom
