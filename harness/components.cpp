// SPDX-License-Identifier: Apache-2.0
#include "harness/components.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/error.h"

namespace loom {
namespace components_detail {
namespace {

constexpr std::string_view kBackbone = "backbone";

std::string with_article(std::string_view kind) {
  const bool vowel = !kind.empty() && std::string_view("aeiou").find(kind.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(kind);
}

std::string names_help(const Scope& scope, std::string_view kind) {
  return std::string(kind) + "s: " + joined(scope.facts.names(kind)) + "   (loom show " + std::string(kind) + ")";
}

const Facts* look_up(const Scope& scope, std::string_view kind, const std::string& name, const Mark& mark) {
  if (const Facts* facts = scope.facts.find(kind, name)) return facts;
  const std::vector<std::string> names = scope.facts.names(kind);
  std::string hint = nearest(name, names);
  if (!hint.empty()) hint = "did you mean '" + hint + "'?";
  for (const Facts& other : scope.facts.all()) {
    if (other.name == name) hint = "'" + name + "' is " + with_article(other.kind);
  }
  scope.diagnostics.error(mark, "no " + std::string(kind) + " '" + name + "'", hint, names_help(scope, kind));
  return nullptr;
}

std::nullopt_t refuse(const Scope& scope, std::string_view kind, const Node& node) {
  if (is_sweep(node)) {
    scope.diagnostics.error(node.mark, "a sweep may stand only inside an arm or a suite's settings",
                            "name one " + std::string(kind), names_help(scope, kind));
  } else {
    scope.diagnostics.error(node.mark, "expected " + with_article(kind) + ", got " + description(node),
                            "write NAME or {NAME: {settings}}", names_help(scope, kind));
  }
  return std::nullopt;
}

// {name: NAME, settings...}: the form in which resolved experiments are written.
std::optional<Written> read_resolved(const Scope& scope, std::string_view kind, const Node& node) {
  Written out;
  for (const Node::Entry& entry : node.entries) {
    if (entry.key != "name") {
      out.settings.push_back(&entry);
    } else if (entry.value.kind != Node::Kind::scalar) {
      return refuse(scope, kind, entry.value);
    } else {
      out.mark = entry.value.mark;
      out.facts = look_up(scope, kind, entry.value.text, out.mark);
    }
  }
  return out.facts != nullptr ? std::optional(out) : std::nullopt;
}

// The one key of a map that names the component; the others stand beside it.
const Node::Entry* naming_entry(const Scope& scope, std::string_view kind, const Node& node, bool beside) {
  const Node::Entry* found = nullptr;
  for (const Node::Entry& entry : node.entries) {
    if (scope.facts.find(kind, entry.key) == nullptr) continue;
    if (found != nullptr) {
      scope.diagnostics.error(
          entry.mark, "expected one " + std::string(kind) + ", got both '" + found->key + "' and '" + entry.key + "'",
          "", names_help(scope, kind));
      scope.diagnostics.note(found->mark, "the first is here");
      return nullptr;
    }
    found = &entry;
  }
  if (found == nullptr) {
    look_up(scope, kind, node.entries.front().key, node.entries.front().mark);
    return nullptr;
  }
  for (const Node::Entry& entry : node.entries) {
    if (beside || &entry == found) continue;
    scope.diagnostics.error(entry.mark, "the key '" + entry.key + "' stands beside '" + found->key + "'",
                            "indent it below '" + found->key + ":'",
                            "settings of " + with_article(kind) + " stand inside it   (loom show " + found->key + ")");
  }
  return found;
}

std::optional<Written> read_named(const Scope& scope, std::string_view kind, const Node& node, bool beside) {
  const Node::Entry* named = naming_entry(scope, kind, node, beside);
  if (named == nullptr) return std::nullopt;
  Written out;
  out.mark = named->mark;
  out.facts = scope.facts.find(kind, named->key);
  const Node& value = named->value;
  if (is_sweep(value) || value.kind == Node::Kind::list) {
    scope.diagnostics.error(
        value.mark,
        "expected settings of " + named->key + " like {key: value}, got " +
            (is_sweep(value) ? "a sweep" : description(value)),
        "", "keys here: " + joined(field_names(out.facts->fields)) + "   (loom show " + named->key + ")");
    return std::nullopt;
  }
  if (value.kind == Node::Kind::scalar) out.bare = &value;
  for (const Node::Entry& entry : value.entries) out.settings.push_back(&entry);
  for (const Node::Entry& entry : node.entries) {
    if (beside && &entry != named) out.settings.push_back(&entry);
  }
  return out;
}

// Settings sorted into the component's own and, where it has a backbone, the backbone's.
class Resolution {
 public:
  Resolution(const Scope& scope, const Written& written) : scope_(scope), written_(written), facts_(*written.facts) {}

  Json run(const Json& inherited) {
    collect();
    Json out = {{"name", facts_.name}};
    for (const Field& field : facts_.fields) {
      const bool backbone = field.type == FieldType::component && field.name == kBackbone;
      out[field.name] = backbone ? resolve_backbone(field, inherited) : resolve_own(field);
    }
    for (const Node::Entry* entry : left_) refuse_setting(*entry);
    return out;
  }

 private:
  struct Given {
    const Node* value;
    Mark mark;
  };

  void collect() {
    if (written_.bare != nullptr && facts_.fields.empty()) {
      scope_.diagnostics.error(written_.bare->mark,
                               facts_.name + " takes no settings, got " + description(*written_.bare),
                               "write just " + facts_.name, "(loom show " + facts_.name + ")");
    } else if (written_.bare != nullptr) {
      given_[facts_.fields.front().name] = {written_.bare, written_.bare->mark};
    }
    for (const Node::Entry* entry : written_.settings) {
      if (find_field(facts_.fields, entry->key) == nullptr) {
        left_.push_back(entry);
      } else {
        const auto [first, fresh] = given_.emplace(entry->key, Given{&entry->value, entry->mark});
        if (!fresh) refuse_twice(*entry, first->second.mark);
      }
    }
  }

  void refuse_twice(const Node::Entry& entry, const Mark& first) {
    scope_.diagnostics.error(entry.mark, "'" + entry.key + "' of " + facts_.name + " is set twice",
                             "remove one of the two");
    scope_.diagnostics.note(first, "the first is here");
  }

  Json resolve_own(const Field& field) {
    const auto given = given_.find(field.name);
    if (given != given_.end()) {
      return resolve_field(scope_, field, *given->second.value, {facts_.name + "." + field.name, facts_.name});
    }
    if (field.required) refuse_missing(field);
    return resolve_default(scope_, field);
  }

  void refuse_missing(const Field& field) {
    scope_.diagnostics.error(written_.mark, facts_.name + " needs '" + field.name + "': " + expectation(field),
                             "write {" + facts_.name + ": {" + field.name + ": ...}}",
                             field.doc + (field.doc.empty() ? "" : "   ") + "(loom show " + facts_.name + ")");
  }

  Json resolve_backbone(const Field& field, const Json& inherited) {
    const auto given = given_.find(field.name);
    std::optional<Written> chosen;
    if (given != given_.end()) {
      chosen = read_component(scope_, field.component, *given->second.value);
      if (!chosen) return without_backbone();
    } else if (!inherited.is_null()) {
      return adjusted(scope_.facts.find(field.component, inherited.at("name").get<std::string>()), inherited);
    } else if (field.fallback.is_string()) {
      chosen =
          Written{scope_.facts.find(field.component, field.fallback.get<std::string>()), written_.mark, nullptr, {}};
      check(chosen->facts != nullptr, "the default backbone of " + facts_.name + " is not in the build");
    } else {
      refuse_missing(field);
      return without_backbone();
    }
    backbone_ = chosen->facts;
    for (const Node::Entry* entry : take_backbone_settings()) chosen->settings.push_back(entry);
    return resolve_written(scope_, *chosen);
  }

  // Whose the remaining settings are is not known then, so nothing is said of them.
  Json without_backbone() {
    left_.clear();
    return nullptr;
  }

  // The inherited backbone with the settings given here.
  Json adjusted(const Facts* facts, Json backbone) {
    check(facts != nullptr, "an inherited backbone is not in the build");
    backbone_ = facts;
    std::map<std::string, Mark> seen;
    for (const Node::Entry* entry : take_backbone_settings()) {
      const auto [first, fresh] = seen.emplace(entry->key, entry->mark);
      if (!fresh) refuse_twice(*entry, first->second);
      backbone[entry->key] = resolve_field(scope_, *find_field(facts->fields, entry->key), entry->value,
                                           {facts->name + "." + entry->key, facts->name});
    }
    return backbone;
  }

  std::vector<const Node::Entry*> take_backbone_settings() {
    const auto known = [&](const Node::Entry* entry) { return find_field(backbone_->fields, entry->key) != nullptr; };
    const auto rest =
        std::stable_partition(left_.begin(), left_.end(), [&](const auto* entry) { return !known(entry); });
    const std::vector<const Node::Entry*> taken(rest, left_.end());
    left_.erase(rest, left_.end());
    return taken;
  }

  void refuse_setting(const Node::Entry& entry) {
    std::vector<std::string> known = field_names(facts_.fields);
    std::string help;
    if (backbone_ != nullptr) {
      const std::vector<std::string> more = field_names(backbone_->fields);
      help = "keys here: " + joined(known) + "; of its backbone " + backbone_->name + ": " + joined(more);
      known.insert(known.end(), more.begin(), more.end());
    }
    refuse_key(scope_, entry, facts_.name, known, facts_.name, help);
  }

  const Scope& scope_;
  const Written& written_;
  const Facts& facts_;
  const Facts* backbone_ = nullptr;
  std::map<std::string, Given> given_;
  std::vector<const Node::Entry*> left_;
};

}  // namespace
}  // namespace components_detail

std::optional<Written> read_component(const Scope& scope, std::string_view kind, const Node& node, bool beside) {
  using namespace components_detail;
  if (node.kind == Node::Kind::scalar) {
    const Facts* facts = look_up(scope, kind, node.text, node.mark);
    return facts != nullptr ? std::optional(Written{facts, node.mark, nullptr, {}}) : std::nullopt;
  }
  if (node.kind != Node::Kind::map || node.entries.empty() || is_sweep(node)) return refuse(scope, kind, node);
  if (node.find("name") != nullptr) return read_resolved(scope, kind, node);
  return read_named(scope, kind, node, beside);
}

Json resolve_written(const Scope& scope, const Written& written, const Json& inherited_backbone) {
  return components_detail::Resolution(scope, written).run(inherited_backbone);
}

Json default_component(const Scope& scope, std::string_view kind, const std::string& name) {
  const Facts* facts = scope.facts.find(kind, name);
  check(facts != nullptr, "the default " + std::string(kind) + " '" + name + "' is not in the build");
  return resolve_written(scope, Written{facts, {}, nullptr, {}});
}

}  // namespace loom
