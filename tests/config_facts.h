// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <source_location>
#include <string>
#include <vector>

#include "harness/error.h"
#include "harness/experiment.h"
#include "harness/facts.h"
#include "harness/io.h"

namespace loom::testing {

// A small build: enough components to write every form of a config.
inline FactSheet config_facts() {
  using enum FieldType;
  const Field backbone = {
      .name = "backbone", .type = component, .fallback = "mlp", .component = "backbone", .doc = "network family"};
  const auto facts = [](std::string kind, std::string name, std::vector<Field> fields, std::string summary = "") {
    Facts out;
    out.kind = std::move(kind);
    out.name = std::move(name);
    out.summary = std::move(summary);
    out.fields = std::move(fields);
    return out;
  };
  const auto network = [&](const char* name, int width) {
    return facts("backbone", name,
                 {{.name = "width", .type = integer, .fallback = width, .min = 1, .max = 65536, .doc = "coarse size"},
                  {.name = "hidden", .type = integer, .min = 1, .max = 65536, .doc = "fine size; null follows width"},
                  {.name = "depth", .type = integer, .fallback = 2, .min = 1, .max = 64, .doc = "layers"}});
  };
  return FactSheet({
      network("mlp", 64),
      network("transformer", 32),
      facts("architecture", "dense", {backbone}, "one network for everything"),
      facts("architecture", "sparse_moe",
            {{.name = "experts", .type = integer, .fallback = 4, .min = 2, .max = 64, .doc = "experts per layer"},
             {.name = "top_k", .type = integer, .fallback = 1, .min = 1, .max = 64, .doc = "experts per item"},
             backbone}),
      facts(
          "architecture", "specialists",
          {{.name = "partition",
            .type = component,
            .fallback = "domain",
            .component = "partition",
            .doc = "who gets which data"},
           {.name = "birth", .type = component, .fallback = "cold", .component = "birth", .doc = "first weights"},
           {.name = "combiner", .type = component, .fallback = "router", .component = "combiner", .doc = "integration"},
           backbone}),
      facts("partition", "domain", {}),
      facts("partition", "random", {{.name = "parts", .type = integer, .fallback = 4, .min = 1, .max = 64}}),
      facts("birth", "cold", {}),
      facts(
          "birth", "branch",
          {{.name = "share", .type = real, .fallback = 0.25, .min = 0, .max = 0.95, .doc = "of C spent on the seed"}}),
      facts("combiner", "oracle", {}),
      facts(
          "combiner", "router",
          {{.name = "mode", .type = choice, .fallback = "hard", .choices = {"hard", "soft"}, .doc = "pick one or mix"},
           {.name = "hidden", .type = integer, .fallback = 16, .min = 1, .max = 4096, .doc = "units of the gate"}},
          "a trained gate"),
      facts("combiner", "posterior_mixture", {}),
      facts("combiner", "uniform_soup", {}),
      facts("suite", "digits4", {}),
      facts("suite", "bytes9", {}),
      facts("suite", "folder", {{.name = "path", .type = text, .required = true, .doc = "folder with suite.yaml"}}),
  });
}

// tests/errors, wherever the tests run from.
inline std::filesystem::path errors_folder() {
  namespace fs = std::filesystem;
  for (const fs::path& root : {fs::path(std::source_location::current().file_name()).parent_path(), fs::path("tests"),
                               fs::path("../tests"), fs::path("../../tests")}) {
    if (fs::is_directory(root / "errors")) return (root / "errors").lexically_normal();
  }
  return {};
}

// A folder of configs that goes away with the test.
class ConfigFolder {
 public:
  ConfigFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "loom_config_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~ConfigFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ConfigFolder(const ConfigFolder&) = delete;
  ConfigFolder& operator=(const ConfigFolder&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    make_folders((path_ / name).parent_path());
    write_file_atomic(path_ / name, text);
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline constexpr const char* kHead = "suites: [digits4]\nreference: {dense: {backbone: mlp}, samples: 1000}\n";
inline constexpr const char* kSmall =
    "suites: [digits4]\nreference: {dense: {backbone: mlp}, samples: 1000}\narms: [dense]\n";

// A config written as demo.yaml, loaded; or the text with which it is refused.
inline Experiment load(const std::string& text, const std::vector<std::string>& overrides = {}, bool quick = false) {
  const ConfigFolder folder;
  return load_experiment(folder.write("demo.yaml", text), overrides, quick, config_facts());
}

inline std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    load(text, overrides);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace loom::testing
