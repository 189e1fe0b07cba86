// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

#include "tasks/sources/rows.h"

namespace loom::sources {

// Which rows of a file are the train side: those before row `train_rows`; the others are the test.
struct AnswerFile {
  std::filesystem::path path;
  int64_t train_rows = 0;
};
inline constexpr int64_t kAllTrain = std::numeric_limits<int64_t>::max();

// A table of numbers with one or more answers to a row: columns x1, x2 ... are inputs, y1, y2 ... answers.
struct AnswerTable {
  Rows rows;  // values: the inputs, each column standardised by the train side; a group: rows with equal inputs
  int64_t answers = 0;
  std::vector<double> answer;  // [rows, answers], as written
  int64_t left_out = 0;        // train rows whose inputs also occur in the test: on neither side
};

// InputError: another header, files whose headers differ, no number where one must be, a number beyond kNumberMax.
AnswerTable read_answers(const std::vector<AnswerFile>& files);

// One domain each, classes from 0. A place of the answers counts from 0.
Sides argmax_class(const AnswerTable& table);               // the answers are one-hot: the largest is the class
Sides yes_or_no(const AnswerTable& table, int64_t answer);  // InputError unless all are 0 or 1
Sides binned_number(const AnswerTable& table,
                    int64_t answer);  // `target`: standardised by the train side; label: its bin

}  // namespace loom::sources
