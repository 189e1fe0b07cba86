// SPDX-License-Identifier: Apache-2.0
#include "harness/throughput.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"
#include "harness/io.h"

namespace loom {
namespace throughput_detail {
namespace {

namespace fs = std::filesystem;

constexpr int kEnough = 20;     // members of a kind
constexpr int kReadsMax = 400;  // a listing must not take seconds in a large store

struct Nominal {
  std::string_view backbone;
  double dense, other;  // FLOP/s; other: experts and other joint layers
};
// Means over 29,000 members of this project's own runs, on one core of an AVX-512 server each. By dense and joint
// layers: mlp 3.1e10 and 5e9 to 1.8e10, transformer 3.5e10 and 0.9e10 to 4.3e10, bag 1.6e9 and 1.3e9.
constexpr auto kNominal =
    std::to_array<Nominal>({{"mlp", 3e10, 6e9}, {"transformer", 3.5e10, 2e10}, {"bag", 1.6e9, 1.3e9}});
constexpr Nominal kUnknownBackbone = {"", 1e10, 5e9};

std::string kind_of(const Json& run) {
  if (!run.contains("network")) return "";
  const Json& network = run.at("network");
  const std::string layer = network.at("layer").at("name"), backbone = network.at("backbone").at("name");
  return layer == "dense" ? backbone : backbone + " " + layer;
}

double nominal_rate(const std::string& kind) {
  const std::string backbone = kind.substr(0, kind.find(' '));
  const auto found = std::ranges::find(kNominal, backbone, &Nominal::backbone);
  const Nominal& rate = found == kNominal.end() ? kUnknownBackbone : *found;
  return kind == backbone ? rate.dense : rate.other;
}

// What stored members took, by kind.
class Measured {
 public:
  Measured(const Places& places, const std::set<std::string>& kinds) : places_(places), kinds_(kinds) {}

  void read_plan(const Json& plan) {
    for (const auto& [id, run] : plan.at("members").items())
      if (kinds_.contains(kind_of(run)) && !enough(kind_of(run))) read(id);
  }

  void read_store() {
    std::error_code error;
    for (fs::directory_iterator it(places_.store, error), end; !error && it != end; it.increment(error)) {
      if (std::ranges::all_of(kinds_, [&](const std::string& kind) { return enough(kind); })) return;
      read(it->path().filename().string());
    }
  }

  Throughput rate(const std::string& kind) const {
    const auto found = sums_.find(kind);
    if (found == sums_.end() || found->second.cpu_s <= 0) return {kind, nominal_rate(kind), 0};
    return {kind, found->second.flops / found->second.cpu_s, found->second.members};
  }

 private:
  struct Sum {
    double flops = 0, cpu_s = 0;
    int members = 0;
  };

  bool enough(const std::string& kind) const {
    const auto found = sums_.find(kind);
    return found != sums_.end() && found->second.members >= kEnough;
  }

  void read(const std::string& id) {
    if (reads_ >= kReadsMax || !safe_name(id) || !artefact_complete(places_.store / id)) return;
    if (!seen_.insert(id).second) return;
    ++reads_;
    try {
      const Json member = parse_json(read_artefact(places_.store / id, "member.json"), id);
      const std::string kind = kind_of(member.at("run"));
      if (!kinds_.contains(kind)) return;
      Sum& sum = sums_[kind];
      sum.flops += member.at("run").at("flops").get<double>();
      sum.cpu_s += member.at("measured").at("train_cpu_s").get<double>();
      ++sum.members;
    } catch (const Json::exception&) {  // another loom's member: an estimate can do without
    } catch (const InputError&) {
    }
  }

  const Places& places_;
  const std::set<std::string>& kinds_;
  std::map<std::string, Sum> sums_;
  std::set<std::string> seen_;
  int reads_ = 0;
};

}  // namespace
}  // namespace throughput_detail

TimeEstimate estimate_time(const Json& plan, const std::vector<std::string>& members, const Places& places) {
  using namespace throughput_detail;
  std::map<std::string, double> flops;
  std::set<std::string> kinds;
  for (const std::string& id : members) {
    const Json& run = plan.at("members").at(id);
    flops[kind_of(run)] += run.at("flops").get<double>();
    kinds.insert(kind_of(run));
  }
  Measured measured(places, kinds);
  measured.read_plan(plan);
  measured.read_store();
  TimeEstimate out;
  for (const auto& [kind, amount] : flops) {
    out.rates.push_back(measured.rate(kind));
    out.cpu_s += amount / out.rates.back().flops_per_s;
  }
  return out;
}

}  // namespace loom
