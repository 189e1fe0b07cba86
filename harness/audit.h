// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/json.h"
#include "harness/suite.h"

namespace loom {

// All that `loom audit` finds in a suite, as stored (docs/format.md, "cards"): sizes, floor, classical baseline and
// duplicates of each domain, published figures. Numbers have six decimals, so that equal data give equal files.
// `component`: the suite as in a plan, {"name", options}. The test is opened by a reader named "audit".
Json audit(const Suite& suite, const Json& component, const std::vector<SuiteCard::Published>& published);

// As cards have them; what is as usual (a figure, in the suite's metric, whatever its options) is left out.
Json published_json(const std::vector<SuiteCard::Published>& published);

// Where a suite's card lies: of a folder in it, card.json; else below `cards`, NAME.json for the default options and
// NAME-<first 8 digits of the digest>.json for others.
std::filesystem::path card_file(const std::filesystem::path& cards, const Json& component, const Facts& facts,
                                const std::string& digest);
std::string card_text(const Json& card);  // sorted keys, one value a line
// None where there is no file. InputError when it is no card.
std::optional<Json> read_card(const std::filesystem::path& file);

// The card of the very data that `digest` names, whatever its options; InputError says how to make one.
Json find_card(const std::filesystem::path& cards, const Json& component, const std::string& digest);

}  // namespace loom
