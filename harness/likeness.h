// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/suite.h"

namespace loom {

// The items of both sides of a suite under one number: the train side's first, then the test's.
class BothSides {
 public:
  BothSides(const Items& train, const Items& test) : train_(train), test_(test) {}
  int64_t count() const { return train_.count + test_.count; }
  bool in_test(int64_t item) const { return item >= train_.count; }
  const Items& side(int64_t item) const { return in_test(item) ? test_ : train_; }
  size_t place(int64_t item) const { return static_cast<size_t>(in_test(item) ? item - train_.count : item); }
  int32_t domain(int64_t item) const { return side(item).domain[place(item)]; }
  int32_t group(int64_t item) const { return side(item).group[place(item)]; }

  // The item's part of a member such as &Items::values, `width` of it from the start.
  template <class T>
  std::span<const T> row(std::vector<T> Items::*member, int64_t item, int64_t width) const {
    const Items& items = side(item);
    return std::span(items.*member)
        .subspan(place(item) * static_cast<size_t>(items.input_dim), static_cast<size_t>(width));
  }

 private:
  const Items &train_, &test_;
};

// How alike two items are, and keys by which alike ones meet (locality-sensitive hashing, Indyk and Motwani 1998):
// items that share a key in at least one table are compared.
class Likeness {
 public:
  virtual ~Likeness() = default;
  virtual std::string what() const = 0;                            // in a few words, with the threshold
  virtual double threshold() const = 0;                            // near duplicates are at least so alike
  virtual double of(int64_t a, int64_t b) const = 0;               // 1: equal
  virtual bool plausible(int64_t, int64_t) const { return true; }  // false: surely below the threshold; cheap
  virtual size_t tables() const = 0;
  virtual std::vector<uint64_t> keys(size_t table) const = 0;  // of every item
  // Why items of this domain cannot be told near or not; empty where they can.
  virtual std::string unfit(int32_t) const { return ""; }
};

}  // namespace loom
