// SPDX-License-Identifier: Apache-2.0
#include "harness/file_field.h"

#include <doctest/doctest.h>

#include "tests/config_facts.h"

namespace loom::file_field_test {
namespace {

using testing::ConfigFolder;
using testing::contains;

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-4, "abc"

FactSheet with_file_field() {
  const FactSheet plain = testing::config_facts();
  std::vector<Facts> all(plain.all().begin(), plain.all().end());
  for (Facts& facts : all)
    if (facts.name == "transformer")
      facts.fields.push_back({.name = "weights", .type = FieldType::file, .doc = "to start from"});
  return FactSheet(std::move(all));
}

std::string config(const std::string& backbone) {
  return "suites: [digits4]\nreference: {dense: {backbone: " + backbone + "}, samples: 1000}\narms: [dense]\n";
}

Json weights(const std::filesystem::path& file, const std::vector<std::string>& overrides = {}) {
  const Experiment experiment = load_experiment(file, overrides, false, with_file_field());
  return experiment.suites[0].reference.component.at("backbone").at("weights");
}

std::string refusal(const std::filesystem::path& file) {
  try {
    weights(file);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("[file field] a path starts at the file it stands in, and the digest of its bytes goes with it") {
  const ConfigFolder folder;
  const auto bytes = folder.write("data/w.bin", "abc");
  const Json expected = {{"path", bytes.string()}, {"sha256", kAbc}};
  const auto below = folder.write("configs/a.yaml", config("{transformer: {weights: ../data/w.bin}}"));
  CHECK(weights(below) == expected);
  CHECK(weights(folder.write("b.yaml", config("{transformer: {weights: data/w.bin}}"))) == expected);
  CHECK(weights(folder.write("c.yaml", "defaults: [configs/a.yaml]\n")) == expected);
  const auto plain = folder.write("d.yaml", config("transformer"));
  CHECK(weights(plain).is_null());
  CHECK(weights(plain, {"reference.dense.backbone={transformer: {weights: " + bytes.string() + "}}"}) == expected);
}

TEST_CASE("[file field] other bytes make another experiment, and a lock holds to its own") {
  const ConfigFolder folder;
  folder.write("w.bin", "abc");
  const auto file = folder.write("a.yaml", config("{transformer: {weights: w.bin}}"));
  const Json resolved = load_experiment(file, {}, false, with_file_field()).resolved;
  const auto lock = folder.write("results/lock.yaml", resolved.dump(2));
  CHECK(load_experiment(lock, {}, false, with_file_field()).resolved == resolved);
  folder.write("w.bin", "abd");
  CHECK(load_experiment(file, {}, false, with_file_field()).resolved != resolved);
  CHECK(contains(refusal(lock),
                 "has other bytes now, SHA-256 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"));
}

TEST_CASE("[file field] what is no file is refused at its place, with the nearest name") {
  const ConfigFolder folder;
  folder.write("weights.bin", "abc");
  const auto said = [&](const std::string& value) {
    return refusal(folder.write("a.yaml", config("{transformer: {weights: " + value + "}}")));
  };
  const std::string misspelt = said("weigths.bin");
  CHECK(contains(misspelt, "a.yaml:2:"));
  CHECK(contains(misspelt, "weigths.bin' is no file"));
  CHECK(contains(misspelt, "did you mean 'weights.bin'?"));
  CHECK(contains(said("."), "is no file"));
  CHECK(contains(said("[weights.bin]"), "expected a file, got a list"));
  CHECK(contains(said("{path: weights.bin}"), "expected a file, got a map"));
  CHECK(contains(said("{path: weights.bin, sha256: [1]}"), "expected a file, got a map"));
  CHECK(said("weights.bin") == "accepted");
  CHECK(said("null") == "accepted");
}

}  // namespace
}  // namespace loom::file_field_test
