// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/suite.h"

namespace loom::suites {
namespace linear_detail {
namespace {

struct Setting {
  explicit Setting(const Json& options)
      : inputs(options.at("inputs")),
        samples(options.at("samples")),
        domains(options.at("domains")),
        noise(options.at("noise")),
        similarity(options.at("similarity")) {}
  int64_t inputs, samples, domains;
  double noise, similarity;
};

std::vector<double> normals(int64_t count, double deviation, Stream stream) {
  std::vector<double> out(static_cast<size_t>(count));
  for (double& value : out) value = deviation * stream.normal();
  return out;
}

int64_t count_domains(const Json& options) { return options.at("domains"); }

std::optional<std::string> reject(const Json& options) {
  const Setting s(options);
  if (s.samples >= s.inputs + 2) return std::nullopt;
  return "least squares on " + std::to_string(s.samples) + " samples of " + std::to_string(s.inputs) +
         " inputs has no finite expected risk; samples must be at least inputs + 2";
}

// w_d = sqrt(rho) u + sqrt(1 - rho) v_d with u, v_d ~ N(0, I/p): the expected cosine of two domains' weights is rho.
World draw(const Json& options, uint64_t seed, int64_t replicate) {
  const Setting s(options);
  const auto index = static_cast<uint64_t>(replicate);
  const double scale = 1 / std::sqrt(static_cast<double>(s.inputs));
  const std::vector<double> shared = normals(s.inputs, scale, Stream(seed, "linear shared", index));
  RegressionWorld world{s.inputs, s.samples, s.noise, s.similarity, {}};
  for (int64_t d = 0; d < s.domains; ++d) {
    const auto domain = static_cast<uint64_t>(d);
    RegressionWorld::Domain out;
    out.weights = normals(s.inputs, scale, Stream(seed, "linear own", index, domain));
    for (size_t i = 0; i < out.weights.size(); ++i)
      out.weights[i] = std::sqrt(s.similarity) * shared[i] + std::sqrt(1 - s.similarity) * out.weights[i];
    out.inputs = normals(s.samples * s.inputs, 1, Stream(seed, "linear inputs", index, domain));
    out.targets = normals(s.samples, s.noise, Stream(seed, "linear noise", index, domain));
    for (size_t row = 0; row < out.targets.size(); ++row)
      for (size_t i = 0; i < out.weights.size(); ++i)
        out.targets[row] += out.inputs[row * out.weights.size() + i] * out.weights[i];
    world.domains.push_back(std::move(out));
  }
  return world;
}

// Expected excess risks. Normal inputs make E[(X'X)^-1] = I / (n - p - 1) (inverse Wishart), so that specialists, soup
// and routed errors are exact; the pooled fit's bias term is exact to order 1/N.
std::optional<double> expected(const Json& options, const Json& component, uint64_t, int64_t) {
  if (component.at("name") != "least_squares") return std::nullopt;
  const Setting s(options);
  const double p = static_cast<double>(s.inputs), n = static_cast<double>(s.samples);
  const double parts = static_cast<double>(s.domains), all = n * parts, variance = s.noise * s.noise;
  const double spread = (1 - s.similarity) * (1 - 1 / parts);  // E|w_d - mean w|^2
  const double alone = variance * p / (n - p - 1);
  const std::string fit = component.at("fit");
  if (fit == "pooled") return spread * (1 + (p + 1) / all) + variance * p / (all - p - 1);
  if (fit == "domain")
    return alone + (s.domains > 1 ? 2 * component.at("router_error").get<double>() * (1 - s.similarity) : 0);
  if (fit == "soup") return spread + alone / parts;
  const double own = (1 - 1 / parts) * alone;  // what averaging takes off a specialist's variance
  return alone / parts + (spread + own > 0 ? spread * own / (spread + own) : 0);
}

std::vector<Field> fields() {
  using enum FieldType;
  return {
      {.name = "similarity",
       .type = real,
       .fallback = 0.5,
       .min = 0,
       .max = 1,
       .doc = "rho: expected cosine of the weights of two domains"},
      {.name = "inputs", .type = integer, .fallback = 16, .min = 1, .max = 256, .doc = "p: inputs of an item"},
      {.name = "samples", .type = integer, .fallback = 64, .min = 3, .max = 65536, .doc = "n: items for each domain"},
      {.name = "domains", .type = integer, .fallback = 8, .min = 1, .max = 256, .doc = "D: how many domains"},
      {.name = "noise", .type = real, .fallback = 1.0, .min = 0, .max = 1000, .doc = "sigma: deviation of the targets"},
  };
}

}  // namespace
}  // namespace linear_detail

SuiteSource linear() {
  using namespace linear_detail;
  return {.facts = {.kind = "suite",
                    .name = "linear",
                    .summary = "planted: a linear regression for each domain, excess risks known in closed form",
                    .inputs = {"regression"},
                    .fields = fields()},
          .planted = PlantedSource{
              .metric = "excess_risk", .domains = count_domains, .reject = reject, .draw = draw, .expected = expected}};
}

}  // namespace loom::suites
