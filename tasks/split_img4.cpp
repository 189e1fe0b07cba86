// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/evaluator.h"
#include "tasks/sources/image_set.h"
#include "tasks/sources/inner_suite.h"

namespace loom::suites {

SuiteSource img4();

namespace split_img4_detail {
namespace {

constexpr int32_t kClassesOfDomain = 2, kClasses = 40;
constexpr const char* kLetters = "ABCDEFGHIJ";

// Two classes of img4 in a row: mnist01 .. mnist89, then likewise fashion and animal, then glyphsAB .. glyphsIJ.
std::vector<std::string> domains() {
  std::vector<std::string> names;
  for (const std::string set : {"mnist", "fashion", "animal", "glyphs"})
    for (int32_t first = 0; first < kClasses / 4; first += kClassesOfDomain) {
      std::string both;
      for (int32_t at = first; at < first + kClassesOfDomain; ++at)
        both += set == "glyphs" ? std::string(1, kLetters[at]) : std::to_string(at);
      names.push_back(set + both);
    }
  return names;
}

// img4 with a head for each of its forty classes; all else as it comes.
Suite load_img4(const Json& size) {
  Json component = {{"name", "img4"}};
  for (const Field& field : img4().facts.fields) component[field.name] = field.fallback;
  component.update({{"labels", "disjoint"}, {"size", size}});
  return sources::load_inner(component, "split_img4");
}

// Labels stay those of forty classes, so that the domain need not be told.
Items by_two(Items items) {
  std::ranges::transform(items.label, items.domain.begin(), [](int32_t label) { return label / kClassesOfDomain; });
  return items;
}

Field size_field() {
  Field size = sources::size_field();
  size.doc = "tiny: a fixed subset of img4, of which a domain has a fifth of a data set's part; full: all there is";
  return size;
}

SuiteCard card() {
  const SuiteCard whole = *img4().card;
  return {.metric = whole.metric,
          .licence = whole.licence,
          .source = whole.source,
          .domains = domains(),
          .data = whole.data};
}

Suite load(const Json& options) {
  const Suite whole = load_img4(options.at("size"));
  Suite::Description description = whole.description();
  description.name = "split_img4";
  description.summary = "the forty classes of four kinds of 28 x 28 images two at a time; asked: which of forty; " +
                        options.at("size").get<std::string>();
  description.domains = domains();
  return {std::move(description), by_two(whole.train_side()),
          by_two(Evaluator(whole).open_test("the same images in finer domains"))};
}

}  // namespace
}  // namespace split_img4_detail

SuiteSource split_img4() {
  using namespace split_img4_detail;
  return {.facts = {.kind = "suite",
                    .name = "split_img4",
                    .summary = "the forty classes of img4 in twenty domains of two classes each",
                    .inputs = {"vector"},
                    .fields = {size_field()}},
          .load = load,
          .card = card()};
}

}  // namespace loom::suites
