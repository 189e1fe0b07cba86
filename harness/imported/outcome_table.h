// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/suite.h"

namespace loom::imported {

// What one model said about all items. A cost or latency that is not known is NaN.
struct Said {
  std::vector<float> score;             // [items]; empty where log-probabilities are known
  std::vector<float> log_probs;         // [items * outputs], nats; empty where only scores are known
  std::vector<double> cost, latency_s;  // [items]
};

// Predictions made elsewhere: every model answered every item, once for each seed.
struct OutcomeTable {
  std::vector<std::string> models, domains;  // ascending
  std::vector<int64_t> seeds;                // ascending; {0} where the files name none
  int64_t outputs = 0;                       // classes; 0: only scores are known
  std::vector<std::string> item;             // [items], ascending by domain, then by name
  std::vector<int32_t> domain, group;        // [items]
  std::vector<int32_t> label;                // [items]; empty where only scores are known
  std::vector<Split> split;                  // [items] validation, router or test
  bool dealt = false;                        // by the hash of the group, because the files give no splits
  std::vector<Said> said;                    // [models * seeds]
  std::string digest;                        // SHA-256 of everything above

  const Said& of(size_t model, size_t seed) const { return said[model * seeds.size() + seed]; }
  std::vector<size_t> indices(Split of) const;  // ascending
};

// One model's answer to one item, as a file says it. What a line leaves out another may say.
struct Answer {
  std::string model = {}, item = {};
  std::optional<std::string> domain = {}, group = {}, split = {};
  std::optional<int64_t> label = {};
  int64_t seed = 0;
  std::optional<double> score = {}, cost = {}, latency_s = {};
  std::vector<double> log_probs = {};
};

// Collects answers from any kind of file and checks each on its own, then all together. InputError names the place.
class OutcomeBuilder {
 public:
  // The file whose answers follow, and what its places count: a line if `unit` is empty, else "record 7".
  void open(const std::filesystem::path& file, std::string unit = "");
  void add(int64_t place, const Answer& answer);
  [[noreturn]] void refuse(int64_t place, const std::string& what) const;
  OutcomeTable finish(const std::string& source);

 private:
  struct Place {
    size_t file = 0;
    int64_t at = 0;
  };
  struct Item {
    std::string name;
    std::optional<std::string> domain, group, split;
    std::optional<int64_t> label;
    Place first;
  };
  struct Series {
    std::vector<Place> place;  // [items so far]; at 0: no answer yet
    Said said;
  };
  std::string where(const Place& place) const;
  size_t item_of(const Place& place, const Answer& answer);
  void check_values(const Answer& answer, int64_t place);
  void check_log_probs(const Answer& answer, int64_t place);
  void check_items(const std::string& source) const;
  void check_complete(const std::string& source) const;
  OutcomeTable ordered(const std::string& source) const;

  std::vector<std::pair<std::string, std::string>> files_;  // name, unit
  std::vector<Item> items_;
  std::map<std::string, size_t> item_index_;
  std::map<std::pair<std::string, int64_t>, Series> series_;  // by model and seed
  std::optional<bool> scores_;                                // only scores are known
  size_t outputs_ = 0, values_ = 0;
};

// What validation, router and test get of items without a split: a group is dealt by the hash of its name, so that
// adding items moves no other.
inline constexpr double kValidationShare = 0.2, kRouterShare = 0.2;

}  // namespace loom::imported
