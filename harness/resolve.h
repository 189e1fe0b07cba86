// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/experiment.h"
#include "harness/facts.h"
#include "harness/words.h"
#include "harness/yaml.h"

namespace loom {

// What every step of resolving needs: the build's components, and where mistakes are told.
struct Scope {
  const FactSheet& facts;
  Diagnostics& diagnostics;
};

const Section& config_section(std::string_view name);  // one of config_sections()
const Field& config_field(std::string_view section, std::string_view name);
const Field* find_field(std::span<const Field> fields, std::string_view name);
std::vector<std::string> field_names(std::span<const Field> fields);  // sorted

std::string expectation(const Field& field);  // "a whole number from 1 to 1000"
std::string description(const Node& node);    // what was written, for "..., got ...": "'many'", "a list", "nothing"
bool is_sweep(const Node& node);              // {sweep: ...} and nothing else

// `path` names the value in messages ("train.batch"), `show` is the argument of `loom show` in the help line.
struct Place {
  std::string path, show;
};

// A scalar of the field's type, or a component. After a mistake it is told and the default is returned, so that
// checking goes on. A field whose default is a list takes one and returns an array.
Json resolve_field(const Scope& scope, const Field& field, const Node& node, const Place& place);
// A field's default in resolved form: numbers of its type, components as objects.
Json resolve_default(const Scope& scope, const Field& field);
// A map of scalar fields; nullptr: all defaults.
Json resolve_section(const Scope& scope, const Section& section, const Node* node);

// Tells of `entry` as a key that `owner` does not have.
void refuse_key(const Scope& scope, const Node::Entry& entry, const std::string& owner,
                const std::vector<std::string>& known, const std::string& show, const std::string& help = "");
// Tells of every key of a map that is no field of the section.
void refuse_unknown_keys(const Scope& scope, const Section& section, const Node& node);

}  // namespace loom
