// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace loom {

// Where something was written. line and column are 1-based; line 0: the whole file; file "command line" for overrides.
struct Mark {
  std::string file;
  int line = 0, column = 0, length = 1;
};

// Collects all mistakes of a config and prints them as a compiler does:
//   configs/x.yaml:11:3: error: unknown key 'learing_rate' in train
//      11 |   learing_rate: 1e-3
//         |   ^~~~~~~~~~~~ did you mean 'learning_rate'?
//      keys here: batch, learning_rate, optimizer   (loom show train)
class Diagnostics {
 public:
  void source(const std::string& file, std::string text);  // the text whose lines are quoted
  void error(const Mark& mark, std::string message, std::string suggestion = "", std::string help = "");
  void note(const Mark& mark, std::string message);  // a second place of the last error, quoted below it
  bool empty() const { return entries_.empty(); }
  size_t count() const { return entries_.size(); }
  size_t told() const { return told_; }  // like count, but exact repetitions count too
  std::string text() const;              // all entries, by place within a file, then "N errors; nothing was run"
  std::string json() const;   // [{file,line,column,message,suggestion,help,notes:[{file,line,column,message}]}]
  void throw_if_any() const;  // InputError(text())

 private:
  struct Note {
    Mark mark;
    std::string message;
  };
  struct Entry {
    Mark mark;
    std::string message, suggestion, help;
    std::vector<Note> notes;
  };
  std::vector<const Entry*> sorted() const;
  std::string quoted(const Mark& mark, const std::string& suggestion) const;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::string, std::string>> sources_;
  size_t told_ = 0;
  bool repeated_ = false;  // the last error was an exact repetition: its notes are dropped with it
};

}  // namespace loom
