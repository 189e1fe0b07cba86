// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/json.h"
#include "harness/suite.h"

namespace loom {

// SUITE and its key=value options as an entry of a config's `suites` would name them; `folder:PATH` is a folder of
// one's own. `folder_unsaid`: a word that is no suite and is a folder is meant as one. InputError as for a config.
Json suite_of_words(const std::vector<std::string>& words, bool folder_unsaid = false);

const SuiteSource* find_suite_source(const std::string& name);  // nullptr when unknown
const SuiteSource& suite_source(const Json& component);         // InputError where it draws worlds and has no items
Suite load_suite_of(const Json& component);

}  // namespace loom
