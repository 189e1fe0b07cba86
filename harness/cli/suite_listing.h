// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/json.h"
#include "harness/suite.h"

namespace loom {

// What is known of a suite with its default options, from its source and its stored card (harness/audit.h); only
// embedded data without a card are read. {"name", "summary", "domains", "sizes": {split: items}, "metric", "licence",
// "source", "data": [data sets of scripts/data], "here": whether they are, "reason": why not, "published", "floors" and
// "baselines": [{"domain", "score", "by"}], "duplicates", "card": whether there is one}; "available" is "here". Null is
// what is not known, or needs a setting (reason says which).
Json describe_suite(const SuiteSource& source);

std::string suite_line(const Json& suite);  // what `loom ls suites` says behind the name
std::string suite_page(const Json& suite);  // the data behind a suite's page

// A card as tables.
std::string audit_text(const Json& card);

}  // namespace loom
