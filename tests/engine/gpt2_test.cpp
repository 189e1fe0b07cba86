// SPDX-License-Identifier: Apache-2.0
// Backbone gpt2 against logits of the reference implementation (tests/peer/gpt2_reference.py), and what it refuses.
#include <filesystem>

#include "harness/engine/jobs.h"
#include "harness/engine/settle.h"
#include "harness/error.h"
#include "harness/hash.h"
#include "harness/io.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::gpt2_test {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kGptVocabulary = 261, kGptWindow = 12;

fs::path golden(const char* name) { return fs::path(LOOM_SOURCE_DIR) / "tests" / "golden" / name; }

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "loom_gpt2_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path write(const std::string& name, const std::string& bytes) const {
    write_file_atomic(path_ / name, bytes);
    return path_ / name;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Json options_of(const fs::path& file) {
  Json options = {{"name", "gpt2"}};
  for (const Field& field : find_backbone("gpt2").facts.fields) options[field.name] = nullptr;
  if (!file.empty()) options["weights"] = {{"path", file.string()}, {"sha256", sha256(read_file(file))}};
  return options;
}

Json with_option(Json options, const char* key, const Json& value) {
  options[key] = value;
  return options;
}

TaskShape shape_of(int64_t vocabulary = kGptVocabulary, int64_t window = kGptWindow) {
  return {
      .kind = InputKind::tokens, .input_dim = window, .vocabulary = vocabulary, .outputs = vocabulary, .domains = 1};
}

NetworkSpec settled_spec(const Json& options, const TaskShape& shape, int64_t tags = 0) {
  return {find_backbone("gpt2").settle(options, shape), {{"name", "dense"}}, shape, tags};
}

Network initialised_gpt2(const NetworkSpec& spec, int64_t stack = 1) {
  Network network(spec, stack);
  const std::vector<uint64_t> seeds(static_cast<size_t>(stack), 1), index(seeds);
  network.parameters().initialise(seeds, index);
  return network;
}

// As a train job does it.
void load_given(Network& network, int64_t member) {
  Arrays all = network.parameters().save(member);
  for (const auto& [name, array] : find_backbone("gpt2").weights(network.spec())) {
    REQUIRE(all.contains(name));
    all[name] = array;
  }
  network.parameters().load(member, all, "given");
}

at::Tensor gpt2_logits(const Network& network, const at::Tensor& ids) {
  c10::InferenceMode inference;
  Pass pass;
  return network.forward(ids, {}, pass);
}

// ids [3, window], logits [3, window, vocabulary] of the reference implementation, given its begin mark first.
std::pair<at::Tensor, at::Tensor> reference_logits() {
  const Arrays said = decode_safetensors(read_file(golden("gpt2_tiny_logits.safetensors")), "logits");
  const std::vector<int32_t> ids = as_i32(said.at("ids"));
  const std::vector<float> values = as_f32(said.at("logits"));
  return {
      at::tensor(at::ArrayRef<int32_t>(ids.data(), ids.size()), at::kInt).to(at::kLong).view({3, kGptWindow}),
      at::tensor(at::ArrayRef<float>(values.data(), values.size()), at::kFloat).view({3, kGptWindow, kGptVocabulary})};
}

// What reading these arrays, changed, is refused with.
std::string gpt2_refusal(const std::function<void(Arrays&)>& change, const TaskShape& shape = shape_of(),
                         const std::string& config = "", Json options = nullptr) {
  const Folder folder;
  Arrays arrays = decode_safetensors(read_file(golden("gpt2_tiny.safetensors")), "golden");
  change(arrays);
  const fs::path file = folder.write("w.safetensors", encode_safetensors(arrays));
  if (!config.empty()) folder.write("config.json", config);
  Json all = options_of(file);
  if (!options.is_null()) all.update(options);
  try {
    find_backbone("gpt2").settle(all, shape);
  } catch (const InputError& error) {
    std::string text = error.what();
    CHECK(text.find('\n') == std::string::npos);
    const std::string place = folder.path().string() + "/";
    for (size_t at = text.find(place); at != std::string::npos; at = text.find(place)) text.erase(at, place.size());
    return text;
  }
  return "accepted";
}

void no_change(Arrays&) {}

void rename_tensor(Arrays& arrays, const std::string& from, const std::string& to) {
  auto node = arrays.extract(from);
  REQUIRE(!node.empty());
  node.key() = to;
  arrays.insert(std::move(node));
}

}  // namespace
}  // namespace loom::gpt2_test

using namespace loom::gpt2_test;

TEST_CASE("[gpt2] logits are the reference implementation's, alone and in a stack, to 1e-4") {
  const auto [ids, expected] = reference_logits();
  const NetworkSpec spec =
      settled_spec(with_option(options_of(golden("gpt2_tiny.safetensors")), "heads", 4), shape_of());
  CHECK(spec.backbone.at("width") == 16);
  CHECK(spec.backbone.at("hidden") == 64);
  CHECK(spec.backbone.at("depth") == 2);
  CHECK(spec.backbone.at("vocabulary") == kGptVocabulary);
  CHECK(spec.backbone.at("positions") == kGptWindow);
  REQUIRE(expected.abs().max().item<double>() > 1);
  Network network = initialised_gpt2(spec, 2);
  load_given(network, 1);
  const at::Tensor said = gpt2_logits(network, at::stack({ids, ids}));
  CHECK(largest_difference(said[1], expected) < 1e-4);
  CHECK(largest_difference(said[0], expected) > 0.1);  // random weights say something else
  Network shorter = initialised_gpt2(
      settled_spec(with_option(options_of(golden("gpt2_tiny.safetensors")), "heads", 4), shape_of(256, 5)));
  load_given(shorter, 0);
  const at::Tensor part = gpt2_logits(shorter, ids.narrow(1, 0, 5).unsqueeze(0))[0];
  CHECK(largest_difference(part, expected.narrow(1, 0, 5).narrow(2, 0, 256)) < 1e-4);
}

TEST_CASE("[gpt2] a logit sees tokens before its own only, and the first the begin mark alone") {
  const auto [ids, expected] = reference_logits();
  Network network = initialised_gpt2(settled_spec(options_of(golden("gpt2_tiny.safetensors")), shape_of()));
  load_given(network, 0);
  for (const int64_t place : {0, 4, 11}) {
    at::Tensor other = ids.clone();
    other.select(1, place).add_(1);
    const auto gap =
        (gpt2_logits(network, other.unsqueeze(0)) - gpt2_logits(network, ids.unsqueeze(0)))[0].abs().amax({0, 2});
    CHECK(gap.narrow(0, 0, place + 1).max().item<double>() == 0);
    if (place + 1 < kGptWindow) CHECK(gap[place + 1].item<double>() > 1e-3);
  }
}

TEST_CASE("[gpt2] without weights it is the transformer of as many heads, in bits") {
  const LoadedSuite& suite = loaded(Stub::tokens);
  Json options = options_of({});
  options.update({{"width", 32}, {"depth", 2}, {"hidden", 40}, {"heads", 2}});
  const Network ours = initialised_gpt2(settled_spec(options, suite.shape(), 3));
  const Network theirs = initialised_gpt2({backbone(Stub::tokens, 32, 40), {{"name", "dense"}}, suite.shape(), 3});
  CHECK(same_bits(ours, 0, theirs, 0));
  c10::InferenceMode inference;
  const Batch batch = batch_of(suite, 9);
  CHECK(ours.log_probs(batch.inputs, batch.domains).equal(theirs.log_probs(batch.inputs, batch.domains)));
  options["heads"] = 4;
  const Network four = initialised_gpt2(settled_spec(options, suite.shape(), 3));
  CHECK_FALSE(four.log_probs(batch.inputs, batch.domains).equal(theirs.log_probs(batch.inputs, batch.domains)));
}

TEST_CASE("[gpt2] names with and without the prefix, masks and the tied head again are read; half floats too") {
  const auto same = [](const std::function<void(Arrays&)>& change) { return gpt2_refusal(change); };
  CHECK(same(no_change) == "accepted");
  CHECK(same([](Arrays& arrays) {
          Arrays plain;
          for (const auto& [name, array] : arrays) plain[name.substr(12)] = array;
          const std::vector<float> mask(144, 1.0F);
          plain["h.0.attn.bias"] = make_f32({1, 1, 12, 12}, mask.data());
          plain["h.1.attn.masked_bias"] = make_f32({}, mask.data());
          plain["lm_head.weight"] = plain.at("wte.weight");
          arrays = plain;
        }) == "accepted");
  CHECK(same([](Arrays& arrays) {
          Array& array = arrays.at("transformer.ln_f.bias");
          array = {DType::f16, {16}, std::string(32, '\0')};
        }) == "accepted");
}

TEST_CASE("[gpt2] what is wrong with a file of weights is one line, with the nearest name") {
  CHECK(gpt2_refusal([](Arrays& arrays) {
          rename_tensor(arrays, "transformer.h.1.attn.c_attn.weight", "transformer.h.1.attn.c_atn.weight");
        }) == "w.safetensors: has no tensor 'h.1.attn.c_attn.weight'; the nearest it has is 'h.1.attn.c_atn.weight'");
  CHECK(gpt2_refusal([](Arrays& arrays) { arrays["transformer.ln_g.bias"] = arrays.at("transformer.ln_f.bias"); }) ==
        "w.safetensors: has a tensor 'ln_g.bias' that GPT-2 has not; the nearest is 'ln_f.bias'");
  CHECK(gpt2_refusal([](Arrays& arrays) { arrays.clear(); }) == "w.safetensors: has no tensor 'wte.weight'");
  CHECK(gpt2_refusal([](Arrays& arrays) {
          arrays.at("transformer.h.0.mlp.c_proj.weight").shape = {16, 64};
        }) == "w.safetensors: tensor 'h.0.mlp.c_proj.weight' has shape [16, 64], expected [64, 16]");
  CHECK(gpt2_refusal([](Arrays& arrays) {
          arrays.at("transformer.wte.weight").shape = {261, 4, 4};
        }) == "w.safetensors: tensor 'wte.weight' has shape [261, 4, 4], and two axes are expected");
  CHECK(gpt2_refusal([](Arrays& arrays) { arrays.at("transformer.ln_f.bias").type = DType::i32; }) ==
        "w.safetensors: tensor 'ln_f.bias' holds no F32 or F16 numbers");
  CHECK(gpt2_refusal([](Arrays& arrays) { arrays["lm_head.weight"] = arrays.at("transformer.wpe.weight"); }) ==
        "w.safetensors: 'lm_head.weight' is not 'wte.weight' again, and GPT-2's head is tied to it");
  const Folder folder;
  const fs::path file = folder.write("w.safetensors", "no safetensors");
  CHECK_THROWS_AS(find_backbone("gpt2").settle(options_of(file), shape_of()), InputError);
  const Json options = options_of(file);
  folder.write("w.safetensors", "other bytes");
  CHECK_THROWS_WITH_AS(find_backbone("gpt2").settle(options, shape_of()), doctest::Contains("no longer"), InputError);
}

TEST_CASE("[gpt2] sizes that do not fit the file, the task or config.json are refused") {
  const std::string backbone = "backbone gpt2: ";
  CHECK(gpt2_refusal(no_change, shape_of(), "", {{"width", 32}}) ==
        backbone + "width is 32, and w.safetensors has 16; leave it out");
  CHECK(gpt2_refusal(no_change, shape_of(), "", {{"heads", 3}}) == backbone + "heads: 3 do not divide width 16");
  CHECK(gpt2_refusal(no_change, shape_of(261, 13)) == backbone + "positions: 12, and a window has 13 tokens");
  CHECK(gpt2_refusal(no_change, shape_of(262)) == backbone + "vocabulary: 261, and the suite has 262 ids");
  CHECK(gpt2_refusal(no_change, shape_of(), "", {{"begin", 261}}) ==
        backbone + "begin: 261 is no row of a vocabulary of 261");
  CHECK(gpt2_refusal(no_change, shape_of(), R"({"n_head": 4})", {{"heads", 2}}) ==
        backbone + "heads is 2, and w.safetensors has 4; leave it out");
  CHECK(gpt2_refusal(no_change, shape_of(), R"({"n_head": 5})") ==
        "w.safetensors: 5 heads (config.json) do not divide width 16");
  CHECK(gpt2_refusal(no_change, shape_of(), R"({"activation_function": "relu"})") ==
        "config.json: activation_function is \"relu\", and backbone gpt2 computes \"gelu_new\"");
  CHECK(gpt2_refusal(no_change, shape_of(), R"({"n_head": 4, "activation_function": "gelu_new"})") == "accepted");
}

TEST_CASE("[gpt2] experts have no weights in the file, and given weights keep their size") {
  const Json options = find_backbone("gpt2").settle(options_of(golden("gpt2_tiny.safetensors")), shape_of());
  const Json moe = {{"name", "soft_moe"}, {"experts", 2}, {"backbone", options}};
  CHECK(rejection(moe, shape_of()).value_or("").find("without experts") != std::string::npos);
  CHECK_FALSE(rejection({{"name", "dense"}, {"backbone", options}}, shape_of()));
  CHECK(find_backbone("gpt2").resize(options, 64, 12) == options);
}

TEST_CASE("[gpt2] a train job starts from the weights: a step of nothing leaves them as they are") {
  const Folder folder;
  const LoadedSuite& suite = loaded(Stub::tokens);
  Arrays arrays = decode_safetensors(read_file(golden("gpt2_tiny.safetensors")), "golden");
  const std::vector<float> positions(32 * 16, 0.25F);
  arrays["transformer.wpe.weight"] = make_f32({32, 16}, positions.data());
  const fs::path file = folder.write("w.safetensors", encode_safetensors(arrays));
  const NetworkSpec spec = settled_spec(options_of(file), suite.shape());
  Json train = to_json(quick_training());
  train["learning_rate"] = 1e-9;
  const Json run = {{"id", "0123456789abcdef"},
                    {"network", to_json(spec)},
                    {"partition", {{"name", "pooled"}, {"parts", 1}}},
                    {"part", 0},
                    {"begin", 0},
                    {"steps", 1},
                    {"init_index", 0},
                    {"parent", ""},
                    {"seed", 0},
                    {"train", train},
                    {"suite", {{"name", "stub"}}}};
  Suites suites{.load = [](const Json&) { return make_suite(Stub::tokens); }, .loaded = {}};
  run_train_job({{"members", {run}}, {"stack_sizes", {1}}, {"store", folder.path().string()}}, suites, at::kCPU);
  const Arrays kept =
      decode_safetensors(read_artefact(folder.path() / "0123456789abcdef", "weights.safetensors"), "weights");
  CHECK(kept.size() == arrays.size());
  for (const auto& [name, array] : kept) {
    CAPTURE(name);
    const std::vector<float> values = as_f32(array), given = as_f32(arrays.at("transformer." + name));
    REQUIRE(values.size() == given.size());
    for (size_t i = 0; i < values.size(); ++i) CHECK(std::abs(values[i] - given[i]) < 1e-6);
  }
}
