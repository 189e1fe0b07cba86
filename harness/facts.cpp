// SPDX-License-Identifier: Apache-2.0
#include "harness/facts.h"

#include <algorithm>
#include <array>
#include <map>

#include "harness/error.h"

namespace loom {
namespace facts_detail {
namespace {

constexpr std::array<std::pair<FieldType, const char*>, 7> kFieldTypes = {{{FieldType::boolean, "boolean"},
                                                                           {FieldType::integer, "integer"},
                                                                           {FieldType::real, "real"},
                                                                           {FieldType::text, "text"},
                                                                           {FieldType::choice, "choice"},
                                                                           {FieldType::component, "component"},
                                                                           {FieldType::file, "file"}}};

[[noreturn]] void refuse(const std::string& why) {
  throw InputError("component facts: " + why + "; build loom and loom-worker from the same sources");
}

std::string type_name(FieldType type) {
  for (const auto& [known, text] : kFieldTypes) {
    if (known == type) return text;
  }
  fail("field type without a name");
}

FieldType type_of(const std::string& name) {
  for (const auto& [type, text] : kFieldTypes) {
    if (name == text) return type;
  }
  refuse("unknown field type '" + name + "'");
}

// Takes keys out of an object one by one; what is left at the end is a key nobody knows.
class Reader {
 public:
  Reader(const Json& object, std::string what) : object_(object), what_(std::move(what)) {
    if (!object_.is_object()) refuse(what_ + " is not an object");
  }

  Json take(const std::string& key) {
    const auto found = object_.find(key);
    if (found == object_.end()) refuse(what_ + " lacks '" + key + "'");
    Json value = *found;
    object_.erase(found);
    return value;
  }

  std::string text(const std::string& key) {
    const Json value = take(key);
    if (!value.is_string()) refuse(what_ + "." + key + " is not text");
    return value.get<std::string>();
  }

  bool flag(const std::string& key) {
    const Json value = take(key);
    if (!value.is_boolean()) refuse(what_ + "." + key + " is not true or false");
    return value.get<bool>();
  }

  std::optional<double> bound(const std::string& key) {
    const Json value = take(key);
    if (value.is_null()) return {};
    if (!value.is_number()) refuse(what_ + "." + key + " is not a number");
    return value.get<double>();
  }

  Json list(const std::string& key) {
    Json value = take(key);
    if (!value.is_array()) refuse(what_ + "." + key + " is not a list");
    return value;
  }

  std::vector<std::string> texts(const std::string& key) {
    std::vector<std::string> out;
    for (const Json& item : list(key)) {
      if (!item.is_string()) refuse(what_ + "." + key + " holds something that is not text");
      out.push_back(item.get<std::string>());
    }
    return out;
  }

  void end() const {
    if (!object_.empty()) refuse(what_ + " has an unknown key '" + object_.begin().key() + "'");
  }

 private:
  Json object_;
  std::string what_;
};

Json field_to_json(const Field& field) {
  return {{"name", field.name},
          {"type", type_name(field.type)},
          {"default", field.fallback},
          {"required", field.required},
          {"min", field.min ? Json(*field.min) : Json()},
          {"max", field.max ? Json(*field.max) : Json()},
          {"choices", field.choices},
          {"component", field.component},
          {"doc", field.doc}};
}

Field field_from_json(const Json& value) {
  Reader in(value, "field");
  Field field;
  field.name = in.text("name");
  field.type = type_of(in.text("type"));
  field.fallback = in.take("default");
  field.required = in.flag("required");
  field.min = in.bound("min");
  field.max = in.bound("max");
  field.choices = in.texts("choices");
  field.component = in.text("component");
  field.doc = in.text("doc");
  in.end();
  return field;
}

// Lowrance, Wagner 1975: insertions, deletions, substitutions and swaps of neighbours cost 1, and a swapped pair may be
// edited further. Row and column 0 of `cost` hold the border that no edit can beat.
size_t edit_distance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 2;
  std::vector<size_t> cost((a.size() + 2) * width, a.size() + b.size());
  const auto at = [&](size_t i, size_t j) -> size_t& { return cost[i * width + j]; };
  for (size_t i = 0; i <= a.size(); ++i) at(i + 1, 1) = i;
  for (size_t j = 0; j <= b.size(); ++j) at(1, j + 1) = j;
  std::map<char, size_t> last_row;  // where each letter of b was last seen in a
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t last_column = 0;  // where a[i - 1] was last seen in b
    for (size_t j = 1; j <= b.size(); ++j) {
      const auto seen = last_row.find(b[j - 1]);
      const size_t k = seen == last_row.end() ? 0 : seen->second, l = last_column;
      const bool equal = a[i - 1] == b[j - 1];
      const size_t swap = at(k, l) + (i - k - 1) + 1 + (j - l - 1);
      at(i + 1, j + 1) = std::min({at(i, j) + !equal, at(i + 1, j) + 1, at(i, j + 1) + 1, swap});
      if (equal) last_column = j;
    }
    last_row[a[i - 1]] = i;
  }
  return at(a.size() + 1, b.size() + 1);
}

}  // namespace
}  // namespace facts_detail

Json to_json(const Facts& facts) {
  Json fields = Json::array();
  for (const Field& field : facts.fields) fields.push_back(facts_detail::field_to_json(field));
  return {{"kind", facts.kind},       {"name", facts.name},
          {"summary", facts.summary}, {"paper", facts.paper},
          {"family", facts.family},   {"view", facts.view},
          {"level", facts.level},     {"access", facts.access},
          {"causal", facts.causal},   {"row_independent", facts.row_independent},
          {"inputs", facts.inputs},   {"fields", fields}};
}

Facts facts_from_json(const Json& value) {
  facts_detail::Reader in(value, "component");
  Facts facts;
  facts.kind = in.text("kind");
  facts.name = in.text("name");
  facts.summary = in.text("summary");
  facts.paper = in.text("paper");
  facts.family = in.text("family");
  facts.view = in.text("view");
  facts.level = in.text("level");
  facts.access = in.texts("access");
  facts.causal = in.flag("causal");
  facts.row_independent = in.flag("row_independent");
  facts.inputs = in.texts("inputs");
  for (const Json& field : in.list("fields")) facts.fields.push_back(facts_detail::field_from_json(field));
  in.end();
  return facts;
}

const Facts* FactSheet::find(std::string_view kind, std::string_view name) const {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const Facts& facts) { return facts.kind == kind && facts.name == name; });
  return found == all_.end() ? nullptr : &*found;
}

std::vector<std::string> FactSheet::names(std::string_view kind) const {
  std::vector<std::string> names;
  for (const Facts& facts : all_) {
    if (facts.kind == kind) names.push_back(facts.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  const size_t limit = 1 + word.size() / 3;
  size_t best = limit + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    const size_t gap = std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
    if (gap >= best) continue;
    const size_t distance = facts_detail::edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace loom
