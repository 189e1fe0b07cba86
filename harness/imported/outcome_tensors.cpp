// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"
#include "harness/imported/outcome_files.h"
#include "harness/json.h"
#include "harness/safetensors.h"

namespace loom::imported {
namespace outcome_tensors_detail {
namespace {

// Summaries that stored outcomes hold beside the log-probabilities; they follow from them.
constexpr std::array kDerived = {"target_log_prob", "max_log_prob", "argmax", "entropy"};

// One model's answers as arrays over its items.
class TensorFile {
 public:
  TensorFile(const std::filesystem::path& file, const std::string& bytes)
      : file_(file), arrays_(decode_safetensors(bytes, file.string(), &metadata_)) {}

  void read(OutcomeBuilder& builder) {
    const auto item = whole("item", true);
    items_ = item.size();
    const auto domain = whole("domain"), group = whole("group"), split = whole("split");
    const auto label = arrays_.contains("label") ? whole("label") : whole("target");
    const auto score = real("score"), cost = real("cost"), latency_s = real("latency_s");
    const std::vector<float> log_probs = all_log_probs();
    const std::vector<std::string> domains = domain_names();
    for (const char* name : kDerived) arrays_.erase(name);
    for (const auto& [name, unused] : arrays_)
      if (!used_.contains(name)) refuse("unknown tensor '" + name + "'");
    const size_t width = items_ > 0 ? log_probs.size() / items_ : 0;
    builder.open(file_, "item");
    for (size_t i = 0; i < items_; ++i) {
      Answer answer{.model = text("model", file_.stem().string()), .item = std::to_string(item[i])};
      const auto place = static_cast<int64_t>(i + 1);
      if (!domain.empty()) answer.domain = name_of(domains, domain[i], place, builder);
      if (!group.empty()) answer.group = std::to_string(group[i]);
      if (!split.empty()) answer.split = split_name(split[i], place, builder);
      if (!label.empty()) answer.label = label[i];
      if (!score.empty()) answer.score = score[i];
      if (!cost.empty()) answer.cost = cost[i];
      if (!latency_s.empty()) answer.latency_s = latency_s[i];
      answer.log_probs.assign(log_probs.begin() + static_cast<int64_t>(i * width),
                              log_probs.begin() + static_cast<int64_t>((i + 1) * width));
      answer.seed = seed();
      builder.add(place, answer);
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw InputError(file_.string() + ": " + what); }

  std::string text(const char* key, const std::string& fallback) const {
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? fallback : found->second;
  }

  int64_t seed() const {
    const std::string digits = text("seed", "0");
    if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != digits.npos)
      refuse("the metadata's seed is no whole number");
    return std::stoll(digits);
  }

  // Of all items, [items] or [items, 1].
  const Array* column(const char* name, bool required = false) {
    used_.emplace(name);
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) {
      if (required) refuse(std::string("there is no tensor '") + name + "'");
      return nullptr;
    }
    const auto& shape = found->second.shape;
    const bool flat = shape.size() == 1 || (shape.size() == 2 && shape[1] == 1);
    if (!flat || (!required && shape[0] != static_cast<int64_t>(items_)))
      refuse(std::string("tensor '") + name + "' is to hold one number for each item");
    return &found->second;
  }

  std::vector<int32_t> whole(const char* name, bool required = false) {
    const Array* array = column(name, required);
    if (array == nullptr) return {};
    if (array->type == DType::f32 || array->type == DType::f16 || array->type == DType::f64)
      refuse(std::string("tensor '") + name + "' is to hold integers");
    return as_i32(*array);
  }

  std::vector<float> real(const char* name) {
    const Array* array = column(name);
    if (array == nullptr) return {};
    return as_f32(*array);
  }

  std::vector<float> all_log_probs() {
    used_.emplace("log_probs");
    const auto found = arrays_.find("log_probs");
    if (found == arrays_.end()) return {};
    if (found->second.shape.size() != 2 || found->second.shape[0] != static_cast<int64_t>(items_))
      refuse("tensor 'log_probs' is to be [items, classes]");
    return as_f32(found->second);
  }

  std::vector<std::string> domain_names() const {
    const auto found = metadata_.find("domains");
    if (found == metadata_.end()) return {};
    const Json names = parse_json(found->second, file_.string() + ": the metadata's domains");
    const auto is_text = [](const Json& value) { return value.is_string(); };
    if (!names.is_array() || !std::ranges::all_of(names, is_text))
      refuse("the metadata's domains are no list of names");
    return names.get<std::vector<std::string>>();
  }

  static std::string name_of(const std::vector<std::string>& names, int32_t id, int64_t place,
                             const OutcomeBuilder& builder) {
    if (names.empty()) return std::to_string(id);
    if (id < 0 || static_cast<size_t>(id) >= names.size())
      builder.refuse(place, "domain " + std::to_string(id) + " has no name in the metadata");
    return names[static_cast<size_t>(id)];
  }

  static std::string split_name(int32_t split, int64_t place, const OutcomeBuilder& builder) {
    constexpr std::array<const char*, 3> kNames = {"validation", "router", "test"};
    if (split < 0 || split > 2)
      builder.refuse(place, "unknown split " + std::to_string(split) + "; 0 is validation, 1 router, 2 test");
    return kNames[static_cast<size_t>(split)];
  }

  std::filesystem::path file_;
  std::map<std::string, std::string> metadata_;
  Arrays arrays_;
  std::set<std::string> used_;
  size_t items_ = 0;
};

}  // namespace
}  // namespace outcome_tensors_detail

void read_tensors(const std::filesystem::path& file, const std::string& bytes, OutcomeBuilder& builder) {
  outcome_tensors_detail::TensorFile(file, bytes).read(builder);
}

}  // namespace loom::imported
