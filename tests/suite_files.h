// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/safetensors.h"
#include "harness/suite.h"

namespace loom::suites {
SuiteSource folder();
}  // namespace loom::suites

// Small suite folders made by the tests of the folder reader.
namespace loom::suite_files {

using Files = std::vector<std::pair<std::string, std::string>>;

// A folder `suite` with these files, gone at the end of the test.
class Folder {
 public:
  explicit Folder(const Files& files) {
    std::string pattern = (std::filesystem::temp_directory_path() / "loom-suite-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    std::filesystem::create_directories(path());
    for (const auto& [name, bytes] : files) {
      std::filesystem::create_directories((path() / name).parent_path());
      write_file_atomic(path() / name, bytes);
    }
  }
  ~Folder() { std::filesystem::remove_all(root_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path() const { return root_ / "suite"; }
  Suite load() const { return suites::folder().load(Json{{"path", path().string()}}); }

 private:
  std::filesystem::path root_;
};

inline Suite load(const Files& files) { return Folder(files).load(); }

// The refusal with the folder's own path taken out of it.
inline std::string refusal(const Files& files) {
  const Folder folder(files);
  try {
    folder.load();
  } catch (const InputError& error) {
    std::string message = error.what();
    const std::string prefix = folder.path().string() + "/";
    for (size_t at = 0; (at = message.find(prefix, at)) != std::string::npos;) message.erase(at, prefix.size());
    return message;
  }
  return "nothing refused";
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline constexpr const char* kTable = "kind: table\nlabel: y\ndomain: where\nfiles: {train: a.csv, test: b.csv}\n";
inline constexpr const char* kTrain = "x,y,where\n1,no,east\n2,yes,east\n3,no,east\n4,yes,east\n";
inline constexpr const char* kTest = "x,y,where\n9,no,east\n";

inline std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

inline std::string idx(const std::vector<uint32_t>& shape, const std::string& data, char type = 8) {
  std::string bytes = {0, 0, type, static_cast<char>(shape.size())};
  for (uint32_t size : shape) bytes += big_endian(size);
  return bytes + data;
}

// `count` images of 2 x 2 whose pixels are all different, with labels 0 and 1 in turn.
inline std::string idx_images(uint32_t count, char first) {
  std::string data(4 * count, '\0');
  std::iota(data.begin(), data.end(), first);
  return idx({count, 2, 2}, data);
}
inline std::string idx_labels(uint32_t count) {
  std::string data;
  for (uint32_t i = 0; i < count; ++i) data += static_cast<char>(i % 2);
  return idx({count}, data);
}

inline constexpr const char* kIdx =
    "kind: image\nviews: {plain: []}\nfiles: {train: [i.idx, l.idx], test: [ti.idx, tl.idx]}\n";

inline Files idx_files(const std::string& yaml, const std::string& images, const std::string& labels) {
  return {{"suite.yaml", yaml},
          {"i.idx", images},
          {"l.idx", labels},
          {"ti.idx", idx_images(2, 100)},
          {"tl.idx", idx_labels(2)}};
}

inline std::string features(const std::vector<float>& values, int64_t width, const std::vector<int32_t>& label,
                            const std::vector<int32_t>& domain) {
  const auto items = static_cast<int64_t>(label.size());
  Arrays arrays = {{"features", make_f32({items, width}, values.data())}, {"label", make_i32({items}, label.data())}};
  if (!domain.empty()) arrays["domain"] = make_i32({items}, domain.data());
  return encode_safetensors(arrays);
}

}  // namespace loom::suite_files
