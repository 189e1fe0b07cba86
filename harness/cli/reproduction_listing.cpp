// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/reproduction_listing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/utf8.h"
#include "harness/words.h"

namespace loom {
namespace reproduction_listing_detail {
namespace {

constexpr auto kLevels = {Reproduced::r0, Reproduced::r1, Reproduced::r2, Reproduced::none};

std::string name_of(Reproduced level) { return std::string(reproduced_name(level)); }

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

std::string fixed(double value, const char* format) {
  if (!std::isfinite(value)) return "-";
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

std::string rows_text(const Reproduction& found) {
  std::vector<std::vector<std::string>> lines = {{"suite", "column", "arm", "level", "here", "there", "s.e.", ""}};
  for (const ReproducedRow& row : found.rows)
    lines.push_back({printable(row.suite), printable(row.column), printable(row.arm), name_of(row.level),
                     fixed(row.score, "%.4f"), fixed(row.score_there, "%.4f"),
                     row.standard_errors ? fixed(*row.standard_errors, "%+.2f") : "-",
                     printable(joined(row.notes, "; "))});
  return aligned(lines);
}

std::string place(const auto& item) { return printable(item.suite + " " + item.column); }

std::string sign_text(const SignificantSign& sign) {
  return "sign lost: " + place(sign) + ": " + printable(sign.better) + " over " + printable(sign.worse) + ", " +
         fixed(sign.there, "%+.4f") + " there, " + (sign.here ? fixed(*sign.here, "%+.4f") : "no score") + " here\n";
}

// "R0 12, R1 42": how many rows hold which level at best.
std::string tally(const Reproduction& found) {
  std::string out;
  for (const Reproduced level : kLevels) {
    const auto rows = std::ranges::count(found.rows, level, &ReproducedRow::level);
    if (rows > 0) (out += out.empty() ? "" : ", ") += name_of(level) + " " + std::to_string(rows);
  }
  return out;
}

std::string closing(const Reproduction& found) {
  const auto kept = std::ranges::count(found.signs, true, &SignificantSign::kept);
  const std::string whole =
      found.level == Reproduced::none ? "not reproduced" : name_of(found.level) + " holds for the whole";
  return whole + " (rows: " + tally(found) + "); " + std::to_string(kept) + " of " +
         std::to_string(found.signs.size()) + " significant signs kept\n";
}

}  // namespace
}  // namespace reproduction_listing_detail

Json reproduction_json(const Reproduction& found) {
  using namespace reproduction_listing_detail;
  Json rows = Json::array(), signs = Json::array(), uncompared = Json::array();
  for (const ReproducedRow& row : found.rows)
    rows.push_back({{"suite", row.suite},
                    {"column", row.column},
                    {"arm", row.arm},
                    {"level", name_of(row.level)},
                    {"missing", row.missing},
                    {"seeds", row.seeds},
                    {"seeds_there", row.seeds_there},
                    {"score", number(row.score)},
                    {"score_there", number(row.score_there)},
                    {"standard_errors", number(row.standard_errors)},
                    {"notes", row.notes}});
  for (const SignificantSign& sign : found.signs)
    signs.push_back({{"suite", sign.suite},
                     {"column", sign.column},
                     {"better", sign.better},
                     {"worse", sign.worse},
                     {"here", number(sign.here)},
                     {"there", number(sign.there)},
                     {"kept", sign.kept}});
  for (const UncomparedRow& row : found.uncompared)
    uncompared.push_back({{"suite", row.suite}, {"column", row.column}, {"arm", row.arm}, {"reason", row.reason}});
  return {{"level", name_of(found.level)}, {"rows", rows}, {"signs", signs}, {"uncompared", uncompared}};
}

std::string reproduction_text(const Reproduction& found) {
  using namespace reproduction_listing_detail;
  std::string out = rows_text(found);
  for (const UncomparedRow& row : found.uncompared)
    out += "not compared: " + place(row) + " " + printable(row.arm) + " (" + row.reason + ")\n";
  for (const SignificantSign& sign : found.signs)
    if (!sign.kept) out += sign_text(sign);
  return out + closing(found);
}

std::string describe_failure(const ReproducedRow& row) {
  using namespace reproduction_listing_detail;
  return place(row) + " " + printable(row.arm) + " (" + printable(joined(row.notes, "; ")) + ")";
}

}  // namespace loom
