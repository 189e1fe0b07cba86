// SPDX-License-Identifier: Apache-2.0
#include "harness/outcomes.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "harness/error.h"
#include "harness/safetensors.h"

namespace loom {

namespace outcomes_detail {
namespace {

constexpr int64_t kByteOutputs = 256, kWordOutputs = 65536;
constexpr int64_t kMaximumOutputs = int64_t{1} << 24;  // keeps items * outputs of a damaged file from overflowing

// An optional view is either absent or complete.
bool sized(size_t size, int64_t rows, int64_t columns, bool optional) {
  return size == static_cast<size_t>(rows * columns) || (optional && size == 0);
}

// What is wrong with the shapes or ids, or "" when they are sound.
std::string defect(const Outcomes& o) {
  if (o.items < 0 || o.steps < 1 || o.outputs < 1) return "needs items >= 0, steps >= 1 and outputs >= 1";
  if (!sized(o.domain.size(), o.items, 1, false) || !sized(o.group.size(), o.items, 1, false)) {
    return "needs one domain and one group per item";
  }
  if (!o.score.empty()) {
    const bool alone = o.steps == 1 && o.outputs == 1 && o.target.empty() && o.target_log_prob.empty();
    return !alone                                     ? "holds scores and predictions"
           : sized(o.score.size(), o.items, 1, false) ? ""
                                                      : "needs one score per item";
  }
  if (!sized(o.target.size(), o.items, o.steps, false)) return "needs one target per prediction";
  if (!sized(o.target_log_prob.size(), o.items, o.steps, false)) return "needs one target_log_prob per prediction";
  if (!sized(o.max_log_prob.size(), o.items, o.steps, true)) return "needs one max_log_prob per prediction, or none";
  if (!sized(o.argmax.size(), o.items, o.steps, true)) return "needs one argmax per prediction, or none";
  if (!sized(o.entropy.size(), o.items, o.steps, true)) return "needs one entropy per prediction, or none";
  if (!sized(o.log_probs.size(), o.items, o.outputs, true)) return "needs one log_probs row per item, or none";
  if (o.steps > 1 && !o.log_probs.empty()) return "holds log_probs for tokens";
  const auto outside = [&](int32_t output) { return output < 0 || output >= o.outputs; };
  const auto no_target = [&](int32_t target) { return outside(target) && !(target == -1 && o.steps > 1); };
  if (std::any_of(o.target.begin(), o.target.end(), no_target)) return "has a target that is no output";
  if (!sized(o.value.size(), o.items, 1, true)) return "needs one value per item, or none";
  if (!sized(o.bytes.size(), o.items, 1, true)) return "needs one number of bytes per item, or none";
  if (std::any_of(o.bytes.begin(), o.bytes.end(), [](int32_t n) { return n < 1; })) return "has an item of no bytes";
  if (std::any_of(o.argmax.begin(), o.argmax.end(), outside)) return "has an argmax that is no output";
  if (std::any_of(o.domain.begin(), o.domain.end(), [](int32_t d) { return d < 0; })) return "has a negative domain";
  return "";
}

Array make_f16(std::vector<int64_t> shape, const std::vector<float>& values) {
  Array array{DType::f16, std::move(shape), {}};
  array.bytes.reserve(2 * values.size());
  for (float value : values) {
    const uint16_t bits = to_f16(value);
    array.bytes.push_back(static_cast<char>(bits & 0xff));
    array.bytes.push_back(static_cast<char>(bits >> 8));
  }
  return array;
}

Array make_u8(std::vector<int64_t> shape, const std::vector<int32_t>& values) {
  Array array{DType::u8, std::move(shape), {}};
  array.bytes.reserve(values.size());
  for (int32_t value : values) array.bytes.push_back(static_cast<char>(value));
  return array;
}

Array make_u16(std::vector<int64_t> shape, const std::vector<int32_t>& values) {
  Array array{DType::u16, std::move(shape), {}};
  array.bytes.reserve(2 * values.size());
  for (int32_t value : values) {
    array.bytes.push_back(static_cast<char>(value & 0xff));
    array.bytes.push_back(static_cast<char>(value >> 8));
  }
  return array;
}

Array make_argmax(const std::vector<int64_t>& shape, const Outcomes& o) {
  if (o.steps == 1 || o.outputs > kWordOutputs) return make_i32(shape, o.argmax.data());
  return o.outputs <= kByteOutputs ? make_u8(shape, o.argmax) : make_u16(shape, o.argmax);
}

// Takes arrays out by name, so that what is left at the end is unknown to the format.
class Fields {
 public:
  Fields(Arrays arrays, std::string_view what) : arrays_(std::move(arrays)), what_(what) {}

  std::vector<int32_t> integers(const std::string& name, size_t axes, bool optional) {
    const Array array = take(name, axes, optional);
    return array.shape.empty() ? std::vector<int32_t>{} : as_i32(array);
  }

  std::vector<float> floats(const std::string& name, size_t axes, bool optional) {
    const Array array = take(name, axes, optional);
    return array.shape.empty() ? std::vector<float>{} : as_f32(array);
  }

  const std::vector<int64_t>& shape(const std::string& name, size_t axes) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) refuse("lacks the array \"" + name + "\"");
    if (found->second.shape.size() != axes) {
      refuse("array \"" + name + "\" needs " + std::to_string(axes) + (axes == 1 ? " axis" : " axes"));
    }
    return found->second.shape;
  }

  bool has(const std::string& name) const { return arrays_.contains(name); }

  void require_empty() const {
    if (!arrays_.empty()) refuse("has the unknown array \"" + arrays_.begin()->first + "\"");
  }

  [[noreturn]] void refuse(const std::string& why) const { throw InputError(what_ + ": " + why); }

 private:
  Array take(const std::string& name, size_t axes, bool optional) {
    if (optional && !arrays_.contains(name)) return {};
    shape(name, axes);
    return std::move(arrays_.extract(name).mapped());
  }

  Arrays arrays_;
  std::string what_;
};

int64_t output_count(const std::map<std::string, std::string>& metadata, const Fields& fields) {
  const auto found = metadata.find("outputs");
  if (found == metadata.end()) fields.refuse("lacks \"outputs\" in its metadata");
  const std::string& text = found->second;
  int64_t outputs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), outputs);
  if (error != std::errc() || end != text.data() + text.size() || outputs < 1 || outputs > kMaximumOutputs) {
    fields.refuse("\"outputs\" is no whole number from 1 to " + std::to_string(kMaximumOutputs));
  }
  return outputs;
}

// Fills row `item` of the summaries. A NaN or +inf anywhere makes every summary NaN: comparisons would otherwise hide
// it.
void summarise_row(Outcomes& o, int64_t item) {
  const auto row = static_cast<size_t>(item);
  const float* log_probs = o.log_probs.data() + item * o.outputs;
  int32_t best = 0;
  double entropy = 0;
  bool broken = false;
  for (int32_t k = 0; k < o.outputs; ++k) {
    const double value = log_probs[k];
    broken = broken || !(value < std::numeric_limits<double>::infinity());
    if (log_probs[k] > log_probs[best]) best = k;                // ties go to the lower index
    if (!std::isinf(value)) entropy -= std::exp(value) * value;  // p log p is 0 at p = 0
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  o.target_log_prob[row] = broken ? nan : log_probs[o.target[row]];
  o.max_log_prob[row] = broken ? nan : log_probs[best];
  o.argmax[row] = best;
  o.entropy[row] = broken ? nan : static_cast<float>(entropy);
}

}  // namespace
}  // namespace outcomes_detail

void summarise(Outcomes& outcomes) {
  const auto items = static_cast<size_t>(outcomes.items);
  check(outcomes.steps == 1, "only labels hold the log-probabilities that summaries come from");
  check(outcomes.log_probs.size() == items * static_cast<size_t>(outcomes.outputs), "summaries need all log-probs");
  outcomes.target_log_prob.assign(items, 0.0F);
  outcomes.max_log_prob.assign(items, 0.0F);
  outcomes.argmax.assign(items, 0);
  outcomes.entropy.assign(items, 0.0F);
  const std::string defect = outcomes_detail::defect(outcomes);
  check(defect.empty(), "what the outcomes hold: " + defect);
  for (int64_t item = 0; item < outcomes.items; ++item) outcomes_detail::summarise_row(outcomes, item);
}

std::string encode_outcomes(const Outcomes& o) {
  const std::string defect = outcomes_detail::defect(o);
  check(defect.empty(), "what the outcomes hold: " + defect);
  const std::vector<int64_t> per_item = {o.items}, per_step = {o.items, o.steps};
  const bool tokens = o.steps > 1;
  const auto compact = [&](const std::vector<float>& values) {
    return tokens ? outcomes_detail::make_f16(per_step, values) : make_f32(per_step, values.data());
  };
  Arrays arrays;
  arrays["domain"] = make_i32(per_item, o.domain.data());
  arrays["group"] = make_i32(per_item, o.group.data());
  if (!o.score.empty()) {
    arrays["score"] = make_f32(per_item, o.score.data());
    return encode_safetensors(arrays, {{"outputs", "1"}});
  }
  arrays["target"] = make_i32(per_step, o.target.data());
  arrays["target_log_prob"] = make_f32(per_step, o.target_log_prob.data());
  if (!o.value.empty()) arrays["value"] = make_f32(per_item, o.value.data());
  if (!o.log_probs.empty()) arrays["log_probs"] = make_f32({o.items, o.outputs}, o.log_probs.data());
  if (!o.max_log_prob.empty()) arrays["max_log_prob"] = compact(o.max_log_prob);
  if (!o.entropy.empty()) arrays["entropy"] = compact(o.entropy);
  if (!o.argmax.empty()) arrays["argmax"] = outcomes_detail::make_argmax(per_step, o);
  if (!o.bytes.empty()) arrays["bytes"] = make_i32(per_item, o.bytes.data());
  return encode_safetensors(arrays, {{"outputs", std::to_string(o.outputs)}});
}

Outcomes decode_outcomes(std::string_view bytes, std::string_view what) {
  std::map<std::string, std::string> metadata;
  outcomes_detail::Fields fields(decode_safetensors(bytes, what, &metadata), what);
  Outcomes o;
  o.outputs = outcomes_detail::output_count(metadata, fields);
  if (fields.has("score")) {
    o.items = fields.shape("score", 1)[0];
    o.domain = fields.integers("domain", 1, false);
    o.group = fields.integers("group", 1, false);
    o.score = fields.floats("score", 1, false);
    fields.require_empty();
    if (const std::string defect = outcomes_detail::defect(o); !defect.empty()) fields.refuse(defect);
    return o;
  }
  o.items = fields.shape("target", 2)[0];
  o.steps = fields.shape("target", 2)[1];
  o.domain = fields.integers("domain", 1, false);
  o.group = fields.integers("group", 1, false);
  o.target = fields.integers("target", 2, false);
  o.target_log_prob = fields.floats("target_log_prob", 2, false);
  o.value = fields.floats("value", 1, true);
  o.bytes = fields.integers("bytes", 1, true);
  o.log_probs = fields.floats("log_probs", 2, true);
  o.max_log_prob = fields.floats("max_log_prob", 2, true);
  o.argmax = fields.integers("argmax", 2, true);
  o.entropy = fields.floats("entropy", 2, true);
  fields.require_empty();
  const std::string defect = outcomes_detail::defect(o);
  if (!defect.empty()) fields.refuse(defect);
  return o;
}

}  // namespace loom
