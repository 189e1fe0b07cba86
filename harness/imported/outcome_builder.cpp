// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/error.h"
#include "harness/imported/outcome_table.h"
#include "harness/utf8.h"

namespace loom::imported {
namespace outcome_builder_detail {
namespace {

constexpr size_t kModelsMax = 1000, kItemsMax = 5'000'000, kValuesMax = 200'000'000, kNameMax = 256, kOutputsMax = 64;
constexpr double kNormalised = 1e-3;  // log-probabilities written with few digits do not sum to one exactly
constexpr double kUnknownCost = std::numeric_limits<double>::quiet_NaN();

std::string quoted(const std::string& text) {
  constexpr size_t kShown = 60;
  return "'" + printable(text.substr(0, kShown)) + (text.size() > kShown ? "..." : "") + "'";
}

// Empty when the name is fit for a table.
std::string name_defect(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.size() > kNameMax) return "is longer than " + std::to_string(kNameMax) + " bytes";
  return printable(name) == name && name.find('\t') == name.npos ? "" : "is not printable UTF-8";
}

template <class T>
void put(std::vector<T>& values, size_t index, T value, T fill) {
  if (values.size() <= index) values.resize(index + 1, fill);
  values[index] = value;
}

// A later line may repeat what an earlier one said of the item, or leave it out, but not contradict it.
template <class T>
bool merge(std::optional<T>& known, const std::optional<T>& said) {
  if (!said) return true;
  if (!known) known = said;
  return *known == *said;
}

}  // namespace
}  // namespace outcome_builder_detail

using namespace outcome_builder_detail;

void OutcomeBuilder::open(const std::filesystem::path& file, std::string unit) {
  files_.emplace_back(file.string(), std::move(unit));
}

std::string OutcomeBuilder::where(const Place& place) const {
  const auto& [file, unit] = files_[place.file];
  return unit.empty() ? file + ":" + std::to_string(place.at) : file + ": " + unit + " " + std::to_string(place.at);
}

void OutcomeBuilder::refuse(int64_t place, const std::string& what) const {
  throw InputError(where({files_.size() - 1, place}) + ": " + what);
}

void OutcomeBuilder::check_log_probs(const Answer& answer, int64_t place) {
  const size_t outputs = answer.log_probs.size();
  if (outputs < 2 || outputs > kOutputsMax)
    refuse(place, "log_probs holds " + std::to_string(outputs) + " numbers; 2 to 64 classes are read");
  if (outputs_ != 0 && outputs != outputs_)
    refuse(place,
           "log_probs holds " + std::to_string(outputs) + " numbers, and " + std::to_string(outputs_) + " before");
  outputs_ = outputs;
  double sum = 0;
  for (const double value : answer.log_probs) {
    if (!std::isfinite(value))
      refuse(place, "log_probs holds a value that is not finite (write -100 for the log of 0)");
    if (std::abs(value) > 1e30) refuse(place, "log_probs holds a value out of range");
    sum += std::exp(value);
  }
  if (!(std::abs(sum - 1) <= kNormalised))
    refuse(place, "log_probs are not normalised: their probabilities sum to " + std::to_string(sum));
}

void OutcomeBuilder::check_values(const Answer& answer, int64_t place) {
  for (const auto& [what, name] : {std::pair("model", &answer.model), std::pair("item", &answer.item)})
    if (const std::string defect = name_defect(*name); !defect.empty())
      refuse(place, std::string("the name of the ") + what + " " + defect);
  for (const auto& [what, name] : {std::pair("domain", &answer.domain), std::pair("group", &answer.group)})
    if (name->has_value())
      if (const std::string defect = name_defect(**name); !defect.empty())
        refuse(place, std::string("the name of the ") + what + " " + defect);
  if (answer.score.has_value() != answer.log_probs.empty())
    refuse(place, answer.score ? "both 'score' and 'log_probs'; give one of them"
                               : "neither 'score' nor 'log_probs' of model " + quoted(answer.model));
  if (scores_ && *scores_ != answer.score.has_value())
    refuse(place, *scores_ ? "log_probs, and only scores before; all models give the same"
                           : "only a score, and log_probs before; all models give the same");
  scores_ = answer.score.has_value();
  if (answer.score && (!std::isfinite(*answer.score) || std::abs(*answer.score) > 1e30))
    refuse(place, "the score is not finite");
  if (!answer.score) check_log_probs(answer, place);
  for (const auto& [what, value] : {std::pair("cost", answer.cost), std::pair("latency_s", answer.latency_s)})
    if (value && !(*value >= 0 && *value <= 1e30)) refuse(place, std::string(what) + " is no number of at least 0");
  if (answer.label && (*answer.label < 0 || (!answer.score && *answer.label >= static_cast<int64_t>(outputs_))))
    refuse(place, "label " + std::to_string(*answer.label) + " is no class; there are " + std::to_string(outputs_) +
                      ", counted from 0");
  if (answer.split && *answer.split != "validation" && *answer.split != "router" && *answer.split != "test")
    refuse(place, "unknown split " + quoted(*answer.split) + "; splits: validation, router, test");
}

size_t OutcomeBuilder::item_of(const Place& place, const Answer& answer) {
  const auto [found, fresh] = item_index_.emplace(answer.item, items_.size());
  if (fresh) {
    if (items_.size() >= kItemsMax) refuse(place.at, "more than " + std::to_string(kItemsMax) + " items");
    items_.push_back({answer.item, answer.domain, answer.group, answer.split, answer.label, place});
    return found->second;
  }
  Item& item = items_[found->second];
  const char* differs = !merge(item.domain, answer.domain) ? "domain"
                        : !merge(item.group, answer.group) ? "group"
                        : !merge(item.split, answer.split) ? "split"
                        : !merge(item.label, answer.label) ? "label"
                                                           : nullptr;
  if (differs != nullptr)
    refuse(place.at, "item " + quoted(answer.item) + " has another " + differs + " than at " + where(item.first));
  return found->second;
}

void OutcomeBuilder::add(int64_t place, const Answer& answer) {
  check_values(answer, place);
  values_ += std::max<size_t>(1, answer.log_probs.size());
  if (values_ > kValuesMax) refuse(place, "more than " + std::to_string(kValuesMax) + " numbers in all");
  const Place here = {files_.size() - 1, place};
  const size_t index = item_of(here, answer);
  Series& series = series_[{answer.model, answer.seed}];
  if (series_.size() > kModelsMax) refuse(place, "more than " + std::to_string(kModelsMax) + " models and seeds");
  if (index < series.place.size() && series.place[index].at != 0)
    refuse(place, "model " + quoted(answer.model) + " answers item " + quoted(answer.item) +
                      " a second time; the first is " + where(series.place[index]));
  put(series.place, index, here, {});
  put(series.said.cost, index, answer.cost.value_or(kUnknownCost), kUnknownCost);
  put(series.said.latency_s, index, answer.latency_s.value_or(kUnknownCost), kUnknownCost);
  if (answer.score) return put(series.said.score, index, static_cast<float>(*answer.score), 0.0F);
  std::vector<float>& all = series.said.log_probs;
  if (all.size() < (index + 1) * outputs_) all.resize((index + 1) * outputs_);
  for (size_t k = 0; k < outputs_; ++k) all[index * outputs_ + k] = static_cast<float>(answer.log_probs[k]);
}

// Either all items say their domain, split and label or none does; all answers say where they come from.
void OutcomeBuilder::check_items(const std::string& source) const {
  if (items_.empty()) throw InputError(source + ": there are no outcomes in it");
  const auto all_or_none = [&](const char* what, auto member, bool none_allowed) {
    const Item *with = nullptr, *without = nullptr;
    for (const Item& item : items_) {
      const Item*& slot = (item.*member).has_value() ? with : without;
      if (slot == nullptr) slot = &item;
    }
    if (without != nullptr && (with != nullptr || !none_allowed))
      throw InputError(where(without->first) + ": item " + quoted(without->name) + " has no " + what +
                       (with != nullptr ? ", and " + quoted(with->name) + " has one" : ""));
  };
  all_or_none("domain", &Item::domain, true);
  all_or_none("split", &Item::split, true);
  if (!*scores_) all_or_none("label", &Item::label, false);
}

void OutcomeBuilder::check_complete(const std::string& source) const {
  std::map<std::string, std::vector<int64_t>> seeds;
  for (const auto& [key, series] : series_) seeds[key.first].push_back(key.second);
  for (const auto& [model, own] : seeds)
    if (own != seeds.begin()->second)
      throw InputError(source + ": model " + quoted(model) + " has other seeds than model " +
                       quoted(seeds.begin()->first) + "; seeds pair, so all models need the same");
  for (const auto& [key, series] : series_)
    for (size_t i = 0; i < items_.size(); ++i) {
      if (i < series.place.size() && series.place[i].at != 0) continue;
      throw InputError(source + ": model " + quoted(key.first) +
                       (seeds.begin()->second.size() > 1 ? " with seed " + std::to_string(key.second) : "") +
                       " does not answer item " + quoted(items_[i].name) + " of " + where(items_[i].first) +
                       "; all models answer the same items");
    }
}

OutcomeTable OutcomeBuilder::finish(const std::string& source) {
  check_items(source);
  check_complete(source);
  return ordered(source);
}

}  // namespace loom::imported
