// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tasks/sources/rows.h"

namespace loom::sources {

// One domain of a suite whose domains may differ in inputs and classes. Its items have a width, groups and classes of
// their own, each from 0, and are all of domain 0.
struct DomainSides {
  std::string name;
  Sides sides;
};

enum class Groups { own, shared };  // shared: a group's number means the same in every domain

// All domains in one: inputs are padded with zeros to the widest and followed by the one-hot domain. Where some domains
// have targets, those of the others are NaN.
Sides join_domains(std::vector<DomainSides> domains, Groups groups);

}  // namespace loom::sources
