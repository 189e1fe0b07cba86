// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <vector>

#include "harness/compose.h"
#include "harness/resolve.h"
#include "harness/utf8.h"

namespace loom {
namespace overrides_detail {
namespace {

constexpr size_t kArgumentMax_bytes = 4096;
constexpr std::string_view kHelp = "write KEY=VALUE, e.g. train.batch=32 or arms.1.sparse_moe.top_k=2";

// Whether a comma stands outside of quotes, brackets and braces: `1,2` is a sweep, `[1,2]` a list.
bool top_level_comma(std::string_view value) {
  int depth = 0;
  char quote = 0;
  for (const char c : value) {
    if (quote != 0) {
      quote = c == quote ? 0 : quote;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      return true;
    }
  }
  return false;
}

struct Segment {
  std::string text;
  Mark mark;
};

// One argument on its way into the tree. Its marks count characters of the argument itself.
class Override {
 public:
  Override(const std::string& argument, Diagnostics& diagnostics)
      : argument_(argument), file_("command line: " + argument), diagnostics_(diagnostics) {}

  void apply(Node& root) {
    diagnostics_.source(file_, argument_);
    const size_t equals = argument_.find('=');
    if (argument_.size() > kArgumentMax_bytes) return refuse(mark(0, 1), "an override of more than 4096 bytes");
    if (equals == std::string::npos || equals == 0) {
      return refuse(mark(0, argument_.size()), "'" + argument_ + "' is not KEY=VALUE");
    }
    std::vector<Segment> path;
    if (!split(equals, path)) return;
    const size_t before = diagnostics_.count();
    Node value = parse_value(equals);
    if (diagnostics_.count() == before) set(root, path, std::move(value));
  }

 private:
  Mark mark(size_t offset, size_t length) const {
    return {file_, 1, static_cast<int>(character_count(argument_.substr(0, offset))) + 1,
            std::max(1, static_cast<int>(length))};
  }

  void refuse(const Mark& mark, std::string message, std::string suggestion = "") {
    diagnostics_.error(mark, std::move(message), std::move(suggestion), std::string(kHelp));
  }

  bool split(size_t equals, std::vector<Segment>& path) {
    size_t start = 0;
    while (start <= equals) {
      const size_t end = std::min(argument_.find('.', start), equals);
      const std::string word = argument_.substr(start, end - start);
      const bool plain = word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+") ==
                         std::string::npos;
      if (word.empty() || !plain) {
        refuse(mark(start, word.size()), "'" + argument_.substr(0, equals) + "' is not a dotted path");
        return false;
      }
      path.push_back({word, mark(start, word.size())});
      start = end + 1;
    }
    return true;
  }

  // The value is parsed behind as many blanks as stand before it, so that the marks fit the argument. The bracket of a
  // sweep takes the place of the '='.
  Node parse_value(size_t equals) {
    const std::string value = argument_.substr(equals + 1);
    const bool sweep = top_level_comma(value);
    const std::string blanks(character_count(argument_.substr(0, equals)), ' ');
    Node node = parse_yaml(file_, blanks + (sweep ? "[" + value + "]" : " " + value), diagnostics_);
    diagnostics_.source(file_, argument_);
    if (node.kind == Node::Kind::null) node.mark = mark(equals, 1);
    if (!sweep) return node;
    Node out;
    out.kind = Node::Kind::map;
    out.mark = mark(equals + 1, value.size());
    node.mark = out.mark;
    out.entries.push_back({"sweep", out.mark, std::move(node)});
    return out;
  }

  void set(Node& root, const std::vector<Segment>& path, Node value) {
    Node* at = &root;
    std::string walked;
    for (const Segment& segment : path) {
      at = step(*at, segment, walked);
      if (at == nullptr) return;
      walked += (walked.empty() ? "" : ".") + segment.text;
    }
    merge_into(*at, std::move(value));
  }

  Node* step(Node& node, const Segment& segment, const std::string& walked) {
    if (node.kind == Node::Kind::list) return item(node, segment, walked);
    if (node.kind == Node::Kind::scalar && node.text == segment.text) {  // `router` becomes {router: ...}
      Node map;
      map.kind = Node::Kind::map;
      map.mark = node.mark;
      map.entries.push_back({node.text, node.mark, Node()});
      map.entries.back().value.mark = segment.mark;
      node = std::move(map);
      return &node.entries.back().value;
    }
    if (node.kind == Node::Kind::null) {
      node.kind = Node::Kind::map;
      node.mark = segment.mark;
    }
    if (node.kind == Node::Kind::scalar) {
      refuse(segment.mark, "nothing to set below " + walked + ": it is " + description(node), "");
      diagnostics_.note(node.mark, "written here");
      return nullptr;
    }
    for (Node::Entry& entry : node.entries) {
      if (entry.key == segment.text) return &entry.value;
    }
    node.entries.push_back({segment.text, segment.mark, Node()});
    node.entries.back().value.mark = segment.mark;
    return &node.entries.back().value;
  }

  Node* item(Node& list, const Segment& segment, const std::string& walked) {
    size_t index = 0;
    const char* end = segment.text.data() + segment.text.size();
    const auto result = std::from_chars(segment.text.data(), end, index);
    if (result.ec == std::errc() && result.ptr == end && index < list.items.size()) return &list.items[index];
    const std::string last = list.items.empty() ? "no items" : "items 0 to " + std::to_string(list.items.size() - 1);
    refuse(segment.mark, walked + " is a list with " + last + ", got '" + segment.text + "'");
    return nullptr;
  }

  const std::string& argument_;
  std::string file_;
  Diagnostics& diagnostics_;
};

}  // namespace
}  // namespace overrides_detail

void apply_override(Node& root, const std::string& argument, Diagnostics& diagnostics) {
  overrides_detail::Override(argument, diagnostics).apply(root);
}

}  // namespace loom
