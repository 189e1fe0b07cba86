// SPDX-License-Identifier: Apache-2.0
#include "harness/config_schema.h"

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "harness/experiment.h"
#include "tests/config_facts.h"

namespace loom::config_schema_test {
namespace {

using testing::config_facts;

// Every object anywhere in the schema.
void visit(const Json& value, const std::function<void(const Json&)>& look) {
  if (value.is_object()) look(value);
  for (const Json& inner : value)
    if (inner.is_structured()) visit(inner, look);
}

// The properties of a section: of the one object among the forms of a definition.
const Json& section_properties(const Json& schema, const std::string& section) {
  if (section.empty()) return schema.at("properties");
  const Json& definition = schema.at("definitions").at(section == "suite" ? "suite_entry" : section);
  return section == "suite" ? definition.at("anyOf")[1].at("properties") : definition.at("properties");
}

TEST_CASE("[config schema] every key of every section is there, with its doc and default") {
  const Json schema = config_schema(config_facts());
  for (const Section& section : config_sections()) {
    const Json& properties = section_properties(schema, section.name);
    for (const Field& field : section.fields) {
      CAPTURE(section.name + "." + field.name);
      REQUIRE(properties.contains(field.name));
      CHECK(properties.at(field.name).value("description", "") == field.doc);
      if (field.fallback.is_number()) CHECK(properties.at(field.name).at("default") == field.fallback);
    }
    const size_t more = section.name == "suite" ? 1 : 0;  // imported: PATH
    CHECK(properties.size() == section.fields.size() + more);
  }
}

TEST_CASE("[config schema] a range and a choice are those of the descriptor, a whole bound without a point") {
  const Json train = config_schema(config_facts()).at("definitions").at("train").at("properties");
  CHECK(train.at("batch").at("minimum").dump() == "1");
  CHECK(train.at("batch").at("maximum").dump() == "65536");
  CHECK(train.at("batch").at("type") == "integer");
  CHECK(train.at("learning_rate").at("type") == "number");
  CHECK(train.at("schedule").at("enum") == Json({"one_cycle", "cosine", "constant"}));
}

TEST_CASE("[config schema] every component of the fact sheet can be named, with its settings and its backbones'") {
  const FactSheet facts = config_facts();
  const Json definitions = config_schema(facts).at("definitions");
  for (const Facts& one : facts.all()) {
    CAPTURE(one.kind + " " + one.name);
    const Json& settings = definitions.at(one.kind + "." + one.name).at("anyOf")[0].at("properties");
    for (const Field& field : one.fields) CHECK(settings.contains(field.name));
    CHECK((one.kind != "architecture" || settings.contains("width")));
    CHECK(definitions.at(one.kind).at("anyOf")[1].at("properties").contains(one.name));
  }
  CHECK(definitions.at("suite").at("anyOf")[0].at("enum") == Json({"bytes9", "digits4"}));  // folder needs its path
}

TEST_CASE("[config schema] every reference leads to a definition") {
  const Json schema = config_schema(config_facts());
  const std::string head = "#/definitions/";
  int references = 0;
  visit(schema, [&](const Json& object) {
    const auto found = object.find("$ref");
    if (found == object.end()) return;
    const std::string target = found->get<std::string>();
    CAPTURE(target);
    REQUIRE(target.starts_with(head));
    CHECK(schema.at("definitions").contains(target.substr(head.size())));
    CHECK(object.size() == 1);  // draft 7 reads nothing beside it
    ++references;
  });
  CHECK(references > 50);
}

TEST_CASE("[config schema] a sweep may stand inside arms and a suite's settings, and nowhere else") {
  const Json definitions = config_schema(config_facts()).at("definitions");
  const auto sweeps = [&](const std::string& name) {
    return definitions.at(name).dump().find(R"("sweep":{)") != std::string::npos;
  };
  CHECK(sweeps("arm"));
  CHECK(sweeps("architecture.sparse_moe"));
  CHECK(sweeps("backbone.mlp"));
  CHECK(sweeps("combiner.router"));
  CHECK(sweeps("suite.folder"));
  for (const char* name : {"train", "tune", "grid", "latency", "statistics", "claims", "search"}) {
    CAPTURE(name);
    CHECK_FALSE(sweeps(name));
  }
  CHECK(definitions.at("no_sweep").at("properties").at("sweep") == false);
}

}  // namespace
}  // namespace loom::config_schema_test
