// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/facts.h"
#include "harness/planted.h"

namespace loom {

enum class InputKind { vector, tokens, bags };
std::string_view name(InputKind kind);                  // vector | tokens | bags, as in facts and saved networks
InputKind input_kind_from_name(std::string_view name);  // broken invariant when unknown
enum class Split : uint8_t { train, validation, router, calibration, test };
inline constexpr std::array kTrainSideSplits = {Split::train, Split::validation, Split::router, Split::calibration};
std::string_view name(Split split);

// Items of a suite. vector: values is [items, input_dim] floats, label one class per item.
// tokens: bytes is [items, window]; a model sees BOS, b0 .. b(window-2) and predicts b0 .. b(window-1), or, where
// `scored` is given, only the bytes it marks. Or tokens are a tokeniser's ids: then ids is [items, window], and bytes
// is empty. bags: ids is [items, input_dim], a set of features such as n-grams, label one class per item.
struct Items {
  InputKind kind = InputKind::vector;
  int64_t count = 0;
  int64_t input_dim = 0;        // vector: floats per item; tokens: window length; bags: most features of an item
  std::vector<float> values;    // vector only
  std::vector<uint8_t> bytes;   // tokens only
  std::vector<uint8_t> scored;  // tokens only, [items, window]: 1 = trained on and scored; empty: every byte
  // bags: features below the vocabulary, then -1 for none; each item has one at least. tokens: ids below it, or empty
  std::vector<int32_t> ids;
  std::vector<int32_t>
      item_bytes;               // tokens that are ids: bytes that the item's window stands for, at least one; or empty
  std::vector<int32_t> label;   // vector and bags
  std::vector<float> target;    // labels that are bins of a number (harness/grid.h): the number; NaN: a class; or empty
  std::vector<int32_t> domain;  // per item
  std::vector<int32_t> group;   // per item, suite-wide ids: document, base image, font
};

int32_t token(const Items& items, size_t at);  // of tokens: the byte or id at place `at` of all windows

// What an architecture may know: shapes, never the name of the suite, its test or its metric.
struct TaskShape {
  InputKind kind = InputKind::vector;
  int64_t input_dim = 0;   // vector: floats per item; tokens: window length; bags: most features of an item
  int64_t vocabulary = 0;  // tokens: 256, or ids; bags: features
  int64_t outputs = 0;     // classes, or vocabulary
  int64_t domains = 0;     // with a train side
  int64_t held_out = 0;    // further domains of the test: what is told a test item's domain cannot answer it
  std::array<int64_t, 3> image = {0, 0, 0};  // vector: channels, height, width of the first inputs; 0, 0, 0: no image
  int64_t adapters = 0;  // vector: so many last inputs are the one-hot domain, and every domain has inputs and classes
                         // of its own: its share of the first and the last layer (a per-task adapter)
  int64_t asked = 0;     // so many last inputs, or features of the vocabulary, say only which question is asked
};

// A suite after reading. The test is sealed: only Evaluator (harness/evaluator.h) can take it out, and each opening is
// counted.
class Suite {
 public:
  struct Description {
    // metric: accuracy, or accuracy_or_r2 where targets are numbers in some domains; bits_per_byte, or exact_match
    // where bytes are marked as scored
    std::string name, metric, licence, source, summary;
    bool higher_is_better = true;
    std::vector<std::string> domains;
    std::array<double, 4> shares = {0.7, 0.1, 0.1, 0.1};  // of the train side, in kTrainSideSplits order
    std::array<int64_t, 3> image = {0, 0, 0};             // as in TaskShape, likewise the next two
    int64_t adapters = 0;
    int64_t vocabulary = 0;  // bags; tokens that are ids
    int64_t held_out = 0;    // so many last domains occur in the test only: nobody was trained on them
    int64_t asked = 0;       // as in TaskShape; no shift touches them
  };
  // `test` has its own items; train-side groups never occur in it (checked here).
  Suite(Description description, Items train_side, Items test);

  const Description& description() const { return description_; }
  const Items& train_side() const { return train_side_; }
  TaskShape shape() const;
  const std::string& digest() const { return digest_; }  // SHA-256 of every item and the description
  // SHA-256 of what training sees: equal for suites that differ in their test alone, so that they share members.
  const std::string& train_digest() const { return train_digest_; }
  int64_t test_count() const { return test_.count; }

  // Train-side split of one seed: groups are dealt to splits, within each domain in proportion; item indices ascending.
  std::vector<int64_t> indices(Split split, uint64_t seed) const;  // Split::test is refused

 private:
  friend class Evaluator;
  Description description_;
  Items train_side_, test_;
  std::string digest_, train_digest_;
  std::vector<int32_t> split_groups_;
};

// What is known of a suite without reading its data.
struct SuiteCard {
  enum class Kind : uint8_t { figure, chance, ceiling };  // of a model; without looking; attainable by construction
  struct Published {
    std::string domain;  // one of the suite's, or empty: their mean
    double score = 0;    // in the metric
    std::string what;    // model and protocol, in a few words
    std::string source;  // paper or file of a package
    Kind kind = Kind::figure;
    std::string metric = {};        // empty: the suite's
    Json options = Json::object();  // of the suite, where the figure is of some only: {"size": "full"}
  };
  std::string metric = {}, licence = {}, source = {};
  std::vector<std::string> domains = {};
  std::vector<std::string> data = {};  // data sets of scripts/data that it reads; empty: embedded or generated
  std::vector<Published> published = {};
};

// tasks/<name>.cpp defines `SuiteSource <name>()`. `folder` is the generic one for {folder: PATH}.
struct SuiteSource {
  Facts facts;                                   // kind "suite"; fields = options such as folder's path
  Suite (*load)(const Json& options) = nullptr;  // throws InputError / EnvironmentError; nullptr where planted
  std::optional<PlantedSource> planted = {};     // draws worlds with a known answer instead of loading items
  std::optional<SuiteCard> card = {};
};

std::string_view metric_unit(std::string_view metric);

}  // namespace loom
