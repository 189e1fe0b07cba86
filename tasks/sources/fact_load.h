// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loom::sources {

// How full a memory is: bits to be stored over bits that can be, for D domains of K facts of b bits of which a share
// alpha is common to all. `capacity` is bits a parameter, about 2 in trained language models (Allen-Zhu and Li 2024).
struct FactLoad {
  double domains = 1, facts = 0, bits = 0, similarity = 0, capacity = 2;

  // The monolith stores a common fact once.
  double monolith(double parameters) const {
    return facts * bits * (similarity + domains * (1 - similarity)) / (capacity * parameters);
  }
  // D specialists with `parameters` together: each has its share and stores all facts of its domain.
  double fabric_of_equal_total(double parameters) const { return facts * bits * domains / (capacity * parameters); }
  // D specialists with `parameters` each, of which one answers.
  double fabric_of_equal_active(double parameters) const { return facts * bits / (capacity * parameters); }
};

inline double predicted_recall(double load) { return load > 1 ? 1 / load : 1; }

}  // namespace loom::sources
