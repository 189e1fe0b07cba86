// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "tasks/sources/image_set.h"

namespace loom::sources {

// Domains that show MNIST under one change each.
struct MnistViews {
  std::string suite;
  int64_t domains = 0;
  bool tiny = true;
  bool same = false;  // every domain shows the same images (one group each), else every domain images of its own
  std::function<std::vector<uint8_t>(Pixels image, int64_t domain)> change = {};
};

struct TwoSides {
  Items train_side, test;
};
TwoSides view_mnist(const MnistViews& views);

Field images_field();  // same | disjoint; sets MnistViews::same
SuiteCard mnist_card(std::vector<std::string> domains);
Suite::Description describe_mnist(const SuiteCard& card, std::string name, std::string summary);

}  // namespace loom::sources
