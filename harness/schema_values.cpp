// SPDX-License-Identifier: Apache-2.0
#include "harness/schema_values.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/error.h"

namespace loom::schema_values {
namespace {

Json bound(const Field& field, double value) {
  return field.type == FieldType::integer ? Json(static_cast<int64_t>(value)) : Json(value);
}

Json number(const Field& field) {
  Json out = {{"type", field.type == FieldType::integer ? "integer" : "number"}};
  if (field.min) out["minimum"] = bound(field, *field.min);
  if (field.max) out["maximum"] = bound(field, *field.max);
  return out;
}

Json file() {
  Json locked = map_of({{"path", plain_text()}, {"sha256", plain_text()}}, {"path", "sha256"});
  return any_of({plain_text(), std::move(locked)});
}

}  // namespace

Json reference_to(const std::string& definition) { return {{"$ref", "#/definitions/" + definition}}; }

Json any_of(std::vector<Json> schemas) {
  if (schemas.size() == 1) return std::move(schemas[0]);
  return {{"anyOf", std::move(schemas)}};
}

Json plain_text() { return {{"type", {"string", "number", "boolean"}}, {"pattern", "^[^\\n]+$"}}; }

Json plain_name() {
  return {{"type", {"string", "number", "boolean"}}, {"pattern", "^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$"}};
}

Json map_of(Json properties, std::vector<std::string> required) {
  Json out = {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

Json list_of(Json item, size_t least) {
  return {{"type", "array"}, {"items", std::move(item)}, {"minItems", least}, {"uniqueItems", true}};
}

Json scalar_schema(const Field& field) {
  switch (field.type) {
    case FieldType::boolean:
      return {{"type", "boolean"}};
    case FieldType::integer:
    case FieldType::real:
      return number(field);
    case FieldType::text:
      return plain_text();
    case FieldType::choice:
      return {{"enum", field.choices}};
    case FieldType::component:
      return reference_to(field.fallback.is_object() ? field.name : field.component);
    case FieldType::file:
      return file();
  }
  fail("field type without a schema");
}

Json documented(const Field& field, Json schema) {
  if (schema.contains("$ref")) schema = {{"allOf", {std::move(schema)}}};  // draft 7 reads nothing beside a $ref
  if (!field.doc.empty()) schema["description"] = field.doc;
  const bool told = !field.fallback.is_object() && !field.fallback.empty() && field.fallback != Json("");
  if (told && !field.required) schema["default"] = field.fallback;
  return schema;
}

Json with_sweeps(const Json& schema) { return any_of({schema, map_of({{"sweep", list_of(schema)}}, {"sweep"})}); }

Json field_schema(const Field& field, const FieldRules& rules) {
  Json value = scalar_schema(field);
  if (field.fallback.is_array()) value = list_of(rules.sweeps ? with_sweeps(value) : value);
  if (rules.sweeps) value = with_sweeps(value);
  if (rules.nullable && field.fallback.is_null() && !field.required) value = any_of({value, {{"type", "null"}}});
  return documented(field, std::move(value));
}

}  // namespace loom::schema_values
