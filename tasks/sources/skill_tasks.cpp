// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/skill_tasks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tasks/sources/string_functions.h"

namespace loom::sources {
namespace skill_tasks_detail {
namespace {

constexpr int64_t kModulus = 97;

std::string letters(int64_t length, uint64_t alphabet, char first, Stream& stream) {
  std::string out;
  for (int64_t i = 0; i < length; ++i) out += static_cast<char>(first + static_cast<char>(stream.below(alphabet)));
  return out;
}

Question same(int64_t length, Stream& stream) {
  const std::string text = letters(length, 8, 'a', stream);
  return {text, text};
}

Question backwards(int64_t length, Stream& stream) {
  const std::string text = letters(length, 8, 'a', stream);
  return {text, reversed(text)};
}

Question in_order(int64_t length, Stream& stream) {
  const std::string text = letters(length, 8, 'a', stream);
  return {text, sorted(text)};
}

Question once_each(int64_t length, Stream& stream) {
  const std::string text = letters(length, 8, 'a', stream);
  return {text, first_occurrences(text)};
}

Question parity(int64_t length, Stream& stream) {
  const std::string bits = letters(length, 2, '0', stream);
  return {bits, std::ranges::count(bits, '1') % 2 == 0 ? "0" : "1"};
}

std::string two_digits(int64_t value) {
  return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
}

Question modular(Stream& stream, bool times) {
  const auto a = static_cast<int64_t>(stream.below(kModulus)), b = static_cast<int64_t>(stream.below(kModulus));
  return {two_digits(a) + (times ? "*" : "+") + two_digits(b), two_digits((times ? a * b : a + b) % kModulus)};
}

Question mod_add(int64_t, Stream& stream) { return modular(stream, false); }
Question mod_mul(int64_t, Stream& stream) { return modular(stream, true); }

std::string binary(uint64_t value, int64_t length) {
  std::string out;
  for (int64_t i = length - 1; i >= 0; --i) out += (value >> i & 1U) != 0 ? '1' : '0';
  return out;
}

// The sum has one bit more.
Question binary_add(int64_t length, Stream& stream) {
  const uint64_t a = stream.below(uint64_t{1} << length), b = stream.below(uint64_t{1} << length);
  return {binary(a, length) + "+" + binary(b, length), binary(a + b, length + 1)};
}

bool balanced(const std::string& text) {
  std::string open;
  for (const char c : text) {
    const size_t kind = std::string("([{").find(c);
    if (kind != std::string::npos) {
      open += ")]}"[kind];
    } else if (open.empty() || open.back() != c) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

// Half of them are balanced; of the others one bracket was changed.
Question dyck(int64_t half, Stream& stream) {
  std::string text, open;
  for (int64_t left = 2 * half; left > 0; --left) {
    const bool must_close = static_cast<int64_t>(open.size()) == left;
    if (must_close || (!open.empty() && stream.below(2) == 0)) {
      text += open.back();
      open.pop_back();
    } else {
      const size_t kind = stream.below(3);
      text += "([{"[kind];
      open += ")]}"[kind];
    }
  }
  if (stream.below(2) == 0) {
    char& changed = text[stream.below(text.size())];
    const std::string brackets = "([{)]}";
    changed = brackets[(brackets.find(changed) + 1 + stream.below(5)) % 6];
  }
  return {text, balanced(text) ? "y" : "n"};
}

// [M 3 7 [m 2 9] 1] without blanks: M largest, m smallest, S sum modulo 10 (Nangia and Bowman 2018).
Question listops(int64_t arguments, Stream& stream) {
  const auto list = [&](int64_t count, bool nested, const auto& self) -> std::pair<std::string, int64_t> {
    const char kind = "MmS"[stream.below(3)];
    const auto inner = static_cast<int64_t>(stream.below(static_cast<uint64_t>(count)));
    std::string text = std::string("[") + kind;
    int64_t most = 0, least = 9, sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      auto value = static_cast<int64_t>(stream.below(10));
      if (nested && i == inner) {
        const auto [part, result] = self(3, false, self);
        text += part;
        value = result;
      } else {
        text += static_cast<char>('0' + value);
      }
      most = std::max(most, value);
      least = std::min(least, value);
      sum += value;
    }
    return {text + "]", kind == 'M' ? most : kind == 'm' ? least : sum % 10};
  };
  const auto [text, value] = list(arguments, true, list);
  return {text, std::string(1, static_cast<char>('0' + value))};
}

// Pairs of a letter and a digit, then one of the letters: its digit (associative recall).
Question recall(int64_t pairs, Stream& stream) {
  std::string keys = "abcdefghijklmnop", text;
  std::vector<char> values;
  for (int64_t i = 0; i < pairs; ++i) {
    std::swap(keys[static_cast<size_t>(i)],
              keys[static_cast<size_t>(i) + stream.below(keys.size() - static_cast<size_t>(i))]);
    values.push_back(static_cast<char>('0' + static_cast<char>(stream.below(10))));
    text += keys[static_cast<size_t>(i)];
    text += values.back();
  }
  const size_t asked = stream.below(static_cast<uint64_t>(pairs));
  return {text + "?" + keys[asked], std::string(1, values[asked])};
}

Question majority(int64_t length, Stream& stream) {
  while (true) {
    const std::string text = letters(length, 3, 'a', stream);
    std::array<int64_t, 3> count = {};
    for (const char c : text) ++count[static_cast<size_t>(c - 'a')];
    const auto most = std::ranges::max_element(count);
    if (std::ranges::count(count, *most) == 1)
      return {text, std::string(1, static_cast<char>('a' + (most - count.begin())))};
  }
}

double strings(int64_t length) { return std::pow(8, length); }

// Multisets of 8 letters: length + 7 over 7.
double multisets(int64_t length) {
  double count = 1;
  for (int64_t i = 1; i <= 7; ++i) count *= static_cast<double>(length + i) / static_cast<double>(i);
  return count;
}

// Strings of different letters, of 1 to 8 of them.
double without_repeats(int64_t length) {
  double count = 0, of_length = 1;
  for (int64_t i = 0; i < std::min<int64_t>(length, 8); ++i) count += of_length *= static_cast<double>(8 - i);
  return count;
}

double sums(int64_t length) { return std::pow(2, length + 1) - 1; }

template <int count>
double always(int64_t) {
  return count;
}

constexpr std::array<SkillTask, 12> kTasks = {{
    {"copy", 'C', 4, 10, 15, same, strings},
    {"reverse", 'R', 4, 10, 15, backwards, strings},
    {"sort", 'S', 4, 10, 15, in_order, multisets},
    {"dedup", 'D', 4, 10, 15, once_each, without_repeats},
    {"parity", 'P', 8, 16, 24, parity, always<2>},
    {"mod_add", 'A', 1, 1, 1, mod_add, always<kModulus>},
    {"mod_mul", 'M', 1, 1, 1, mod_mul, always<kModulus>},
    {"binary_add", 'B', 4, 10, 13, binary_add, sums},
    {"dyck", 'Y', 3, 8, 13, dyck, always<2>},
    {"listops", 'L', 3, 8, 14, listops, always<10>},
    {"recall", 'K', 3, 8, 13, recall, always<10>},
    {"majority", 'J', 7, 14, 24, majority, always<3>},
}};

}  // namespace
}  // namespace skill_tasks_detail

double SkillTask::chance() const {
  double sum = 0;
  for (int64_t length = shortest; length <= longest; ++length) sum += 1 / answers(length);
  return sum / static_cast<double>(longest - shortest + 1);
}

std::span<const SkillTask> skill_tasks() { return skill_tasks_detail::kTasks; }

}  // namespace loom::sources
