// SPDX-License-Identifier: Apache-2.0
#include "harness/words.h"

namespace loom {

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

}  // namespace loom
