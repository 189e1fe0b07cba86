// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/facts.h"
#include "harness/imported/outcome_files.h"
#include "harness/json.h"

namespace loom::imported {
namespace outcome_jsonl_detail {
namespace {

const std::vector<std::string> kItemKeys = {"domain", "group", "item", "label", "split", "target"};
const std::vector<std::string> kAnswerKeys = {"cost", "latency_s", "log_probs", "score", "seed"};

// One line: what it says of the item, and the answer of one model or, below `models`, of several.
class Line {
 public:
  Line(const Json& value, int64_t number, OutcomeBuilder& builder)
      : value_(value), number_(number), builder_(builder) {}

  void read() {
    if (!value_.is_object()) refuse("a line is an object like {\"model\": ..., \"item\": ..., ...}");
    const bool several = value_.contains("models");
    refuse_unknown(value_, several);
    Answer answer;
    answer.item = name(value_, "item").value_or("");
    answer.domain = name(value_, "domain");
    answer.group = name(value_, "group");
    answer.split = name(value_, "split");
    if (value_.contains("label") && value_.contains("target")) refuse("both 'label' and 'target'; they mean the same");
    answer.label = whole(value_, value_.contains("target") ? "target" : "label");
    if (!value_.contains("item")) refuse("no 'item'");
    if (!several) {
      if (!value_.contains("model")) refuse("no 'model'");
      answer.model = *name(value_, "model");
      return add(answer, value_);
    }
    const Json& models = value_.at("models");
    if (!models.is_object() || models.empty()) refuse("'models' is to be a map like {\"MODEL\": {\"score\": ...}}");
    for (const auto& [model, said] : models.items()) {
      Answer own = answer;
      own.model = model;
      if (said.is_object()) {
        refuse_unknown_answer(said);
        add(own, said);
      } else {
        add(own, {{"score", said}});
      }
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { builder_.refuse(number_, what); }

  void refuse_key(const std::string& key, std::vector<std::string> known) const {
    std::ranges::sort(known);
    if (std::ranges::binary_search(known, key)) return;
    const std::string near = nearest(key, known);
    std::string keys;
    for (const std::string& one : known) keys += (keys.empty() ? "" : ", ") + one;
    refuse("unknown key '" + key.substr(0, 60) + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?") +
           "   keys here: " + keys);
  }

  void refuse_unknown(const Json& map, bool several) const {
    std::vector<std::string> known = kItemKeys;
    if (several) {
      known.emplace_back("models");
    } else {
      known.insert(known.end(), kAnswerKeys.begin(), kAnswerKeys.end());
      known.emplace_back("model");
    }
    for (const auto& [key, unused] : map.items()) refuse_key(key, known);
  }
  void refuse_unknown_answer(const Json& map) const {
    for (const auto& [key, unused] : map.items()) refuse_key(key, kAnswerKeys);
  }

  // A text, or a whole number taken as its digits; null is as good as absent.
  std::optional<std::string> name(const Json& map, const char* key) const {
    if (!map.contains(key) || map.at(key).is_null()) return std::nullopt;
    const Json& value = map.at(key);
    if (value.is_number_integer()) return value.dump();
    if (!value.is_string()) refuse(std::string("'") + key + "' is to be a text or a whole number");
    return value.get<std::string>();
  }

  std::optional<int64_t> whole(const Json& map, const char* key) const {
    if (!map.contains(key) || map.at(key).is_null()) return std::nullopt;
    const Json& value = map.at(key);
    const bool fits = value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= INT32_MAX);
    if (!fits) refuse(std::string("'") + key + "' is to be a whole number");
    return value.get<int64_t>();
  }

  std::optional<double> real(const Json& map, const char* key) const {
    if (!map.contains(key) || map.at(key).is_null()) return std::nullopt;
    const Json& value = map.at(key);
    if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
    if (!value.is_number()) refuse(std::string("'") + key + "' is to be a number");
    return value.get<double>();
  }

  void add(Answer answer, const Json& said) const {
    answer.seed = whole(said, "seed").value_or(0);
    answer.score = real(said, "score");
    answer.cost = real(said, "cost");
    answer.latency_s = real(said, "latency_s");
    if (said.contains("log_probs")) {
      const Json& values = said.at("log_probs");
      const auto number = [](const Json& value) { return value.is_number(); };
      if (!values.is_array() || !std::ranges::all_of(values, number)) refuse("'log_probs' is to be a list of numbers");
      answer.log_probs = values.get<std::vector<double>>();
      if (answer.log_probs.empty()) refuse("'log_probs' is empty");
    }
    builder_.add(number_, answer);
  }

  const Json& value_;
  int64_t number_;
  OutcomeBuilder& builder_;
};

}  // namespace
}  // namespace outcome_jsonl_detail

void read_jsonl(const std::filesystem::path& file, const std::string& bytes, OutcomeBuilder& builder) {
  builder.open(file);
  int64_t number = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view line = std::string_view(bytes).substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const Json value = parse_json(line, file.string() + ":" + std::to_string(number));
    outcome_jsonl_detail::Line(value, number, builder).read();
  }
}

}  // namespace loom::imported
