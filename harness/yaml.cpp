// SPDX-License-Identifier: Apache-2.0
#include "harness/yaml.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "harness/yaml_builder.h"
#include "harness/yaml_text.h"

namespace loom {
namespace yaml_detail {
namespace {

constexpr size_t kFileMax_bytes = size_t{1} << 20;

// yaml-cpp's wording speaks of its own grammar; these speak of what was typed.
std::string reworded(const std::string& message) {
  struct Wording {
    const char *theirs, *ours;
  };
  constexpr std::array<Wording, 9> kWordings = {{
      {"illegal map value", "a ':' is not expected here: check the indentation, or quote the text"},
      {"illegal map key", "a '?' is not expected here"},
      {"illegal block entry", "a '-' is not expected here: check the indentation"},
      {"illegal flow end", "a closing bracket without an opening one"},
      {"end of map not found", "unexpected text here: check the indentation and the quotes"},
      {"end of sequence not found", "a list item '- ' was expected here: check the indentation"},
      {"unknown token", "this character cannot start a value; quote the text"},
      {"unknown escape character", "unknown escape in a double-quoted text; use single quotes or double the backslash"},
      {"the referenced anchor", "aliases ('*') are not supported"},
  }};
  for (const Wording& wording : kWordings) {
    if (message.starts_with(wording.theirs)) return wording.ours;
  }
  return "not valid YAML: " + message;
}

void tell(const YAML::Exception& error, const YamlText& source, const YamlBuilder& builder, Diagnostics& diagnostics) {
  const size_t offset = source.offset(error.mark.line, error.mark.column);
  const Mark mark = source.mark(offset);
  const std::string_view line = source.line_at(offset);
  const std::string_view indent = line.substr(0, line.find_first_not_of(" \t"));
  if (error.msg.find("flow not found") != std::string::npos) {
    if (const auto open = builder.open_flow()) {
      diagnostics.error(*open, "this bracket is never closed, or a comma is missing behind it");
      return diagnostics.note(mark, "noticed here");
    }
  }
  if (const size_t tab = indent.find('\t'); tab != std::string_view::npos) {
    const auto line_start = static_cast<size_t>(line.data() - source.text().data());
    return diagnostics.error(source.mark(line_start + tab), "this line is indented with a tab",
                             "YAML allows only spaces");
  }
  diagnostics.error(mark, reworded(error.msg));
}

// Where a second document or a leftover begins: the first event of one more call tells, then stops it.
struct Locator : YAML::EventHandler {
  std::optional<YAML::Mark> start;
  void OnDocumentStart(const YAML::Mark& at) override {
    start = at;
    throw YamlStop{};
  }
  void OnDocumentEnd() override { throw YamlStop{}; }
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

void tell_leftover(YAML::Parser& parser, const YamlText& source, Diagnostics& diagnostics) {
  Locator locator;
  try {
    parser.HandleNextDocument(locator);
  } catch (const YamlStop&) {
  } catch (const YAML::Exception& error) {
    locator.start = error.mark;
  }
  const size_t offset = locator.start ? source.offset(locator.start->line, locator.start->column) : 0;
  const bool second = source.text().substr(offset, 3) == "---";
  diagnostics.error(source.mark(offset), second ? "a config is one document, but a second one starts here"
                                                : "unexpected text here: check the indentation and the brackets");
}

// Only one document is ever asked for: asking until there is none never ends on some inputs (yaml-cpp issue 1040).
Node parse(const YamlText& source, Diagnostics& diagnostics) {
  std::istringstream stream{std::string(source.text())};
  YamlBuilder builder(source, diagnostics);
  YAML::Parser parser;
  try {
    parser.Load(stream);
    parser.HandleNextDocument(builder);
  } catch (const YamlStop&) {
    return {};
  } catch (const YAML::Exception& error) {
    tell(error, source, builder, diagnostics);
    return {};
  }
  if (parser) tell_leftover(parser, source, diagnostics);
  return builder.take();
}

}  // namespace
}  // namespace yaml_detail

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node parse_yaml(const std::string& file, const std::string& text, Diagnostics& diagnostics) {
  using namespace yaml_detail;
  const std::string_view body = std::string_view(text).substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  if (text.size() > kFileMax_bytes) {
    diagnostics.error({file}, std::to_string(text.size()) + " bytes; a config may have at most 1048576 (1 MiB)");
    return {};
  }
  diagnostics.source(file, std::string(body));
  const YamlText source(file, body);
  if (const auto fault = yaml_text_fault(body)) {
    const bool utf16 = fault->second.starts_with("UTF-16");  // its lines are unreadable
    diagnostics.error(utf16 ? Mark{file} : source.mark(fault->first), fault->second);
    return {};
  }
  if (body.starts_with('%')) {
    diagnostics.error(source.mark(0), "directives ('%') are not supported", "remove this line");
    return {};
  }
  return parse(source, diagnostics);
}

}  // namespace loom
