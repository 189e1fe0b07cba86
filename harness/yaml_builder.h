// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/yaml.h"
#include "harness/yaml_text.h"

namespace loom {

struct YamlStop {};  // thrown out of the parser once going on is pointless; the reason is already in the diagnostics

// Builds the tree from events; nothing is recursive, so no input can exhaust the stack.
class YamlBuilder : public YAML::EventHandler {
 public:
  YamlBuilder(const YamlText& source, Diagnostics& diagnostics) : source_(source), diagnostics_(diagnostics) {}

  // The finished tree; tells first of plain texts that run over several lines, which a syntax error would explain
  // better.
  Node take();
  // The innermost list or map that is still open, for "never closed" messages.
  std::optional<Mark> open_flow() const;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& at, const std::string&) override;
  void OnAlias(const YAML::Mark& at, YAML::anchor_t) override;
  void OnNull(const YAML::Mark& at, YAML::anchor_t) override;
  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t, const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value style) override {
    open(Node::Kind::list, at, tag, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::map, at, tag, style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    bool flow = false;
    std::optional<std::string> key;
    Mark key_mark;
    std::map<std::string, Mark> keys;
  };

  void refuse(const Mark& mark, std::string message, std::string suggestion = "");
  [[noreturn]] void stop(const Mark& mark, std::string message, std::string suggestion = "");
  bool at_key() const;
  // A plain scalar carries "?", a quoted one "!"; a tag that the user wrote starts at the node's mark.
  void check_tag(size_t offset, const std::string& tag);
  void check_scalar(const Node& node, size_t offset);
  void open(Node::Kind kind, const YAML::Mark& at, const std::string& tag, YAML::EmitterStyle::value style);
  void close();
  void add(Node node);
  void add_key(Node node);
  size_t offset(const YAML::Mark& at) const { return source_.offset(at.line, at.column); }

  const YamlText& source_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  Node root_;
  std::vector<Mark> folded_;
  size_t nodes_ = 0, mistakes_ = 0;
};

}  // namespace loom
