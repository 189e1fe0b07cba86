// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loom {

// What the loops of harness/engine/row_kernels.h are told to do, on plain memory of f32.

// Entry i, of segment s: to[to_row[i]] = scale[i] * relu(from[from_row[i]] weight[s] + bias[s]). Segment s holds
// counts[s] entries, one segment after the other. Null: from_row, to_row: i itself; scale: 1; bias: 0.
struct RowProducts {
  const float* from = nullptr;  // [.., in]
  const int64_t* from_row = nullptr;
  float* to = nullptr;  // [.., out]
  const int64_t* to_row = nullptr;
  const float* scale = nullptr;
  const float* weight = nullptr;  // [segments, in, out]
  const float* bias = nullptr;    // [segments, out]
  const int64_t* counts = nullptr;
  int64_t segments = 0, in = 0, out = 0;
  int64_t from_step = 0;  // 0: entries are rows of `from`; else its columns, rows so many numbers apart
  bool relu = false;
};

// What goes back through a segment's ReLU and bias: to[i] = said[i] > 0 ? gradient[i] : 0, and its sum over a segment's
// entries. Null: said, and `to` with it: no ReLU, the gradient goes back as it is.
struct RowGradients {
  const float* gradient = nullptr;  // [entries, width]
  const float* said = nullptr;      // [entries, width]
  float* to = nullptr;              // [entries, width]
  float* sums = nullptr;            // [segments, width]
  const int64_t* counts = nullptr;
  int64_t segments = 0, width = 0;
};

// Of each row, in place; where asked for, its largest value and the sum of e^(value - largest).
struct RowSoftmax {
  float* values = nullptr;  // [rows, width]
  int64_t rows = 0, width = 0;
  float* tops = nullptr;
  float* sums = nullptr;
};

// Of each row its log-probabilities; where asked for, the two numbers taken off: its largest value and the logarithm of
// the sum of e^(value - largest).
struct RowLogSoftmax {
  const float* from = nullptr;  // [rows, width]
  float* to = nullptr;          // [rows, width], may be `from`; or null
  int64_t rows = 0, width = 0;
  float* tops = nullptr;
  float* log_sums = nullptr;
};

// The tanh-GELU of each value and, where asked for, its slope there.
struct RowGelu {
  const float* from = nullptr;  // [count]
  float* to = nullptr;          // [count]
  float* slope = nullptr;       // [count] or null
  int64_t count = 0;
};

// Of a row of segment s: to = normal * weight[s] + bias[s], with normal = (from - mean) * scale and
// scale = 1 / sqrt(variance + epsilon); both kept where asked for.
struct RowNorm {
  const float* from = nullptr;    // [segments * rows, width]
  const float* weight = nullptr;  // [segments, width]
  const float* bias = nullptr;    // [segments, width]
  float* to = nullptr;            // [segments * rows, width]
  float* normal = nullptr;        // [segments * rows, width] or null
  float* scales = nullptr;        // [segments * rows] or null
  int64_t segments = 0, rows = 0, width = 0;
  float epsilon = 1e-5F;
};

struct RowNormGradients {
  const float* gradient = nullptr;  // [segments * rows, width], of what came out
  const float* normal = nullptr;    // as kept
  const float* scales = nullptr;
  const float* weight = nullptr;  // [segments, width]
  float* to = nullptr;            // [segments * rows, width]
  float* to_weight = nullptr;     // [segments, width]
  float* to_bias = nullptr;       // [segments, width]
  int64_t segments = 0, rows = 0, width = 0;
};

// Of each row of log-probabilities: the largest, its place (of equals the first) and the entropy in nats. A row with a
// NaN has NaNs. Where no entropy is asked for, rows of any numbers.
struct RowSummary {
  const float* log_probs = nullptr;  // [rows, width]
  float* tops = nullptr;             // [rows], as are all
  int32_t* argmax = nullptr;
  float* entropy = nullptr;  // or null
  int64_t rows = 0, width = 0;
};

// to [columns, rows] of from [rows, columns], whose rows lie that many numbers apart.
struct RowTranspose {
  const float* from = nullptr;
  float* to = nullptr;
  int64_t rows = 0, columns = 0, from_step = 0, to_step = 0;
};

// Causal attention of one head: to = softmax(scale * query key', of keys no later than the query) value. Rows of query,
// key, value and of their gradients lie `step` numbers apart, those of `to` and its gradient `to_step`. Where
// `gradient` is given, the gradients of the three are written, and not `to`.
struct RowAttention {
  const float* query = nullptr;  // [steps, width], as are all
  const float* key = nullptr;
  const float* value = nullptr;
  float* to = nullptr;
  const float* gradient = nullptr;
  float* to_query = nullptr;
  float* to_key = nullptr;
  float* to_value = nullptr;
  float* scratch = nullptr;  // row_attention_scratch(steps, width) numbers, of any value
  int64_t steps = 0, width = 0, step = 0, to_step = 0;
  float scale = 1;
};
constexpr int64_t kRowAttentionKeys = 16, kRowAttentionChannels = 8;  // counts are filled up to multiples of these
constexpr int64_t row_attention_scratch(int64_t steps, int64_t width) {
  const int64_t keys = steps + kRowAttentionKeys, channels = width + kRowAttentionChannels;
  return 6 * keys * channels + 64 * keys + 96 * channels;
}

}  // namespace loom
