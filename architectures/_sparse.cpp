// SPDX-License-Identifier: Apache-2.0
#include "architectures/_sparse.h"

namespace loom::architectures::sparse {

Field experts_field(const char* doc) { return {.name = "experts", .fallback = 4, .min = 1, .max = 1024, .doc = doc}; }

Field top_k_field() {
  return {.name = "top_k", .fallback = 1, .min = 1, .max = 1024, .doc = "experts that run for a row"};
}

Field balance_field() {
  return {.name = "balance",
          .type = FieldType::real,
          .fallback = 0.01,
          .min = 0,
          .max = 10,
          .doc = "weight of the load-balance loss"};
}

Json layer(const Json& options, int64_t experts) {
  Json layer = {
      {"name", "sparse_moe"}, {"experts", experts}, {"top_k", options.at("top_k")}, {"balance", options.at("balance")}};
  for (const char* key : {"shared", "z_loss", "noise", "capacity"})
    if (const Json value = options.value(key, Json()); !value.is_null() && value != 0) layer[key] = value;
  return layer;
}

std::optional<std::string> reject(const Json& options, int64_t experts) {
  if (options.at("top_k").get<int64_t>() > experts) return "top_k is larger than experts";
  return std::nullopt;
}

}  // namespace loom::architectures::sparse
