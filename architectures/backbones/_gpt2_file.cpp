// SPDX-License-Identifier: Apache-2.0
#include "architectures/backbones/_gpt2_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

#include "harness/error.h"
#include "harness/facts.h"
#include "harness/hash.h"
#include "harness/io.h"

namespace loom::backbones {
namespace gpt2_file_detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "transformer.";

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + text + "]";
}

// "h.<i>.<rest>": the block, else -1.
int64_t block_of(std::string_view name) {
  if (!name.starts_with("h.")) return -1;
  int64_t block = -1;
  const auto [end, error] = std::from_chars(name.data() + 2, name.data() + name.size(), block);
  return error == std::errc() && end != name.data() + name.size() && *end == '.' ? block : -1;
}

bool is_mask(std::string_view name) {
  return block_of(name) >= 0 && (name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias"));
}

class Reader {
 public:
  Reader(std::string what, Arrays found) : what_(std::move(what)) {
    for (auto& [name, array] : found) {
      const bool prefixed = name.starts_with(kPrefix);
      std::string plain = prefixed ? name.substr(kPrefix.size()) : name;
      if (is_mask(plain)) continue;
      if (left_.contains(plain)) refuse("holds '" + plain + "' with and without '" + std::string(kPrefix) + "'");
      left_.emplace(std::move(plain), std::move(array));
    }
  }

  Gpt2File read() {
    const auto& table = sides("wte.weight");
    file_.vocabulary = table[0];
    file_.width = table[1];
    file_.positions = sides("wpe.weight")[0];
    for (const auto& [name, array] : left_) file_.depth = std::max(file_.depth, block_of(name) + 1);
    if (file_.depth == 0) file_.depth = 1;  // so that the first tensor it lacks is named
    file_.hidden = sides("h.0.mlp.c_fc.weight")[1];
    take_all();
    check_head();
    if (!left_.empty()) refuse_unknown(left_.begin()->first);
    return std::move(file_);
  }

  [[noreturn]] void refuse(const std::string& why) const { throw InputError(what_ + ": " + why); }

 private:
  // The two sides of a matrix that sizes are read from.
  const std::vector<int64_t>& sides(const std::string& name) const {
    const auto found = left_.find(name);
    if (found == left_.end()) refuse_missing(name);
    const std::vector<int64_t>& shape = found->second.shape;
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1)
      refuse("tensor '" + name + "' has shape " + shape_text(shape) + ", and two axes are expected");
    return shape;
  }

  void take_all() {
    const int64_t width = file_.width, hidden = file_.hidden;
    take("wte.weight", {file_.vocabulary, width});
    take("wpe.weight", {file_.positions, width});
    for (int64_t block = 0; block < file_.depth; ++block) {
      const std::string h = "h." + std::to_string(block) + ".";
      for (const std::string norm : {"ln_1", "ln_2"}) take_norm(h + norm);
      take_map(h + "attn.c_attn", width, 3 * width);
      take_map(h + "attn.c_proj", width, width);
      take_map(h + "mlp.c_fc", width, hidden);
      take_map(h + "mlp.c_proj", hidden, width);
    }
    take_norm("ln_f");
  }

  void take_norm(const std::string& name) {
    take(name + ".weight", {file_.width});
    take(name + ".bias", {file_.width});
  }
  void take_map(const std::string& name, int64_t in, int64_t out) {
    take(name + ".weight", {in, out});
    take(name + ".bias", {out});
  }

  void take(const std::string& name, const std::vector<int64_t>& shape) {
    const auto found = left_.find(name);
    if (found == left_.end()) refuse_missing(name);
    const Array& array = found->second;
    if (array.type != DType::f32 && array.type != DType::f16)
      refuse("tensor '" + name + "' holds no F32 or F16 numbers");
    if (array.shape != shape)
      refuse("tensor '" + name + "' has shape " + shape_text(array.shape) + ", expected " + shape_text(shape));
    expected_.push_back(name);
    const std::vector<float> values = as_f32(array);
    file_.arrays[name] = make_f32(shape, values.data());
    left_.erase(found);
  }

  void check_head() {
    const auto head = left_.find("lm_head.weight");
    if (head == left_.end()) return;
    const Array& table = file_.arrays.at("wte.weight");
    const bool floats = head->second.type == DType::f32 || head->second.type == DType::f16;
    if (!floats || head->second.shape != table.shape || as_f32(head->second) != as_f32(table))
      refuse("'lm_head.weight' is not 'wte.weight' again, and GPT-2's head is tied to it");
    left_.erase(head);
  }

  [[noreturn]] void refuse_missing(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& [other, array] : left_) names.push_back(other);
    const std::string near = nearest(name, names);
    refuse("has no tensor '" + name + "'" + (near.empty() ? "" : "; the nearest it has is '" + near + "'"));
  }
  [[noreturn]] void refuse_unknown(const std::string& name) const {
    const std::string near = nearest(name, expected_);
    refuse("has a tensor '" + name + "' that GPT-2 has not" + (near.empty() ? "" : "; the nearest is '" + near + "'"));
  }

  std::string what_;
  Arrays left_;  // not yet taken
  std::vector<std::string> expected_;
  Gpt2File file_;
};

// The numbers alone do not say what is computed with them; the file that is saved beside them does.
int64_t heads_beside(const fs::path& weights) {
  const fs::path file = weights.parent_path() / "config.json";
  std::error_code none;
  if (!fs::exists(file, none)) return 0;
  const Json said = parse_json(read_file(file), file.string());
  if (!said.is_object()) throw InputError(file.string() + ": is no JSON object");
  const Json usual = {
      {"model_type", "gpt2"},       {"activation_function", "gelu_new"},        {"layer_norm_epsilon", 1e-5},
      {"scale_attn_weights", true}, {"scale_attn_by_inverse_layer_idx", false}, {"add_cross_attention", false}};
  for (const auto& [key, value] : usual.items())
    if (said.contains(key) && said.at(key) != value)
      throw InputError(file.string() + ": " + key + " is " + said.at(key).dump() + ", and backbone gpt2 computes " +
                       value.dump());
  const Json heads = said.value("n_head", Json());
  if (heads.is_null()) return 0;
  if (!heads.is_number_unsigned() || heads.get<uint64_t>() < 1 || heads.get<uint64_t>() > 65536)
    throw InputError(file.string() + ": n_head is " + heads.dump() + ", no whole number from 1");
  return heads.get<int64_t>();
}

}  // namespace
}  // namespace gpt2_file_detail

Gpt2File read_gpt2(const Json& weights) {
  using namespace gpt2_file_detail;
  const fs::path path = weights.at("path").get<std::string>();
  const std::string bytes = read_file(path);
  if (sha256(bytes) != weights.at("sha256").get<std::string>())
    throw InputError(path.string() + ": its bytes are no longer those that the config was read with; run again");
  Gpt2File file = Reader(path.string(), decode_safetensors(bytes, path.string())).read();
  file.heads = heads_beside(path);
  if (file.heads > 0 && file.width % file.heads != 0)
    throw InputError(path.string() + ": " + std::to_string(file.heads) + " heads (config.json) do not divide width " +
                     std::to_string(file.width));
  return file;
}

}  // namespace loom::backbones
