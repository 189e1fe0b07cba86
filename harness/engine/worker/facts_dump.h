// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/json.h"

namespace loom {

Json all_facts();     // every component of this build, sorted by kind and name: the content of facts.json
Json doctor_facts();  // LibTorch's version, capability and devices

}  // namespace loom
