// SPDX-License-Identifier: Apache-2.0
#include "harness/safetensors.h"  // the arrays of it; safetensors.cpp reads and writes files of them

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "harness/error.h"

namespace loom {
namespace array_detail {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are stored as they lie in memory");

template <class T>
Array make(DType type, std::vector<int64_t> shape, const T* data) {
  Array array{type, std::move(shape), {}};
  const auto count_bytes = static_cast<size_t>(array.count()) * sizeof(T);
  if (count_bytes > 0) array.bytes.assign(reinterpret_cast<const char*>(data), count_bytes);
  return array;
}

template <class From, class To, class Convert>
void convert(const Array& array, std::vector<To>& out, Convert element) {
  check(static_cast<size_t>(array.count()) * sizeof(From) == array.bytes.size(),
        "an array has another size than its shape");
  out.resize(array.bytes.size() / sizeof(From));
  for (size_t i = 0; i < out.size(); ++i) {
    From value;  // the bytes of a string need not be aligned for From
    std::memcpy(&value, array.bytes.data() + i * sizeof(From), sizeof(From));
    out[i] = element(value);
  }
}

int32_t narrow(int64_t value) {
  if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
    throw InputError("array value " + std::to_string(value) + " does not fit into 32 bits");
  }
  return static_cast<int32_t>(value);
}

}  // namespace
}  // namespace array_detail

Array make_f32(std::vector<int64_t> shape, const float* data) {
  return array_detail::make(DType::f32, std::move(shape), data);
}

Array make_i32(std::vector<int64_t> shape, const int32_t* data) {
  return array_detail::make(DType::i32, std::move(shape), data);
}

std::vector<float> as_f32(const Array& array) {
  using array_detail::convert;
  std::vector<float> out;
  switch (array.type) {
    case DType::f32:
      convert<float>(array, out, [](float value) { return value; });
      break;
    case DType::f16:
      convert<uint16_t>(array, out, from_f16);
      break;
    case DType::f64:
      convert<double>(array, out, [](double value) { return static_cast<float>(value); });
      break;
    default:
      throw InputError("an array of real numbers was expected, this one holds integers");
  }
  return out;
}

std::vector<int32_t> as_i32(const Array& array) {
  using array_detail::convert;
  std::vector<int32_t> out;
  switch (array.type) {
    case DType::i32:
      convert<int32_t>(array, out, [](int32_t value) { return value; });
      break;
    case DType::u8:
      convert<uint8_t>(array, out, [](uint8_t value) { return int32_t{value}; });
      break;
    case DType::u16:
      convert<uint16_t>(array, out, [](uint16_t value) { return int32_t{value}; });
      break;
    case DType::i64:
      convert<int64_t>(array, out, array_detail::narrow);
      break;
    default:
      throw InputError("an array of integers was expected, this one holds real numbers");
  }
  return out;
}

uint16_t to_f16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) {  // NaN: keep the top of the payload, and stay NaN when that is zero
    const uint32_t payload = magnitude >> 13 & 0x3ff;
    return static_cast<uint16_t>(sign | 0x7c00 | (payload ? payload : 0x200));
  }
  if (magnitude >= 0x47800000) return sign | 0x7c00;  // 2^16 and above
  const uint32_t exponent = magnitude >> 23;
  if (exponent < 102) return sign;  // below half of the smallest subnormal, 2^-25
  // In units of the last place of the result: drop `shift` bits of the significand, to nearest, ties to even. A carry
  // runs into the exponent, up to infinity, as it should.
  const uint32_t significand = (magnitude & 0x7fffff) | 0x800000;
  const uint32_t shift = exponent < 113 ? 126 - exponent : 13;
  const uint32_t kept = significand >> shift, rest = significand & ((uint32_t{1} << shift) - 1);
  const uint32_t half = uint32_t{1} << (shift - 1);
  const uint32_t rounded = kept + (rest > half || (rest == half && (kept & 1)));
  const uint32_t base = exponent < 113 ? 0 : (exponent - 113) << 10;
  return static_cast<uint16_t>(sign | (base + rounded));
}

float from_f16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
  const uint32_t exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

}  // namespace loom
