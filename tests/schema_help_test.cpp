// SPDX-License-Identifier: Apache-2.0
#include "harness/schema_help.h"

#include <doctest/doctest.h>

#include "harness/error.h"
#include "harness/experiment.h"
#include "tests/config_facts.h"

namespace loom::schema_help_test {
namespace {

std::string show(std::string_view key) { return describe(testing::config_facts(), key); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("[schema help] a key prints type, range, default and meaning") {
  CHECK(show("train.batch") ==
        "train.batch\n"
        "  items per training step\n"
        "  type     whole number\n"
        "  range    1 to 65536\n"
        "  default  64\n");
  CHECK(show("train batch") == show("batch"));
}

TEST_CASE("[schema help] a setting of a component prints its choices") {
  CHECK(show("router.mode") ==
        "combiner router.mode\n"
        "  pick one or mix\n"
        "  type     choice\n"
        "  choices  hard, soft\n"
        "  default  hard\n");
  CHECK(show("combiner router mode") == show("router mode"));
  CHECK(show("top_k") == show("sparse_moe.top_k"));
}

TEST_CASE("[schema help] a component prints its settings, a kind its names") {
  const std::string router = show("combiner router");
  CHECK(router.starts_with("combiner router\n  a trained gate\n"));
  CHECK(contains(router, "\n  hidden  a whole number from 1 to 4096  16       units of the gate\n"));
  CHECK(contains(show("oracle"), "takes no settings"));
  for (const char* name : {"oracle", "posterior_mixture", "router", "uniform_soup"})
    CHECK(contains(show("combiner"), name));
  CHECK(show("combiners") == show("combiner"));
}

TEST_CASE("[schema help] every section, key, kind, component and setting can be shown") {
  const FactSheet facts = testing::config_facts();
  for (const Section& section : config_sections()) {
    const std::string title = section.name.empty() ? "config" : section.name;
    const std::string page = show(title);
    for (const Field& field : section.fields) {
      CHECK(contains(page, "\n  " + field.name + " "));
      CHECK(contains(page, field.doc));
      CHECK_FALSE(show(field.name).empty());
    }
  }
  for (const Facts& one : facts.all()) {
    CHECK(contains(show(one.kind), one.name));
    for (const Field& field : one.fields)
      CHECK(contains(show(one.kind + " " + one.name + " " + field.name), field.name));
  }
}

TEST_CASE("[schema help] no line has trailing blanks and the columns line up") {
  for (const char* key : {"config", "train", "suite", "sparse_moe", "router.mode"}) {
    CAPTURE(key);
    CHECK_FALSE(contains(show(key), " \n"));
    CHECK(show(key).ends_with("\n"));
  }
  const std::string page = show("train");
  const size_t head = page.find("meaning") - page.find("  key");
  const size_t row = page.find("  batch");
  CHECK(page.find("items per training step") - row == head);
}

TEST_CASE("[schema help] an unknown key names the nearest") {
  CHECK_THROWS_WITH_AS(show("roter"), "nothing is called 'roter'; did you mean 'router'?", InputError);
  CHECK_THROWS_WITH_AS(show("train.bacth"), "nothing is called 'train.bacth'; did you mean 'train.batch'?", InputError);
  CHECK_THROWS_WITH_AS(show(""), "nothing is called ''; see loom show config", InputError);
  CHECK_THROWS_AS(show("dense router"), InputError);
  CHECK_THROWS_AS(show("a\x1b"), InputError);
}

}  // namespace
}  // namespace loom::schema_help_test
