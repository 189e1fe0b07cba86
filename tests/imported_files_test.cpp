// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"
#include "harness/imported/outcome_files.h"
#include "harness/io.h"
#include "harness/safetensors.h"
#include "tests/support/result_fixture.h"

namespace loom::imported_files_test {
namespace {

namespace fs = std::filesystem;
using imported::OutcomeTable, imported::read_outcomes;
using testing::ScratchFolder;

using Files = std::vector<std::pair<std::string, std::string>>;

fs::path written(const ScratchFolder& scratch, const Files& files) {
  const fs::path folder = scratch.path() / "said";
  for (const auto& [name, bytes] : files) {
    make_folders((folder / name).parent_path());
    write_file_atomic(folder / name, bytes);
  }
  return folder;
}

OutcomeTable read(const Files& files) {
  const ScratchFolder scratch;
  return read_outcomes(written(scratch, files));
}

// The refusal, with file names relative to the folder, which itself is "said".
std::string refusal(const Files& files) {
  const ScratchFolder scratch;
  const fs::path folder = written(scratch, files);
  try {
    read_outcomes(folder);
  } catch (const InputError& error) {
    std::string message = error.what();
    const std::string prefix = scratch.path().string() + "/said/";
    for (size_t at = 0; (at = message.find(prefix, at)) != std::string::npos;) message.erase(at, prefix.size());
    return message;
  }
  return "nothing refused";
}

std::string refusal(const std::string& lines) { return refusal(Files{{"a.jsonl", lines}}); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// One model that answers one item of each side; what a test changes is added as a third line.
const std::string kHead =
    R"({"model": "a", "item": 1, "split": "validation", "label": 0, "log_probs": [-0.1, -2.3522]})"
    "\n"
    R"({"model": "a", "item": 2, "split": "test", "label": 1, "log_probs": [-0.6931, -0.6931]})"
    "\n";

std::string third(const std::string& fields) {
  return kHead + R"({"model": "a", "item": 3, "split": "test", )" + fields + "}\n";
}

const std::string kScores =
    R"({"item": "p", "domain": "x", "split": "validation", "models": {"a": 1, "b": {"score": 0.5, "cost": 2}}})"
    "\n"
    R"({"item": "q", "domain": "x", "split": "test", "models": {"a": false, "b": {"score": 0.25, "latency_s": 3}}})"
    "\n";

TEST_CASE("[imported files] a line per model and item gives labels and log-probabilities") {
  const OutcomeTable table = read({{"a.jsonl", kHead}});
  CHECK(table.models == std::vector<std::string>{"a"});
  CHECK(table.domains == std::vector<std::string>{"all"});
  CHECK(table.item == std::vector<std::string>{"1", "2"});
  CHECK(table.label == std::vector<int32_t>{0, 1});
  CHECK(table.outputs == 2);
  CHECK(table.split == std::vector{Split::validation, Split::test});
  CHECK(table.of(0, 0).log_probs[1] == -2.3522F);
  CHECK(std::isnan(table.of(0, 0).cost[0]));
}

TEST_CASE("[imported files] a line per item gives every model's score") {
  const OutcomeTable table = read({{"a.jsonl", kScores}});
  CHECK(table.models == std::vector<std::string>{"a", "b"});
  CHECK(table.outputs == 0);
  CHECK(table.of(0, 0).score == std::vector<float>{1, 0});
  CHECK(table.of(1, 0).score == std::vector<float>{0.5F, 0.25F});
  CHECK(table.of(1, 0).cost[0] == 2);
  CHECK(table.of(1, 0).latency_s[1] == 3);
}

TEST_CASE("[imported files] neither the order of lines nor their files change the digest") {
  const size_t cut = kHead.find('\n') + 1;
  const OutcomeTable together = read({{"a.jsonl", kHead}});
  const OutcomeTable apart = read({{"z/first.jsonl", kHead.substr(cut)}, {"a/second.jsonl", kHead.substr(0, cut)}});
  CHECK(together.digest == apart.digest);
  std::string other = kHead;
  other.replace(other.find("-0.6931"), 7, "-0.6932");
  CHECK(read({{"a.jsonl", other}}).digest != together.digest);
}

TEST_CASE("[imported files] seeds pair: each is an answer of its own") {
  std::string lines = kHead;
  for (size_t at = 0; (at = lines.find("\"item\"", at)) != std::string::npos; at += 20)
    lines.insert(at, "\"seed\": 7, ");
  const OutcomeTable table = read({{"a.jsonl", kHead + lines}});
  CHECK(table.seeds == std::vector<int64_t>{0, 7});
  CHECK(table.said.size() == 2);
}

TEST_CASE("[imported files] items without a split are dealt by the hash of their group, which stays whole") {
  std::string lines;
  for (int item = 0; item < 3000; ++item)
    lines += R"({"model": "a", "item": )" + std::to_string(item) + R"(, "score": 1, "group": )" +
             std::to_string(item / 2) + "}\n";
  const OutcomeTable table = read({{"a.jsonl", lines}});
  CHECK(table.dealt);
  std::map<int32_t, Split> of;
  for (size_t i = 0; i < table.item.size(); ++i)
    CHECK(of.emplace(table.group[i], table.split[i]).first->second == table.split[i]);
  // 1500 groups: the standard deviation of a share of .2 is .0103.
  CHECK(double(table.indices(Split::validation).size()) / 3000 == doctest::Approx(0.2).epsilon(0.2));
  CHECK(double(table.indices(Split::router).size()) / 3000 == doctest::Approx(0.2).epsilon(0.2));
  const OutcomeTable more = read({{"a.jsonl", lines + R"({"model": "a", "item": "new", "score": 0})" + "\n"}});
  for (size_t i = 0; i < table.item.size(); ++i) CHECK(more.split[i] == table.split[i]);
}

TEST_CASE("[imported files] loom's own outcomes with item ids are read as they stand") {
  const std::vector<int32_t> item = {5, 6}, label = {0, 1}, domain = {1, 0}, split = {0, 2};
  const std::vector<float> log_probs = {-0.5F, -0.93275F, -1.0F, -0.45868F};
  const auto file = [&](const std::string& model) {
    Arrays arrays;
    for (const auto& [name, values] : {std::pair("item", item), {"domain", {0, 0}}, {"split", split}})
      arrays[name] = make_i32({2}, values.data());
    arrays["target"] = make_i32({2, 1}, label.data());
    arrays["log_probs"] = make_f32({2, 2}, log_probs.data());
    arrays["target_log_prob"] = make_f32({2, 1}, log_probs.data());
    return encode_safetensors(arrays, {{"outputs", "2"}, {"model", model}, {"domains", R"(["only"])"}});
  };
  const OutcomeTable table = read({{"one.safetensors", file("m")}, {"two.safetensors", file("n")}});
  CHECK(table.models == std::vector<std::string>{"m", "n"});
  CHECK(table.domains == std::vector<std::string>{"only"});
  CHECK(table.item == std::vector<std::string>{"5", "6"});
  CHECK(table.label == label);
  CHECK(table.of(1, 0).log_probs == log_probs);
}

Json bench(const std::string& model, const std::vector<Json>& scores) {
  Json run = {{"performance", 0.5},
              {"time_taken", 1.5},
              {"prompt_tokens", 9},
              {"completion_tokens", 9},
              {"cost", 0.1},
              {"counts", scores.size()},
              {"model_name", model},
              {"dataset_name", "sums"},
              {"split", "test"},
              {"demo", false},
              {"extra_metrics", Json::object()},
              {"data_fingerprint", "f"},
              {"records", Json::array()}};
  for (size_t i = 0; i < scores.size(); ++i)
    run["records"].push_back({{"index", i},
                              {"origin_query", "what is " + std::to_string(i / 2) + "?"},
                              {"prompt", "Q"},
                              {"prompt_tokens", 1},
                              {"completion_tokens", 2},
                              {"cost", 0.25},
                              {"score", scores[i]},
                              {"prediction", "x"},
                              {"ground_truth", "y"},
                              {"raw_output", Json::array({"text"})},
                              {"extra_fields", Json::object()}});
  return run;
}

TEST_CASE("[imported files] LLMRouterBench's runs are read as they stand") {
  std::vector<Json> ones(40, 1.0), mixed(40, 0.0);
  mixed[3] = nullptr;
  mixed[4] = 1;
  Json demo = bench("a", {0.0});
  demo["demo"] = true;
  const OutcomeTable table = read({{"sums/test/a/sums-test-a-20260101_000000.json", bench("a", mixed).dump(2)},
                                   {"sums/test/a/sums-test-a-20260102_000000.json", bench("a", ones).dump(2)},
                                   {"sums/test/a/sums-test-a-20260103_000000.json", demo.dump(2)},
                                   {"sums/test/b/sums-test-b-20260101_000000.json", bench("b", mixed).dump(2)}});
  CHECK(table.models == std::vector<std::string>{"a", "b"});
  CHECK(table.domains == std::vector<std::string>{"sums"});
  CHECK(table.item.size() == 40);
  CHECK(table.dealt);
  double a = 0, b = 0;
  for (size_t i = 0; i < 40; ++i) {
    a += double(table.of(0, 0).score[i]);
    b += double(table.of(1, 0).score[i]);
    CHECK(table.of(0, 0).cost[i] == 0.25);
  }
  CHECK(a == 40);  // the later run counts, and the demo does not
  CHECK(b == 1);   // null counts as 0
  std::set<int32_t> groups(table.group.begin(), table.group.end());
  CHECK(groups.size() == 20);  // equal questions share one
}

TEST_CASE("[imported files] a malformed line is refused by file and line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {kHead + R"({"model": "a", "item": 3, "lab)", "a.jsonl:3: not valid JSON"},
      {kHead + "7\n", "a.jsonl:3: a line is an object"},
      {third(R"("label": 0, "log_probs": [NaN, 0])"), "a.jsonl:3: not valid JSON"},
      {third(R"("label": 0, "log_probs": [-1e999, 0])"), "a.jsonl:3: "},
      {third(R"("label": 0, "log_probs": [-0.5, -0.5])"),
       "a.jsonl:3: log_probs are not normalised: their probabilities sum to 1.21"},
      {third(R"("label": 0, "log_probs": [-1.0986, -1.0986, -1.0986])"),
       "a.jsonl:3: log_probs holds 3 numbers, and 2 before"},
      {third(R"("label": 0, "log_probs": [0])"), "a.jsonl:3: log_probs holds 1 numbers"},
      {third(R"("label": 0, "log_probs": [])"), "a.jsonl:3: 'log_probs' is empty"},
      {third(R"("label": 0, "log_probs": "no")"), "a.jsonl:3: 'log_probs' is to be a list of numbers"},
      {third(R"("label": 2, "log_probs": [-0.6931, -0.6931])"), "a.jsonl:3: label 2 is no class"},
      {third(R"("label": 0.5, "log_probs": [-0.6931, -0.6931])"), "a.jsonl:3: 'label' is to be a whole number"},
      {third(R"("score": 1)"), "a.jsonl:3: only a score, and log_probs before"},
      {third(R"("score": 1, "label": 0, "log_probs": [-0.6931, -0.6931])"), "a.jsonl:3: both 'score' and 'log_probs'"},
      {third(R"("label": 0)"), "a.jsonl:3: neither 'score' nor 'log_probs' of model 'a'"},
      {third(R"("logprobs": [-0.6931, -0.6931])"), "a.jsonl:3: unknown key 'logprobs'; did you mean 'log_probs'?"},
      {kHead + R"({"model": "a", "item": 3, "split": "tests", "label": 0, "log_probs": [-0.6931, -0.6931]})",
       "a.jsonl:3: unknown split 'tests'; splits: validation, router, test"},
      {kHead + R"({"model": "a", "item": 2, "split": "test", "label": 1, "log_probs": [-0.6931, -0.6931]})",
       "a.jsonl:3: model 'a' answers item '2' a second time; the first is a.jsonl:2"},
      {kHead + R"({"model": "b", "item": 2, "label": 0, "log_probs": [-0.6931, -0.6931]})",
       "a.jsonl:3: item '2' has another label than at a.jsonl:2"},
      {kHead + R"({"model": "b", "item": 2, "log_probs": [-0.6931, -0.6931]})",
       "said: model 'b' does not answer item '1' of a.jsonl:1; all models answer the same items"},
      {kHead + R"({"model": "a", "item": 3, "label": 0, "log_probs": [-0.6931, -0.6931]})",
       "a.jsonl:3: item '3' has no split, and '1' has one"},
      {third(R"("log_probs": [-0.6931, -0.6931])"), "a.jsonl:3: item '3' has no label, and '1' has one"},
      {third(R"("label": 0, "log_probs": [-0.6931, -0.6931], "domain": "law")"),
       "a.jsonl:1: item '1' has no domain, and '3' has one"},
      {third(R"("label": 0, "log_probs": [-0.6931, -0.6931], "cost": -1)"),
       "a.jsonl:3: cost is no number of at least 0"},
      {kHead + R"({"item": 3, "label": 0, "log_probs": [-0.6931, -0.6931]})", "a.jsonl:3: no 'model'"},
      {kHead + R"({"model": "a", "label": 0, "log_probs": [-0.6931, -0.6931]})", "a.jsonl:3: no 'item'"},
      {kHead + R"({"model": "", "item": 3, "label": 0, "log_probs": [-0.6931, -0.6931]})",
       "a.jsonl:3: the name of the model is empty"},
      {kHead + R"({"model": "a", "model": "b"})", "a.jsonl:3: not valid JSON: duplicate key 'model'"},
      {kHead + R"({"item": 3, "models": {}})", "a.jsonl:3: 'models' is to be a map"},
      {kHead + R"({"model": "a", "seed": 1, "item": 1, "log_probs": [-0.6931, -0.6931]})" + "\n" +
           R"({"model": "b", "item": 1, "log_probs": [-0.6931, -0.6931]})",
       "said: model 'b' has other seeds than model 'a'"},
      {"", "said: there are no outcomes in it"}};
  for (const auto& [lines, words] : cases) {
    CAPTURE(lines);
    const std::string message = refusal(lines);
    CAPTURE(message);
    CHECK(contains(message, message.starts_with("/") ? words.substr(words.find(':')) : words));
  }
}

TEST_CASE("[imported files] a group in two splits and a domain without a test are refused") {
  CHECK(contains(refusal(R"({"model": "a", "item": 1, "split": "validation", "group": "g", "score": 1}
{"model": "a", "item": 2, "split": "test", "group": "g", "score": 1})"),
                 "group 'g' is in the splits validation and test"));
  CHECK(contains(refusal(R"({"model": "a", "item": 1, "split": "validation", "score": 1})"),
                 "domain 'all' has no items in the test split"));
  CHECK(contains(refusal(R"({"model": "a", "item": 1, "score": 1})"), "so give the items a split"));
}

TEST_CASE("[imported files] other files are refused, and files that can hold code are never opened") {
  const ScratchFolder scratch;
  const fs::path folder = written(scratch, {{"model.pkl", "\x80\x04"}});
  CHECK_THROWS_WITH_AS(read_outcomes(folder / "model.pkl"), doctest::Contains("not a file of outcomes"), InputError);
  CHECK_THROWS_WITH_AS(read_outcomes(folder), doctest::Contains("there are no outcomes in it"), InputError);
  CHECK_THROWS_WITH_AS(read_outcomes(folder / "gone"), doctest::Contains("no such file or folder"), InputError);
}

TEST_CASE("[imported files] a damaged safetensors file is refused by name") {
  const std::vector<int32_t> item = {1, 2};
  const std::vector<float> score = {1, NAN};
  Arrays arrays = {{"item", make_i32({2}, item.data())}, {"score", make_f32({2}, score.data())}};
  const std::string bytes = encode_safetensors(arrays);
  CHECK(contains(refusal({{"a.safetensors", bytes}}), "a.safetensors: item 2: the score is not finite"));
  CHECK(contains(refusal({{"a.safetensors", bytes.substr(0, bytes.size() - 1)}}), "a.safetensors: "));
  arrays["skore"] = arrays["score"];
  CHECK(contains(refusal({{"a.safetensors", encode_safetensors(arrays)}}), "a.safetensors: unknown tensor 'skore'"));
  arrays.erase("skore");
  arrays["score"] = make_f32({1}, score.data());
  CHECK(contains(refusal({{"a.safetensors", encode_safetensors(arrays)}}),
                 "'score' is to hold one number for each item"));
  arrays.erase("item");
  CHECK(contains(refusal({{"a.safetensors", encode_safetensors(arrays)}}), "there is no tensor 'item'"));
}

TEST_CASE("[imported files] a malformed run of LLMRouterBench is refused by record") {
  const auto one = [](Json run) { return refusal({{"sums-test-a-20260101_000000.json", run.dump()}}); };
  Json run = bench("a", {1.0, 0.0});
  run["records"][1].erase("score");
  CHECK(contains(one(run), "sums-test-a-20260101_000000.json: record 2: no 'score'"));
  run = bench("a", {1.0, "x"});
  CHECK(contains(one(run), "record 2: 'score' is no number"));
  run = bench("a", {1.0, 0.0});
  run["records"][1]["index"] = 0;
  CHECK(contains(one(run), "record 2: model 'a' answers item 'sums/test/0' a second time"));
  run.erase("model_name");
  CHECK(contains(one(run), "no text 'model_name'"));
  CHECK(contains(one({{"rows", 1}}), "not a run of LLMRouterBench"));
  const std::string text = bench("a", {1.0}).dump();
  CHECK(contains(refusal({{"x.json", text}, {"y.json", text}}), "their names do not say which is later"));
}

}  // namespace
}  // namespace loom::imported_files_test
