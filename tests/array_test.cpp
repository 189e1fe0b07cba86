// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "harness/error.h"
#include "harness/safetensors.h"

namespace loom {
namespace array_test {
namespace {

template <class T>
Array array_of(DType type, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {type, std::move(shape), std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T))};
}

TEST_CASE("[array] real and integer arrays convert where no value is lost") {
  const std::vector<float> values = {1.5f, -2, 0};
  CHECK(as_f32(make_f32({3, 1}, values.data())) == values);
  CHECK(as_f32(array_of<uint16_t>(DType::f16, {3}, {0x3e00, 0xc000, 0})) == values);
  CHECK(as_f32(array_of<double>(DType::f64, {3}, {1.5, -2, 0})) == values);
  const std::vector<int32_t> counts = {3, 0, 255};
  CHECK(as_i32(make_i32({3}, counts.data())) == counts);
  CHECK(as_i32(array_of<uint8_t>(DType::u8, {3}, {3, 0, 255})) == counts);
  CHECK(as_i32(array_of<uint16_t>(DType::u16, {3}, {3, 0, 255})) == counts);
  CHECK(as_i32(array_of<int64_t>(DType::i64, {3}, {3, 0, 255})) == counts);
  CHECK_THROWS_AS(as_i32(array_of<int64_t>(DType::i64, {1}, {int64_t{1} << 31})), InputError);
  CHECK(as_i32(array_of<int64_t>(DType::i64, {1}, {-(int64_t{1} << 31)})).front() ==
        std::numeric_limits<int32_t>::min());
  CHECK_THROWS_AS(as_i32(make_f32({3}, values.data())), InputError);
  CHECK_THROWS_AS(as_f32(make_i32({3}, counts.data())), InputError);
}

// The value of half-precision bits by the definition of IEEE 754, in double.
double value_of(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double magnitude = exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
  return bits & 0x8000 ? -magnitude : magnitude;
}

TEST_CASE("[array] all 65,536 half-precision values widen as defined and come back with their bits") {
  for (uint32_t bits = 0; bits < 65'536; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float wide = from_f16(half);
    if ((bits & 0x7c00) != 0x7c00) REQUIRE(wide == value_of(half));
    REQUIRE(std::signbit(wide) == (bits >= 0x8000));
    REQUIRE(std::isnan(wide) == ((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0));
    REQUIRE(to_f16(wide) == half);
  }
  CHECK(std::isinf(from_f16(0x7c00)));
}

TEST_CASE("[array] rounding to half precision goes to the nearest, ties to even") {
  for (uint16_t low = 0; low < 0x7bff; ++low) {
    const auto high = static_cast<uint16_t>(low + 1);
    const auto middle = static_cast<float>((value_of(low) + value_of(high)) / 2);  // exact: 12 significant bits
    const uint16_t even = low % 2 == 0 ? low : high;
    REQUIRE(to_f16(middle) == even);
    REQUIRE(to_f16(-middle) == (even | 0x8000));
    REQUIRE(to_f16(std::nextafter(middle, 0.0f)) == low);
    REQUIRE(to_f16(std::nextafter(middle, 1e9f)) == high);
  }
  const float last_finite = 65519.996f, first_infinite = 65520;  // 65504 is the largest half, 65536 would be the next
  CHECK(to_f16(last_finite) == 0x7bff);
  CHECK(to_f16(first_infinite) == 0x7c00);
  CHECK(to_f16(std::numeric_limits<float>::max()) == 0x7c00);
  CHECK(to_f16(std::numeric_limits<float>::denorm_min()) == 0);
  CHECK(std::isnan(from_f16(to_f16(std::bit_cast<float>(0x7f800001)))));  // a payload that half precision cannot hold
}

}  // namespace
}  // namespace array_test
}  // namespace loom
