// SPDX-License-Identifier: Apache-2.0
#include "harness/yaml_builder.h"

namespace loom {
namespace yaml_builder_detail {
namespace {

constexpr size_t kScalarMax_bytes = 4096;
constexpr size_t kNodesMax = 20'000;
constexpr size_t kDepthMax = 32;
constexpr size_t kMistakesMax = 20;

}  // namespace
}  // namespace yaml_builder_detail

Node YamlBuilder::take() {
  for (const Mark& mark : folded_) {
    diagnostics_.error(mark, "this plain text goes on in the next line", "check the indentation, or quote the text");
  }
  return std::move(root_);
}

std::optional<Mark> YamlBuilder::open_flow() const {
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    if (frame->flow) return frame->node.mark;
  }
  return std::nullopt;
}

void YamlBuilder::OnAnchor(const YAML::Mark& at, const std::string&) {
  refuse(source_.mark(offset(at)), "anchors ('&') are not supported", "write the value out where it is used");
}

void YamlBuilder::OnAlias(const YAML::Mark& at, YAML::anchor_t) {
  refuse(source_.mark(offset(at)), "aliases ('*') are not supported", "write the value out");
  add({});
}

void YamlBuilder::OnNull(const YAML::Mark& at, YAML::anchor_t) {
  Node node;
  node.mark = source_.mark(offset(at));
  if (!frames_.empty() && frames_.back().key) node.mark = frames_.back().key_mark;
  add(std::move(node));
}

void YamlBuilder::refuse(const Mark& mark, std::string message, std::string suggestion) {
  diagnostics_.error(mark, std::move(message), std::move(suggestion));
  if (++mistakes_ >= yaml_builder_detail::kMistakesMax) throw YamlStop{};
}

void YamlBuilder::stop(const Mark& mark, std::string message, std::string suggestion) {
  diagnostics_.error(mark, std::move(message), std::move(suggestion));
  throw YamlStop{};
}

bool YamlBuilder::at_key() const {
  return !frames_.empty() && frames_.back().node.kind == Node::Kind::map && !frames_.back().key;
}

void YamlBuilder::check_tag(size_t offset, const std::string& tag) {
  const bool written = (tag != "?" && tag != "!" && !tag.empty()) || source_.text().substr(offset, 1) == "!";
  if (written) refuse(source_.mark(offset, 2), "tags ('!') are not supported", "remove the tag");
}

void YamlBuilder::OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t, const std::string& value) {
  const size_t start = offset(at);
  check_tag(start, tag);
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = value;
  node.quoted = tag == "!";
  const std::string_view rest = source_.text().substr(start);
  const bool marks = rest.starts_with('"') || rest.starts_with('\'');
  const size_t length = node.quoted && marks ? quoted_scalar_bytes(rest) : value.size();
  node.mark = source_.mark(start, length);
  if (node.quoted && marks && length == 0) stop(node.mark, "this quote is never closed");
  check_scalar(node, start);
  add(std::move(node));
}

void YamlBuilder::check_scalar(const Node& node, size_t offset) {
  if (node.text.size() > yaml_builder_detail::kScalarMax_bytes) {
    refuse(node.mark, "a value of " + std::to_string(node.text.size()) + " bytes; at most 4096 are allowed");
  }
  const bool folded = !node.quoted && source_.text().substr(offset, node.text.size()) != node.text;
  if (folded && source_.text().substr(offset, 1) != "&" && source_.text().substr(offset, 1) != "!") {
    folded_.push_back(node.mark);
  }
  // Escapes of a quoted scalar can spell what the file itself may not hold.
  if (const auto fault = yaml_text_fault(node.text)) {
    refuse(node.mark, "an escape in this text stands for a character that configs may not hold");
  }
}

void YamlBuilder::open(Node::Kind kind, const YAML::Mark& at, const std::string& tag, YAML::EmitterStyle::value style) {
  const size_t start = offset(at);
  check_tag(start, tag);
  const Mark mark = source_.mark(start);
  if (at_key()) {
    stop(mark, "a key must be a plain word, not a list or a map",
         style == YAML::EmitterStyle::Flow ? "is this bracket closed?" : "");
  }
  if (frames_.size() >= yaml_builder_detail::kDepthMax)
    stop(mark, "nested deeper than " + std::to_string(yaml_builder_detail::kDepthMax) + " levels");
  Frame frame;
  frame.node.kind = kind;
  frame.node.mark = mark;
  frame.flow = style == YAML::EmitterStyle::Flow;
  frames_.push_back(std::move(frame));
}

void YamlBuilder::add(Node node) {
  if (++nodes_ > yaml_builder_detail::kNodesMax)
    stop(node.mark, "more than " + std::to_string(yaml_builder_detail::kNodesMax) + " values in one file");
  if (frames_.empty()) {
    root_ = std::move(node);
  } else if (at_key()) {
    add_key(std::move(node));
  } else if (Frame& top = frames_.back(); top.node.kind == Node::Kind::list) {
    top.node.items.push_back(std::move(node));
  } else {
    top.node.entries.push_back({*top.key, top.key_mark, std::move(node)});
    top.key.reset();
  }
}

void YamlBuilder::add_key(Node node) {
  if (node.kind != Node::Kind::scalar || node.text.empty()) stop(node.mark, "a key is missing before this ':'");
  if (node.text == "<<") refuse(node.mark, "merge keys ('<<') are not supported", "use `defaults:` to share settings");
  Frame& top = frames_.back();
  const auto [first, fresh] = top.keys.emplace(node.text, node.mark);
  if (!fresh) {
    refuse(node.mark, "the key '" + node.text + "' is written twice", "remove one of the two");
    diagnostics_.note(first->second, "the first is here");
  }
  top.key = node.text;
  top.key_mark = node.mark;
}

void YamlBuilder::close() {
  Node node = std::move(frames_.back().node);
  frames_.pop_back();
  add(std::move(node));
}

}  // namespace loom
