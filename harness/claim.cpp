// SPDX-License-Identifier: Apache-2.0
#include "harness/claim.h"

#include <nlohmann/json.hpp>

#include "harness/hash.h"

namespace loom {
namespace claim_detail {
namespace {

Json side_json(const ClaimSide& side) { return side.family.empty() ? Json(side.arm) : Json{{"family", side.family}}; }

ClaimSide side_of(const Json& value) {
  if (value.is_string()) return {.arm = value.get<std::string>(), .family = {}};
  return {.arm = {}, .family = value.at("family").get<std::string>()};
}

}  // namespace
}  // namespace claim_detail

Json to_json(const Claim& claim) {
  Json value = {{"id", claim.id},
                {"question", claim.question},
                {"suites", claim.suites},
                {"columns", claim.columns},
                {"better", claim_detail::side_json(claim.better)},
                {"than", claim_detail::side_json(claim.than)},
                {"margin", claim.margin ? Json(*claim.margin) : Json()},
                {"family", claim.family.empty() ? Json() : Json(claim.family)},
                {"seeds", claim.seeds}};
  if (!claim.source.empty()) value["source"] = claim.source;
  if (claim.published) value["published"] = *claim.published;
  return value;
}

Claim claim_from_json(const Json& value) {
  Claim claim;
  claim.id = value.at("id").get<std::string>();
  claim.question = value.at("question").get<std::string>();
  claim.suites = value.at("suites").get<std::vector<std::string>>();
  claim.columns = value.at("columns").get<std::vector<std::string>>();
  claim.better = claim_detail::side_of(value.at("better"));
  claim.than = claim_detail::side_of(value.at("than"));
  if (!value.at("margin").is_null()) claim.margin = value.at("margin").get<double>();
  if (!value.at("family").is_null()) claim.family = value.at("family").get<std::string>();
  claim.seeds = value.at("seeds").get<int>();
  claim.source = value.value("source", "");
  if (value.contains("published")) claim.published = value["published"].get<double>();
  return claim;
}

std::string claim_hash(const Claim& claim) {
  Claim tested = claim;
  tested.source.clear();
  tested.published.reset();
  return sha256(canonical(to_json(tested))).substr(0, 16);
}

std::string side_text(const ClaimSide& side) { return side.family.empty() ? side.arm : "best " + side.family; }

}  // namespace loom
