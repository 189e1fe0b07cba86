// SPDX-License-Identifier: Apache-2.0
#include "architectures/backbones/_gpt.h"
#include "architectures/backbones/_gpt2_file.h"
#include "harness/error.h"

namespace loom::backbones {
namespace gpt2_detail {

constexpr int64_t kWidth = 64, kDepth = 2;
constexpr int64_t kHeadDim = 64;  // of every published size

bool has_weights(const Json& options) { return !options.at("weights").is_null(); }

int64_t size(const Json& options, const char* key, int64_t usual) {
  return options.at(key).is_null() ? usual : options.at(key).get<int64_t>();
}

// The first token is predicted from a begin mark, so that every token is scored. The mark is the last row of wte: in
// GPT-2's own weights that is <|endoftext|>, which stood between the texts it learned from; without weights it is one
// row more than there are tokens.
GptForm form_of(const Json& options, const TaskShape& shape) {
  GptForm form;
  form.width = size(options, "width", kWidth);
  form.hidden = size(options, "hidden", 4 * form.width);
  form.depth = size(options, "depth", kDepth);
  form.heads = head_count(form.width, size(options, "heads", form.width / kHeadDim));
  form.vocabulary = size(options, "vocabulary", shape.vocabulary + 1);
  form.positions = size(options, "positions", shape.input_dim);
  form.begin = size(options, "begin", form.vocabulary - 1);
  form.outputs = shape.vocabulary;
  return form;
}

void adopt(Json& options, const char* key, int64_t value) {
  if (size(options, key, value) != value)
    throw InputError("backbone gpt2: " + std::string(key) + " is " + options.at(key).dump() + ", and " +
                     options.at("weights").at("path").get<std::string>() + " has " + std::to_string(value) +
                     "; leave it out");
  options[key] = value;
}

void adopt_sizes(Json& options) {
  const Gpt2File file = read_gpt2(options.at("weights"));
  adopt(options, "width", file.width);
  adopt(options, "hidden", file.hidden);
  adopt(options, "depth", file.depth);
  adopt(options, "vocabulary", file.vocabulary);
  adopt(options, "positions", file.positions);
  if (file.heads > 0) adopt(options, "heads", file.heads);
}

void check_form(const GptForm& form, const TaskShape& shape, const Json& heads) {
  const auto refuse = [](const std::string& what, int64_t has, const std::string& needs) {
    throw InputError("backbone gpt2: " + what + " " + std::to_string(has) + needs);
  };
  if (!heads.is_null() && form.heads != heads.get<int64_t>())
    refuse("heads:", heads, " do not divide width " + std::to_string(form.width));
  if (form.positions < shape.input_dim)
    refuse("positions:", form.positions, ", and a window has " + std::to_string(shape.input_dim) + " tokens");
  if (form.vocabulary < shape.vocabulary)
    refuse("vocabulary:", form.vocabulary, ", and the suite has " + std::to_string(shape.vocabulary) + " ids");
  if (form.begin >= form.vocabulary)
    refuse("begin:", form.begin, " is no row of a vocabulary of " + std::to_string(form.vocabulary));
}

Json settle(Json options, const TaskShape& shape) {
  if (has_weights(options)) adopt_sizes(options);
  const GptForm form = form_of(options, shape);
  check_form(form, shape, options.at("heads"));
  options["width"] = form.width;
  options["hidden"] = form.hidden;
  options["depth"] = form.depth;
  if (has_weights(options)) options["heads"] = form.heads;
  return options;
}

Json resize(Json options, int64_t width, int64_t hidden) {
  if (has_weights(options)) return options;
  if (!options.at("heads").is_null()) options["heads"] = head_count(width, options.at("heads"));
  return resize_gpt(std::move(options), width, hidden);
}

std::unique_ptr<Backbone> build(const NetworkSpec& spec, Parameters& parameters) {
  return std::make_unique<Gpt>(form_of(spec.backbone, spec.shape), spec, parameters);
}

// By the parameters' shapes, which are the file's but for an axis of one before a vector.
Arrays weights(const NetworkSpec& spec) {
  if (!has_weights(spec.backbone)) return {};
  Arrays arrays = read_gpt2(spec.backbone.at("weights")).arrays;
  for (auto& [name, array] : arrays)
    if (array.shape.size() == 1) array.shape.insert(array.shape.begin(), 1);
  return arrays;
}

std::vector<Field> fields() {
  return {{.name = "weights",
           .type = FieldType::file,
           .fallback = nullptr,
           .doc = "safetensors saved by the reference implementation, to start from; fixes every size"},
          {.name = "width", .fallback = nullptr, .min = 4, .max = 16384, .doc = "channels; the file's, else 64"},
          {.name = "hidden",
           .fallback = nullptr,
           .min = 2,
           .max = 65536,
           .doc = "feed-forward units (default: 4 x width); the solver's fine size"},
          {.name = "depth", .fallback = nullptr, .min = 1, .max = 96, .doc = "blocks; the file's, else 2"},
          {.name = "heads",
           .fallback = nullptr,
           .min = 1,
           .max = 1024,
           .doc = "attention heads; those of config.json beside the weights, else one for 64 channels"},
          {.name = "vocabulary",
           .fallback = nullptr,
           .min = 2,
           .max = 1e6,
           .doc = "rows of the token table; the file's, else the suite's ids and a begin mark"},
          {.name = "positions",
           .fallback = nullptr,
           .min = 1,
           .max = 1e6,
           .doc = "longest input, tokens; the file's, else the suite's window"},
          {.name = "begin",
           .fallback = nullptr,
           .min = 0,
           .max = 1e6,
           .doc = "row that stands before the first token; the last (GPT-2's end of text)"}};
}

}  // namespace gpt2_detail

BackboneSource gpt2() {
  return {.facts = {.kind = "backbone",
                    .name = "gpt2",
                    .summary = "GPT-2 in its exact form, from given weights or its own initialisation; slots: the "
                               "feed-forward blocks",
                    .paper = "Radford et al. 2019",
                    .inputs = {"tokens"},
                    .fields = gpt2_detail::fields()},
          .build = gpt2_detail::build,
          .resize = gpt2_detail::resize,
          .width_step = 4,
          .settle = gpt2_detail::settle,
          .weights = gpt2_detail::weights};
}

}  // namespace loom::backbones
