// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "tasks/all.h"
#include "tasks/sources/held_out.h"
#include "tasks/sources/inner_suite.h"
#include "tasks/sources/shifts.h"

namespace loom::suites {
namespace shifted_detail {
namespace {

const std::vector<std::string> kShifts = {"noise", "blur", "rotation", "occlusion", "byte_flips", "dropped_features"};

Suite load(const Json& options) {
  const Suite inner = sources::load_inner(options.at("of"), "shifted");
  const std::string kind = options.at("kind");
  Suite::Description description = inner.description();
  Items train = inner.train_side(), test = Evaluator(inner).open_test("the shift of a suite");
  if (kind == "held_out" || kind == "rejection") {
    if (!options.at("domain").is_string()) throw InputError("suite shifted: kind " + kind + " needs domain: NAME");
    const auto beside = kind == "rejection" ? sources::HeldOutTest::beside : sources::HeldOutTest::alone;
    sources::hold_out(options.at("domain").get<std::string>(), beside, description, train, test);
  } else {
    const auto which = std::ranges::find(kShifts, kind) - kShifts.begin();
    const sources::Shift shift{static_cast<sources::ShiftKind>(which), options.at("strength"), options.at("seed")};
    try {
      sources::apply(shift, inner.shape(), test);
    } catch (const InputError& error) {
      throw InputError("suite shifted of '" + description.name + "': " + error.what());
    }
  }
  description.summary += "; test under shift " + kind;
  return Suite(std::move(description), std::move(train), std::move(test));
}

std::vector<Field> fields() {
  using enum FieldType;
  std::vector<std::string> kinds = kShifts;
  kinds.insert(kinds.end(), {"held_out", "rejection"});
  return {
      {.name = "of", .type = component, .required = true, .component = "suite", .doc = "the suite whose test changes"},
      {.name = "kind", .type = choice, .fallback = "noise", .choices = kinds, .doc = "what happens to the test"},
      {.name = "strength",
       .type = real,
       .fallback = 0.3,
       .min = 0,
       .max = 360,
       .doc = "noise: deviation; blur: pixels; rotation: degrees; occlusion, byte_flips, dropped_features: share"},
      {.name = "seed", .type = integer, .fallback = 0, .min = 0, .max = 1e9, .doc = "of the random changes"},
      {.name = "domain",
       .type = text,
       .doc = "nobody is trained on it; held_out: the test is it alone; rejection: the test is all domains, and "
              "rejection_auroc says how well confidence tells it from the others, over which all other scores are"},
  };
}

}  // namespace
}  // namespace shifted_detail

SuiteSource shifted() {
  return {.facts = {.kind = "suite",
                    .name = "shifted",
                    .summary = "any suite with another test; noise, blur, rotation, occlusion, byte flips, a domain "
                               "held out, alone or beside the others; members are shared where the train side stays",
                    .fields = shifted_detail::fields()},
          .load = shifted_detail::load};
}

}  // namespace loom::suites
