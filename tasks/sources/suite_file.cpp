// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/suite_file.h"

#include <algorithm>
#include <cmath>

#include "harness/io.h"
#include "harness/yaml.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/yaml_fields.h"

namespace loom::sources {
namespace suite_file_detail {
namespace {

constexpr int64_t kPixelsMax = 1 << 24;
constexpr int64_t kWindowMax_bytes = 65536;
constexpr int64_t kBlockMax_bytes = 1 << 24;
constexpr int64_t kSeedMax = int64_t{1} << 53;  // whole numbers are exact up to here

const Words& kind_words() {
  static const Words kWords = {"table", "image", "bytes", "features", "tokens"};
  return kWords;
}

class Reader : YamlFields {
 public:
  Reader(const Node& root, SuiteFile& result, Diagnostics& diagnostics)
      : YamlFields(diagnostics), root_(root), result_(result) {}

  void read() {
    if (root_.kind != Node::Kind::map) return wrong(root_, "suite.yaml must be a map of keys, such as 'kind: table'");
    if (!read_kind()) return;
    set_defaults();
    for (const auto& entry : root_.entries) read_key(entry);
    check_together();
  }

 private:
  using Method = void (Reader::*)(const Node&);
  struct Key {
    std::string name;
    Words kinds;  // that have it; empty: all
    Method read;
  };

  static const std::vector<Key>& keys() {
    static const Words kRows = {"table", "image", "features"};
    static const std::vector<Key> kKeys = {
        {"kind", {}, &Reader::skip},
        {"files", {}, &Reader::read_files},
        {"label", kRows, &Reader::read_label},
        {"domain", {}, &Reader::read_domain},
        {"group", kRows, &Reader::read_group},
        {"metric", {}, &Reader::read_metric},
        {"split", {}, &Reader::read_split},
        {"shape", {"image"}, &Reader::read_shape},
        {"scale", {"image"}, &Reader::read_scale},
        {"views", {"image"}, &Reader::read_views},
        {"window", {"bytes", "tokens"}, &Reader::read_window},
        {"block", {"bytes", "tokens"}, &Reader::read_block},
        {"licence", {}, &Reader::read_licence},
        {"source", {}, &Reader::read_source},
        {"summary", {}, &Reader::read_summary},
    };
    return kKeys;
  }

  bool read_kind() {
    const Node* node = root_.find("kind");
    if (node == nullptr) {
      wrong(root_, "suite.yaml does not say its kind; one of " + joined(kind_words()));
      return false;
    }
    const auto found = std::ranges::find(kind_words(), node->text);
    if (node->kind == Node::Kind::scalar && found != kind_words().end()) {
      kind_ = node->text;
      result_.kind = static_cast<SuiteKind>(found - kind_words().begin());
      return true;
    }
    wrong(*node, "unknown kind " + in_quotes(node->text) + "; kinds: " + joined(kind_words()),
          did_you_mean(node->text, kind_words()));
    return false;
  }

  void set_defaults() {
    const bool bytes = result_.kind == SuiteKind::bytes || result_.kind == SuiteKind::tokens;
    const bool features = result_.kind == SuiteKind::features;
    result_.domain = bytes ? "file" : features ? "domain" : root_.find("views") != nullptr ? "" : "folder";
    result_.label = features ? "label" : result_.kind == SuiteKind::image ? "last" : "";
    result_.metric = bytes ? "bits_per_byte" : "accuracy";
  }

  void read_key(const Node::Entry& entry) {
    result_.lines[entry.key] = entry.mark.line;
    Words here;
    for (const auto& key : keys()) {
      const bool has = key.kinds.empty() || std::ranges::find(key.kinds, kind_) != key.kinds.end();
      if (has) here.push_back(key.name);
      if (key.name != entry.key) continue;
      if (has) return (this->*key.read)(entry.value);
      return diagnostics().error(entry.mark,
                                 "key '" + key.name + "' is for kind " + joined(key.kinds) + ", not " + kind_);
    }
    diagnostics().error(entry.mark, "unknown key " + in_quotes(entry.key), did_you_mean(entry.key, here),
                        "keys here: " + joined(here));
  }

  void check_together() {
    if (result_.kind == SuiteKind::table && root_.find("label") == nullptr)
      wrong(root_, "a table needs 'label': the name of its label column");
    if (!result_.views.empty() && !result_.domain.empty())
      wrong(*root_.find("domain"), "the views are the domains; leave 'domain' out");
    if (result_.split_given && result_.domain == "file")
      wrong(*root_.find("files"), "with 'domain: file' every file is one domain; name a plain list of files");
    if (result_.split_given && test_share_ != nullptr)
      wrong(*test_share_, "the test is given by 'files'; leave this out");
    if (root_.find("block") == nullptr) result_.block = 8 * result_.window;
    if (result_.block < result_.window) wrong(*root_.find("block"), "a block is at least as long as a window");
    check_rotation();
  }

  void check_rotation() {
    if (result_.shape.empty() || result_.shape[0] == result_.shape[1]) return;
    for (const auto& view : result_.views)
      for (const auto& transform : view.transforms)
        if (transform.kind == Transform::Kind::rotate90)
          return wrong(*root_.find("shape"), "only square images are rotated (view '" + view.name + "')");
  }

  void skip(const Node&) {}

  void read_files(const Node& node) {
    if (node.kind != Node::Kind::map) {
      result_.train_files = file_names(node);
      return;
    }
    result_.split_given = true;
    for (const auto& entry : node.entries) {
      if (entry.key == "train")
        result_.train_files = file_names(entry.value);
      else if (entry.key == "test")
        result_.test_files = file_names(entry.value);
      else
        diagnostics().error(entry.mark, "unknown key " + in_quotes(entry.key) + " in files",
                            did_you_mean(entry.key, {"train", "test"}));
    }
    if (node.find("train") == nullptr || node.find("test") == nullptr)
      wrong(node, "a map of files names both 'train' and 'test'");
    for (const auto& name : result_.test_files)
      if (std::ranges::find(result_.train_files, name) != result_.train_files.end())
        wrong(node, in_quotes(name) + " is both a train and a test file");
  }

  void read_label(const Node& node) { result_.label = text(node); }
  void read_domain(const Node& node) { result_.domain = text(node); }
  void read_group(const Node& node) { result_.group = text(node); }
  void read_licence(const Node& node) { result_.licence = text(node); }
  void read_source(const Node& node) { result_.source = text(node); }
  void read_summary(const Node& node) { result_.summary = text(node); }

  void read_metric(const Node& node) {
    if (text(node) != result_.metric)
      wrong(node, "the metric of kind " + kind_ + " is " + result_.metric, did_you_mean(node.text, {result_.metric}));
  }

  void read_split(const Node& node) {
    static const Words kNames = {"train", "validation", "router", "calibration", "test"};
    if (node.kind != Node::Kind::map) return wrong(node, "a map of shares expected here: " + joined(kNames));
    double sum = 0;
    size_t given = 0;
    for (const auto& entry : node.entries) {
      const auto found = std::ranges::find(kNames, entry.key);
      if (found == kNames.end()) {
        diagnostics().error(entry.mark, "unknown key " + in_quotes(entry.key) + " in split",
                            did_you_mean(entry.key, kNames));
        continue;
      }
      const double share = number(entry.value, 0.001, 0.999);
      if (*found == "test") {
        result_.test_share = share;
        test_share_ = &entry.value;
        continue;
      }
      result_.shares[static_cast<size_t>(found - kNames.begin())] = share;
      sum += share;
      ++given;
    }
    if (given == 0) return;
    if (given < 4 || std::abs(sum - 1) > 1e-6)
      wrong(node, "train, validation, router and calibration share the train side: give all four, with sum 1");
  }

  void read_shape(const Node& node) {
    if (node.kind != Node::Kind::list || node.items.size() < 2 || node.items.size() > 3)
      return wrong(node, "a shape is [height, width] or [height, width, channels]");
    int64_t pixels = 1;
    for (const auto& item : node.items) {
      result_.shape.push_back(whole(item, 1, 4096));
      pixels *= result_.shape.back();
    }
    if (pixels > kPixelsMax) wrong(node, "an image has at most 16,777,216 values");
  }

  void read_scale(const Node& node) { result_.scale = number(node, 1e-6, 1e9); }

  void read_views(const Node& node) {
    if (node.kind != Node::Kind::map || node.entries.empty())
      return wrong(node, "a map of views expected here, such as {plain: [], turned: [rotate90]}");
    for (const auto& entry : node.entries) {
      View& view = result_.views.emplace_back();
      view.name = entry.key;
      if (entry.value.kind != Node::Kind::list) wrong(entry.value, "a view is a list of transforms; [] for none");
      for (const auto& item : entry.value.items) view.transforms.push_back(transform(item));
    }
  }

  Transform transform(const Node& node) {
    using Kind = Transform::Kind;
    if (node.kind == Node::Kind::scalar && node.text == "invert") return {Kind::invert, 0};
    if (node.kind == Node::Kind::scalar && node.text == "rotate90") return {Kind::rotate90, 0};
    if (node.kind == Node::Kind::map && node.entries.size() == 1 && node.entries[0].key == "permute")
      return {Kind::permute, static_cast<uint64_t>(whole(node.entries[0].value, 0, kSeedMax))};
    wrong(node, "unknown transform; transforms: invert, rotate90, {permute: SEED}",
          did_you_mean(node.text, {"invert", "rotate90"}));
    return {};
  }

  void read_window(const Node& node) { result_.window = whole(node, 2, kWindowMax_bytes); }
  void read_block(const Node& node) { result_.block = whole(node, 2, kBlockMax_bytes); }

  const Node& root_;
  SuiteFile& result_;
  std::string kind_;
  const Node* test_share_ = nullptr;
};

}  // namespace
}  // namespace suite_file_detail

int SuiteFile::line_of(const std::string& key) const {
  const auto found = lines.find(key);
  return found == lines.end() ? 0 : found->second;
}

SuiteFile read_suite_file(const std::filesystem::path& folder) {
  SuiteFile result;
  result.folder = folder;
  result.file = folder / "suite.yaml";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) refuse(folder, 0, "there is no such folder");
  if (!std::filesystem::is_regular_file(result.file, error))
    refuse(result.file, 0, "there is no such file; a suite folder holds one, and 'kind: bytes' is the smallest");
  Diagnostics diagnostics;
  const std::string text = read_file(result.file);
  diagnostics.source(result.file.string(), text);
  const Node root = parse_yaml(result.file.string(), text, diagnostics);
  diagnostics.throw_if_any();
  suite_file_detail::Reader(root, result, diagnostics).read();
  diagnostics.throw_if_any();
  return result;
}

}  // namespace loom::sources
