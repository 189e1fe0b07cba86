// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/facts.h"

namespace loom {

// Adds #/definitions/KIND for each kind a config can name, KIND.NAME for the settings of each component, setting.KEY
// for those of backbones, `arm`, `reference` and `no_sweep`. For config_schema's own sources.
void define_components(const FactSheet& facts, Json& definitions);

bool needs_settings(const Facts& facts);  // it cannot be named by its name alone

// Names a component of the kind by its name alone.
Json names_schema(const FactSheet& facts, std::string_view kind, const std::vector<std::string>& names);

}  // namespace loom
