// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/identity.h"

#include <torch/version.h>

#include "harness/engine/torch.h"
#include "harness/error.h"
#include "harness/file_field.h"
#include "harness/hash.h"
#include "harness/planning.h"
#include "harness/random.h"

namespace loom {
namespace identity_detail {

constexpr size_t kIdDigits = 16;

BuildIdentity read() { return {code_digests(), TORCH_VERSION}; }

}  // namespace identity_detail

const BuildIdentity& build_identity() {
  static const BuildIdentity identity = identity_detail::read();
  return identity;
}

std::string content_id(Json body, const std::vector<std::string>& components) {
  const BuildIdentity& build = build_identity();
  body = without_paths(std::move(body));
  body["code"] = {{"engine", build.digests.at("engine")}};
  for (const std::string& component : components) {
    const Json& digests = build.digests.at("components");
    check(digests.contains(component), "the build has no digest of " + component);
    body["code"][component] = digests.at(component);
  }
  body["torch"] = build.torch_version;
  body["seed_scheme"] = kSeedScheme;
  body["threads"] = 1;
  return sha256(canonical(body)).substr(0, identity_detail::kIdDigits);
}

}  // namespace loom
