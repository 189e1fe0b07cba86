// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/facts.h"

namespace loom {

// JSON Schema, draft 7, of an experiment config: for editors, which complete and mark mistakes while one types. Made
// from config_sections() and the fact sheet, so it says what the parser says, save for what a schema cannot express:
// names of files and arms, how texts are quoted, and whatever depends on another part of the config. A config that the
// parser takes is valid; one without `defaults:` that breaks a rule of a single place is not. Lists of claims in files
// of their own are #/definitions/claim_file.
Json config_schema(const FactSheet& facts);

}  // namespace loom
