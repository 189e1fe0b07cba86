// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

// file: written as a path relative to the file it is written in; resolved to {"path", "sha256"}, path from here.
enum class FieldType { boolean, integer, real, text, choice, component, file };

// One setting of a component. The same descriptor validates, gives the default, and prints `loom show KEY`.
struct Field {
  std::string name = {};
  FieldType type = FieldType::integer;
  Json fallback = nullptr;  // default; a component's default is its name; null = may be left out (null)
  bool required = false;
  std::optional<double> min = {}, max = {};  // inclusive
  std::vector<std::string> choices = {};     // for choice
  std::string component = {};                // for component: which kind of component it names
  std::string doc = {};                      // one line, with units
};

// What a component says about itself; dumped by `loom-worker --facts`, read by `loom`.
//
// view: of the members a combiner reads the log-probabilities of what came (target), those of the first choice and the
// entropy (summary), all (full), their weights (weights), or nothing (none). Of the runs that it is made of an
// architecture reads likewise; one that is trained as a whole reads none, and one with a combiner says `combiner`.
//
// access: capability bits. A architecture, R recipe, S0 common seed weights, W weights, C checkpoints, D data, M the
// domain's card (its unigram among the rest), Z sufficient statistics; services: g the first choice, p_K the highest
// log-probabilities, l all of them, h hidden states, u updates to a trusted aggregator. Where a setting decides, both
// bits stand. An architecture that asks for nothing beyond what its combiner asks for says `none`.
struct Facts {
  std::string kind = {};                 // architecture | combiner | partition | birth | backbone | layer | suite
  std::string name = {};                 // as in configs; equals the file name
  std::string summary = {};              // one line
  std::string paper = {};                // "Author year", empty for folklore
  std::string family = "none";           // architecture: monolith | fabric | none
  std::string view = {};                 // what is read of trained models: see above
  std::string level = "none";            // information level: none | domain | answer
  std::vector<std::string> access = {};  // what participants must give: see above
  bool causal = true;                    // on tokens: output t depends on inputs before t only
  bool row_independent = true;           // an item's output does not depend on its batch companions
  std::vector<std::string> inputs = {"vector", "tokens", "bags"};  // what it can take
  std::vector<Field> fields = {};  // fields[0] is the one a bare value sets: {branch: 0.25}
};

Json to_json(const Facts& facts);
Facts facts_from_json(const Json& value);

// All components of a build. Look-ups by (kind, name).
class FactSheet {
 public:
  explicit FactSheet(std::vector<Facts> all) : all_(std::move(all)) {}
  const Facts* find(std::string_view kind, std::string_view name) const;  // nullptr when unknown
  std::vector<std::string> names(std::string_view kind) const;            // sorted
  std::span<const Facts> all() const { return all_; }

 private:
  std::vector<Facts> all_;
};

// The candidate nearest to `word` by Damerau-Levenshtein distance; empty when none is near (distance > 1 + length/3).
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace loom
