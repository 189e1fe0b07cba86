// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/flops.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "harness/error.h"

namespace loom {

struct FlopCounter::State {
  int64_t total = 0;
  std::string unknown;
};

namespace flops_detail {

using Shape = std::vector<int64_t>;
using Shapes = std::vector<Shape>;  // of the tensor arguments, in order

// mm-like: last two axes of the two factors, times the batch.
int64_t product(const Shape& left, const Shape& right) {
  int64_t flops = 2 * left.back() * right.back();
  for (size_t axis = 0; axis + 1 < left.size(); ++axis) flops *= left[axis];
  return flops;
}
// query [.., T, d], key [.., S, d]: scores and context, no part skipped for the causal mask.
int64_t attention(const Shape& query, const Shape& key) {
  int64_t flops = 4 * query.back() * key[key.size() - 2];
  for (size_t axis = 0; axis + 1 < query.size(); ++axis) flops *= query[axis];
  return flops;
}
// weight [out, in / groups, k...]: each output position costs 2 * (in / groups) * k...
int64_t convolution(const Shape& output, const Shape& weight) {
  int64_t flops = 2;
  for (int64_t extent : output) flops *= extent;
  for (size_t axis = 1; axis < weight.size(); ++axis) flops *= weight[axis];
  return flops;
}

struct Rule {
  std::string_view name;
  int64_t (*flops)(const Shapes& inputs, const Shapes& outputs);
};
constexpr std::array kRules = {
    Rule{"aten::mm", [](const Shapes& in, const Shapes&) { return product(in[0], in[1]); }},
    Rule{"aten::bmm", [](const Shapes& in, const Shapes&) { return product(in[0], in[1]); }},
    Rule{"aten::mv", [](const Shapes& in, const Shapes&) { return 2 * in[0][0] * in[0][1]; }},
    Rule{"aten::dot", [](const Shapes& in, const Shapes&) { return 2 * in[0][0]; }},
    Rule{"aten::addmm", [](const Shapes& in, const Shapes&) { return product(in[1], in[2]); }},
    Rule{"aten::baddbmm", [](const Shapes& in, const Shapes&) { return product(in[1], in[2]); }},
    Rule{"aten::_scaled_dot_product_flash_attention_for_cpu",
         [](const Shapes& in, const Shapes&) { return attention(in[0], in[1]); }},
    // Backward of the flash kernel recomputes the scores: 5 products for the forward's 2. Arguments: grad, q, k, ...
    Rule{"aten::_scaled_dot_product_flash_attention_for_cpu_backward",
         [](const Shapes& in, const Shapes&) { return attention(in[1], in[2]) * 5 / 2; }},
    Rule{"aten::convolution_overrideable",
         [](const Shapes& in, const Shapes& out) { return convolution(out[0], in[1]); }},
    Rule{"aten::mkldnn_convolution", [](const Shapes& in, const Shapes& out) { return convolution(out[0], in[1]); }},
    Rule{"aten::_slow_conv2d_forward", [](const Shapes& in, const Shapes& out) { return convolution(out[0], in[1]); }},
    // What convolution_backward calls for a single row, and counts.
    Rule{"aten::_slow_conv2d_backward", [](const Shapes&, const Shapes&) { return int64_t{0}; }},
    Rule{"aten::thnn_conv2d", [](const Shapes&, const Shapes&) { return int64_t{0}; }},
    // One product for the gradient of the input, where one is asked for, and one for the weight's; a bias costs none.
    Rule{"aten::convolution_backward",
         [](const Shapes& in, const Shapes& out) {
           return std::ranges::count_if(out, [](const Shape& one) { return one.size() > 1; }) *
                  convolution(in[0], in[2]);
         }},
    Rule{"aten::_nnpack_spatial_convolution",
         [](const Shapes& in, const Shapes& out) { return convolution(out[0], in[1]); }},
};
// They only call rules above, or move data although their name sounds like a product.
constexpr std::array<std::string_view, 18> kWrappers = {"aten::linear",
                                                        "aten::matmul",
                                                        "aten::einsum",
                                                        "aten::tensordot",
                                                        "aten::convolution",
                                                        "aten::_convolution",
                                                        "aten::conv1d",
                                                        "aten::conv2d",
                                                        "aten::scaled_dot_product_attention",
                                                        "aten::_scaled_dot_product_attention_math",
                                                        "aten::inner",
                                                        "aten::outer",
                                                        "aten::linear_backward",
                                                        "aten::matmul_backward",
                                                        "aten::_fused_sdp_choice",
                                                        "aten::chain_matmul",
                                                        "aten::linalg_multi_dot",
                                                        "aten::_trilinear"};
constexpr std::array<std::string_view, 18> kSuspects = {"mm",     "mv",     "dot",      "matmul",  "conv",  "attention",
                                                        "einsum", "linear", "bilinear", "lstm",    "gru",   "rnn",
                                                        "cdist",  "addr",   "addbmm",   "baddbmm", "flash", "gemm"};

// Whether an identifier holds `word` as a whole underscore-separated part ("mm" in "_weight_int8pack_mm", not in
// "gamma").
bool holds_word(std::string_view name, std::string_view word) {
  for (size_t at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    const auto boundary = [&](size_t i) {
      return i >= name.size() || name[i] == '_' || name[i] == ':' || (name[i] >= '0' && name[i] <= '9');
    };
    if ((at == 0 || boundary(at - 1)) && boundary(at + word.size())) return true;
  }
  return false;
}

const Rule* find_rule(std::string_view name) {
  for (const Rule& rule : kRules)
    if (rule.name == name) return &rule;
  return nullptr;
}

bool is_unknown_product(std::string_view name) {
  if (!name.starts_with("aten::") || std::ranges::find(kWrappers, name) != kWrappers.end()) return false;
  return std::ranges::any_of(kSuspects, [&](std::string_view word) { return holds_word(name.substr(6), word); });
}

template <class Values>
Shapes shapes_of(const Values& values) {
  Shapes shapes;
  for (const c10::IValue& value : values)
    if (value.isTensor() && value.toTensor().defined()) shapes.push_back(value.toTensor().sizes().vec());
  return shapes;
}

thread_local std::vector<FlopCounter::State*> active_counters;

struct Seen : at::ObserverContext {
  const Rule* rule = nullptr;
  Shapes inputs;
};

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& function) {
  auto seen = std::make_unique<Seen>();
  const std::string_view name = function.name();
  seen->rule = find_rule(name);
  if (seen->rule != nullptr)
    seen->inputs = shapes_of(function.inputs());
  else if (is_unknown_product(name) && !active_counters.empty())
    active_counters.back()->unknown = name;
  return seen;
}

void on_end(const at::RecordFunction& function, at::ObserverContext* context) {
  const auto* seen = static_cast<Seen*>(context);
  if (seen == nullptr || seen->rule == nullptr || active_counters.empty()) return;
  active_counters.back()->total += seen->rule->flops(seen->inputs, shapes_of(function.outputs()));
}

}  // namespace flops_detail

FlopCounter::FlopCounter() : state_(std::make_shared<State>()) {
  using namespace flops_detail;
  check(active_counters.empty(), "FLOP counters do not nest");
  active_counters.push_back(state_.get());
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(on_start, on_end)
                                           .needsInputs(true)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

FlopCounter::~FlopCounter() {
  at::removeCallback(handle_);
  flops_detail::active_counters.pop_back();
}

bool FlopCounter::active() { return !flops_detail::active_counters.empty(); }

void FlopCounter::add_product(int64_t rows, int64_t in, int64_t out) {
  if (active()) flops_detail::active_counters.back()->total += 2 * rows * in * out;
}

int64_t FlopCounter::total() const {
  check(state_->unknown.empty(),
        "no FLOP rule for the matrix operation " + state_->unknown + "; add one to harness/engine/flops.cpp");
  return state_->total;
}

int64_t count_flops(const std::function<void()>& work) {
  FlopCounter counter;
  work();
  return counter.total();
}

}  // namespace loom
