// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/suite.h"

namespace loom::suites {
namespace markov_detail {
namespace {

constexpr int64_t kSamplesPerCell = 15;  // below it the expansion in 1/n misses by more than .003 nats

struct Setting {
  explicit Setting(const Json& options)
      : symbols(options.at("symbols")),
        domains(options.at("domains")),
        samples(options.at("samples")),
        concentration(options.at("concentration")),
        similarity(options.at("similarity")) {}
  int64_t symbols, domains, samples;
  double concentration, similarity;
};

int64_t count_domains(const Json& options) { return options.at("domains"); }

std::optional<std::string> reject(const Json& options) {
  const Setting s(options);
  const int64_t least = kSamplesPerCell * s.symbols * s.symbols;
  if (s.samples >= least) return std::nullopt;
  return std::to_string(s.samples) + " samples are too few: the closed form of a count table is wrong below " +
         std::to_string(kSamplesPerCell) + " symbols^2 = " + std::to_string(least);
}

// Marsaglia, Tsang 2000; a shape below 1 by U^(1/shape) of a shape one higher.
double gamma_draw(double shape, Stream& stream) {
  if (shape < 1) {
    const double power = std::pow(1 - stream.uniform(), 1 / shape);
    return gamma_draw(shape + 1, stream) * power;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = stream.normal(), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - stream.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

// Rows ~ Dirichlet(concentration). A probability of 0 would make the chain's entropy a special case.
std::vector<double> table(const Setting& s, Stream stream) {
  const auto size = static_cast<size_t>(s.symbols);
  std::vector<double> out(size * size);
  for (size_t row = 0; row < size; ++row) {
    double total = 0;
    for (size_t i = 0; i < size; ++i)
      total += out[row * size + i] = std::max(gamma_draw(s.concentration, stream), 1e-12);
    for (size_t i = 0; i < size; ++i) out[row * size + i] /= total;
  }
  return out;
}

// P_d = alpha P_0 + (1 - alpha) Q_d.
std::vector<Chain> chains(const Setting& s, uint64_t seed, uint64_t replicate) {
  const std::vector<double> shared = table(s, Stream(seed, "markov shared", replicate));
  std::vector<Chain> out;
  for (int64_t d = 0; d < s.domains; ++d) {
    std::vector<double> own = table(s, Stream(seed, "markov own", replicate, static_cast<uint64_t>(d)));
    for (size_t i = 0; i < own.size(); ++i) own[i] = s.similarity * shared[i] + (1 - s.similarity) * own[i];
    out.push_back(make_chain(s.symbols, std::move(own)));
  }
  return out;
}

World draw(const Json& options, uint64_t seed, int64_t replicate) {
  const Setting s(options);
  const auto index = static_cast<uint64_t>(replicate);
  SequenceWorld world{s.symbols, s.samples, {}, seed, replicate};
  for (Chain& chain : chains(s, seed, index)) {
    Stream stream(seed, "markov training", index, world.domains.size());
    std::vector<uint8_t> training = chain.sample(s.samples + 1, stream);
    world.domains.push_back({std::move(chain), std::move(training)});
  }
  return world;
}

// X - H: nats that the pooled conditional pays above the domains' entropy rates, mean over domains.
double confusion(const std::vector<Chain>& domains) {
  const size_t cells = domains[0].transition.size(), size = domains[0].stationary.size();
  std::vector<double> pooled(cells, 0.0);
  for (size_t s = 0; s < size; ++s) {
    double weight = 0;
    for (const Chain& chain : domains) weight += chain.stationary[s];
    for (const Chain& chain : domains)
      for (size_t i = s * size; i < (s + 1) * size; ++i)
        pooled[i] += chain.stationary[s] * chain.transition[i] / weight;
  }
  double sum = 0;
  for (const Chain& chain : domains) sum += chain.excess_nats(pooled);
  return sum / static_cast<double>(domains.size());
}

// A table with V (V - 1) free probabilities learnt from n symbols pays V (V - 1) / 2n nats (Rissanen 1986).
std::optional<double> expected(const Json& options, const Json& component, uint64_t seed, int64_t replicates) {
  if (component.at("name") != "count_model") return std::nullopt;
  const Setting s(options);
  const double free = static_cast<double>(s.symbols * (s.symbols - 1)) / 2;
  const std::string fit = component.at("fit");
  if (fit == "domain" && component.at("router_error") == 0.0) return free / static_cast<double>(s.samples);
  if (fit != "pooled") return std::nullopt;
  double sum = 0;
  for (int64_t r = 0; r < replicates; ++r) sum += confusion(chains(s, seed, static_cast<uint64_t>(r)));
  return sum / static_cast<double>(replicates) + free / static_cast<double>(s.samples * s.domains);
}

std::vector<Field> fields() {
  using enum FieldType;
  return {
      {.name = "similarity",
       .type = real,
       .fallback = 0.5,
       .min = 0,
       .max = 1,
       .doc = "alpha: share of the transition table that all domains have in common"},
      {.name = "symbols", .type = integer, .fallback = 16, .min = 2, .max = 64, .doc = "V: size of the alphabet"},
      {.name = "samples",
       .type = integer,
       .fallback = 16000,
       .min = 1,
       .max = 1e7,
       .doc = "n: symbols for each domain, at least 15 symbols^2"},
      {.name = "domains", .type = integer, .fallback = 8, .min = 1, .max = 64, .doc = "D: how many domains"},
      {.name = "concentration",
       .type = real,
       .fallback = 0.5,
       .min = 0.05,
       .max = 100,
       .doc = "beta: of the Dirichlet that rows are drawn from; small = predictable text"},
  };
}

}  // namespace
}  // namespace markov_detail

SuiteSource markov() {
  using namespace markov_detail;
  return {.facts = {.kind = "suite",
                    .name = "markov",
                    .summary = "planted: a Markov chain of order 1 for each domain, excess nats known exactly",
                    .inputs = {"sequences"},
                    .fields = fields()},
          .planted = PlantedSource{
              .metric = "excess_nats", .domains = count_domains, .reject = reject, .draw = draw, .expected = expected}};
}

}  // namespace loom::suites
