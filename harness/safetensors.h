// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

enum class DType { f32, f16, i32, i64, u8, f64, u16 };
int64_t size_bytes(DType type);

// One named array, row-major, little-endian bytes.
struct Array {
  DType type = DType::f32;
  std::vector<int64_t> shape;
  std::string bytes;
  int64_t count() const;
};
using Arrays = std::map<std::string, Array>;

Array make_f32(std::vector<int64_t> shape, const float* data);
Array make_i32(std::vector<int64_t> shape, const int32_t* data);
std::vector<float> as_f32(const Array& array);    // f32, f16 widened, f64 narrowed; others are refused
std::vector<int32_t> as_i32(const Array& array);  // i32, u8, u16, i64 (range checked)

// The safetensors layout: 8-byte little-endian header length, JSON header, raw data. `metadata` goes to __metadata__.
std::string encode_safetensors(const Arrays& arrays, const std::map<std::string, std::string>& metadata = {});
// Strict: header at most 1 MiB, at most 10,000 tensors, no duplicate names, offsets contiguous from 0 covering all
// bytes, shape x dtype = length. InputError names `what`.
Arrays decode_safetensors(std::string_view bytes, std::string_view what,
                          std::map<std::string, std::string>* metadata = nullptr);

uint16_t to_f16(float value);  // round to nearest even
float from_f16(uint16_t bits);

}  // namespace loom
