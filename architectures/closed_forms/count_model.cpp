// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/error.h"
#include "harness/planted.h"

namespace loom::closed_forms {
namespace count_model_detail {
namespace {

constexpr double kAdded = 0.5;  // Krichevsky, Trofimov 1981
using Table = std::vector<double>;

Table conditional(const SequenceWorld& world, size_t first, size_t last) {
  const auto size = static_cast<size_t>(world.symbols);
  Table table(size * size, kAdded);
  for (size_t d = first; d < last; ++d) {
    const std::vector<uint8_t>& text = world.domains[d].training;
    for (size_t i = 1; i < text.size(); ++i) ++table[text[i - 1] * size + text[i]];
  }
  for (size_t s = 0; s < size; ++s) {
    double total = 0;
    for (size_t i = s * size; i < (s + 1) * size; ++i) total += table[i];
    for (size_t i = s * size; i < (s + 1) * size; ++i) table[i] /= total;
  }
  return table;
}

double log_likelihood(const Table& logs, const std::vector<uint8_t>& window, size_t size) {
  double sum = 0;
  for (size_t i = 1; i < window.size(); ++i) sum += logs[window[i - 1] * size + window[i]];
  return sum;
}

// ln of the mean over members of exp(log-likelihood): a uniform prior over members for each window.
double mixture(const std::vector<double>& by_member) {
  const double most = std::ranges::max(by_member);
  double sum = 0;
  for (const double one : by_member) sum += std::exp(one - most);
  return most + std::log(sum / static_cast<double>(by_member.size()));
}

// The mixture's excess is the domain's own member's, which is exact, plus the difference between the two on windows:
// that is small, and so is its noise.
double posterior_excess(const SequenceWorld& world, const std::vector<Table>& tables, const std::vector<Table>& logs,
                        size_t domain, const Json& options) {
  const Chain& chain = world.domains[domain].chain;
  const auto windows = options.at("windows").get<int64_t>(), length = options.at("window").get<int64_t>();
  Stream stream(world.seed, "count_model windows", static_cast<uint64_t>(world.replicate), domain);
  double difference = 0;
  for (int64_t w = 0; w < windows; ++w) {
    const std::vector<uint8_t> window = chain.sample(length + 1, stream);
    std::vector<double> by_member;
    for (const Table& member : logs)
      by_member.push_back(log_likelihood(member, window, static_cast<size_t>(world.symbols)));
    difference += by_member[domain] - mixture(by_member);
  }
  return chain.excess_nats(tables[domain]) + difference / static_cast<double>(windows * length);
}

std::vector<double> fit(const Json& options, const World& any) {
  const auto& world = std::get<SequenceWorld>(any);
  const size_t domains = world.domains.size();
  const std::string kind = options.at("fit");
  std::vector<double> out;
  if (kind == "pooled") {
    const Table table = conditional(world, 0, domains);
    for (const auto& domain : world.domains) out.push_back(domain.chain.excess_nats(table));
    return out;
  }
  std::vector<Table> tables, logs;
  for (size_t d = 0; d < domains; ++d) {
    tables.push_back(conditional(world, d, d + 1));
    logs.push_back(tables.back());
    for (double& value : logs.back()) value = std::log(value);
  }
  for (size_t d = 0; d < domains; ++d) {
    if (kind == "posterior") {
      out.push_back(posterior_excess(world, tables, logs, d, options));
      continue;
    }
    std::vector<double> by_expert;
    for (const Table& table : tables) by_expert.push_back(world.domains[d].chain.excess_nats(table));
    out.push_back(routed(by_expert, d, options.at("router_error")));
  }
  return out;
}

Standing standing(const Json& options) { return {options.at("fit") == "pooled" ? "monolith" : "fabric", "arm"}; }

// One addition for each symbol, one division for each cell. The posterior looks up every member, multiplies and adds.
ClosedFormCosts costs(const Json& options, const World& any) {
  const auto& world = std::get<SequenceWorld>(any);
  const auto parts = static_cast<int64_t>(world.domains.size());
  const int64_t cells = world.symbols * world.symbols;
  const int64_t tables = options.at("fit") == "pooled" ? 1 : parts;
  const int64_t used = options.at("fit") == "posterior" ? parts : 1;
  return {.train_flops = static_cast<double>(world.samples * parts + cells * tables),
          .infer_flops = static_cast<double>(used == 1 ? 1 : 3 * used),
          .params_total = cells * tables,
          .params_active = cells * used};
}

std::vector<Field> fields() {
  using enum FieldType;
  return {{.name = "fit",
           .type = choice,
           .fallback = "pooled",
           .choices = {"pooled", "domain", "posterior"},
           .doc = "one table of all data, one for each domain, or the Bayes mixture of these"},
          {.name = "router_error",
           .type = real,
           .fallback = 0.0,
           .min = 0,
           .max = 1,
           .doc = "fit: domain: how often the router names a wrong expert, each as likely; scored in expectation"},
          {.name = "window",
           .type = integer,
           .fallback = 64,
           .min = 1,
           .max = 65536,
           .doc = "fit: posterior: symbols after which the mixture forgets whose text it reads"},
          {.name = "windows",
           .type = integer,
           .fallback = 64,
           .min = 1,
           .max = 65536,
           .doc = "fit: posterior: windows drawn for each domain and replicate to score it"}};
}

}  // namespace
}  // namespace count_model_detail

ClosedForm count_model() {
  using namespace count_model_detail;
  return {.facts = {.kind = "architecture",
                    .name = "count_model",
                    .summary = "bigram counts plus a half on planted chains: one monolith or a fabric of tables",
                    .paper = "Krichevsky Trofimov 1981",
                    .family = "fabric",
                    .inputs = {"sequences"},
                    .fields = fields()},
          .standing = standing,
          .fit = fit,
          .costs = costs};
}

}  // namespace loom::closed_forms
