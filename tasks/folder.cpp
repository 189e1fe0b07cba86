// SPDX-License-Identifier: Apache-2.0
#include "harness/suite.h"
#include "tasks/sources/suite_folder.h"

namespace loom::suites {

SuiteSource folder() {
  Field path;
  path.name = "path";
  path.type = FieldType::text;
  path.required = true;
  path.doc = "folder that holds suite.yaml and the data it names";
  Facts facts;
  facts.kind = "suite";
  facts.name = "folder";
  facts.summary = "your own data; a folder with a suite.yaml of kind table, image, bytes, features or tokens";
  facts.fields = {std::move(path)};
  return {std::move(facts),
          [](const Json& options) { return sources::read_suite_folder(options.at("path").get<std::string>()); }};
}

}  // namespace loom::suites
