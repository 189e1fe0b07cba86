// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "harness/result_store.h"

namespace loom::latency_sessions {

// The session below `folder` that timed most of `planned`, the newest of equals; nothing where none timed any.
std::optional<LatencySession> best(const std::filesystem::path& folder, const std::set<std::string>& planned);

}  // namespace loom::latency_sessions
