// SPDX-License-Identifier: Apache-2.0
#include "harness/planting_rows.h"

#include <Eigen/Core>
#include <algorithm>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/planted_trial.h"
#include "harness/planting.h"
#include "harness/random.h"

namespace loom::planting {
namespace {

constexpr size_t kIdDigits = 16;

template <class Sources>
const auto& find(const Sources& sources, const Json& name) {
  const auto found = std::ranges::find_if(sources, [&](const auto& source) { return source.facts.name == name; });
  check(found != sources.end(), "a component of the config is not in the build");
  return *found;
}

std::string content_id(Json body, const Json& code) {
  body["code"] = {{"planted", code.at("engine")}};
  for (const std::string& key : {"suite/" + body.at("suite").at("name").get<std::string>(),
                                 "closed_form/" + body.at("component").at("name").get<std::string>()}) {
    check(code.at("components").contains(key), "the build has no digest of " + key);
    body["code"][key] = code.at("components").at(key);
  }
  body["eigen"] = {EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION};
  body["seed_scheme"] = kSeedScheme;
  body["threads"] = 1;
  return sha256(canonical(body)).substr(0, kIdDigits);
}

Json costs_json(const ClosedFormCosts& costs, int64_t samples) {
  return {{"train_flops", costs.train_flops},
          {"infer_flops", costs.infer_flops},
          {"params_total", costs.params_total},
          {"params_active", costs.params_active},
          {"samples", samples}};
}

}  // namespace

Rows::Rows(const SuiteConfig& config, std::shared_ptr<const Catalogue> catalogue, LocalPlan& out)
    : config_(config),
      catalogue_(std::move(catalogue)),
      source_(*find(catalogue_->suites, config.suite.at("name")).planted),
      out_(out) {
  if (const auto reason = source_.reject(config.suite))
    throw InputError("suite " + config.label + ": " + *reason + "   (loom show " +
                     config.suite.at("name").get<std::string>() + ")");
  const World world = source_.draw(config.suite, 0, 0);
  samples_ = std::visit([](const auto& any) { return any.samples * std::ssize(any.domains); }, world);
  for (const ArmConfig& arm : config.arms) costs_.push_back(form(arm).costs(arm.component, world));
  reference_ = costs_[reference_index()];
}

const ClosedForm& Rows::form(const ArmConfig& arm) const { return find(catalogue_->forms, arm.component.at("name")); }

// Ratios are to the first monolith; without one, to the first arm.
size_t Rows::reference_index() const {
  for (size_t i = 0; i < config_.arms.size(); ++i)
    if (form(config_.arms[i]).standing(config_.arms[i].component).family == "monolith") return i;
  return 0;
}

std::string Rows::add_trial(size_t arm, const Json& suite, uint64_t seed, const std::string& role) {
  Json body = {
      {"component", config_.arms[arm].component}, {"seed", seed}, {"replicates", config_.replicates}, {"suite", suite}};
  const std::string id = content_id(body, catalogue_->code);
  if (out_.plan.at("trials").contains(id)) {
    if (role.empty()) out_.plan["trials"][id].erase("role");  // reported after all
    return id;
  }
  if (!role.empty()) body["role"] = role;
  body["suite_digest"] = planted_digest(suite);
  body["members"] = body["charges"] = Json::array();
  body["train"] = Json::object();
  body["samples"] = samples_;
  body["costs"] = costs_json(costs_[arm], samples_);
  out_.plan["trials"][id] = body;
  const double worlds = 1.25 * static_cast<double>(config_.replicates);  // with validation
  out_.trials.push_back({id, worlds * costs_[arm].train_flops, [catalogue = catalogue_, id, body] {
                           const auto& source = find(catalogue->suites, body.at("suite").at("name"));
                           return run_planted(*source.planted, find(catalogue->forms, body.at("component").at("name")),
                                              id, body);
                         }});
  return id;
}

void Rows::add_suite(const std::string& label, const Json& suite) {
  const SuiteSource& source = find(catalogue_->suites, suite.at("name"));
  Json domains = Json::array();
  for (int64_t d = 0; d < source_.domains(suite); ++d) domains.push_back("domain " + std::to_string(d));
  out_.plan["suites"][label] = {{"suite", suite},           {"config", config_.label},
                                {"metric", source_.metric}, {"higher_is_better", false},
                                {"domains", domains},       {"digest", planted_digest(suite)},
                                {"licence", "generated"},   {"source", source.facts.summary},
                                {"test_items", 0}};
}

void Rows::add(const std::string& label, const Json& suite) {
  add_suite(label, suite);
  for (size_t i = 0; i < config_.arms.size(); ++i) out_.plan["rows"].push_back(row(i, label, suite));
}

Json Rows::row(size_t index, const std::string& label, const Json& suite) {
  const ArmConfig& arm = config_.arms[index];
  const Standing standing = form(arm).standing(arm.component);
  const ClosedFormCosts& costs = costs_[index];
  const auto ratio = [](auto a, auto b) { return static_cast<double>(a) / static_cast<double>(b); };
  Json out = {{"suite", label},
              {"arm", arm.label},
              {"architecture", arm.component.at("name")},
              {"family", standing.family},
              {"column", "free"},
              {"role", standing.role},
              {"information_level", standing.level},
              {"component", arm.component},
              {"status", "ok"},
              {"reason", ""},
              {"selection", Json::array()},
              {"costs", costs_json(costs, samples_)},
              {"ratios",
               {{"train_flops", ratio(costs.train_flops, reference_.train_flops)},
                {"infer_flops", ratio(costs.infer_flops, reference_.infer_flops)},
                {"params", ratio(costs.params_total, reference_.params_total)},
                {"samples", 1.0}}},
              {"trials", Json::array()}};
  const auto known = expected(index, suite);
  out["expected"] = known ? Json(*known) : Json();
  for (int seed = 0; seed < config_.seeds; ++seed)
    out["trials"].push_back(add_trial(index, suite, static_cast<uint64_t>(seed)));
  return out;
}

std::optional<double> Rows::expected(size_t arm, const Json& suite) const {
  double sum = 0;
  for (int seed = 0; seed < config_.seeds; ++seed) {
    const auto one =
        source_.expected(suite, config_.arms[arm].component, static_cast<uint64_t>(seed), config_.replicates);
    if (!one) return std::nullopt;
    sum += *one;
  }
  return sum / config_.seeds;
}

}  // namespace loom::planting
