// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/facts.h"

// Schemas of single values. For config_schema's own sources.
namespace loom::schema_values {

Json reference_to(const std::string& definition);
Json any_of(std::vector<Json> schemas);  // the schema itself where there is one
Json plain_text();                       // what the parser takes as a text: unquoted numbers too
Json plain_name();                       // of a results folder, a claim
Json map_of(Json properties, std::vector<std::string> required = {});  // no other keys
Json list_of(Json item, size_t least = 1);

struct FieldRules {
  bool nullable = false;  // null stands for a default that is null
  bool sweeps = false;    // {sweep: [...]} may stand instead
};
// A field's value with its doc and default: a component by #/definitions/KIND, a section by #/definitions/NAME, a list.
Json field_schema(const Field& field, const FieldRules& rules);
// As above, undocumented; of a list one of its items.
Json scalar_schema(const Field& field);
Json documented(const Field& field, Json schema);
Json with_sweeps(const Json& schema);

}  // namespace loom::schema_values
