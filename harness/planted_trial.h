// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "harness/planted.h"

namespace loom {

// Draws the worlds of a planned trial, fits its arm to each, and gives the files of trials/<id>. `trial` is the plan's
// entry. Validation is a quarter as many further worlds. No files when interrupted() comes in between.
std::map<std::string, std::string> run_planted(const PlantedSource& suite, const ClosedForm& form,
                                               const std::string& id, const Json& trial);

}  // namespace loom
