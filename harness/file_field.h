// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/resolve.h"

namespace loom {

// A field of type file. Written as a path, relative to the file it stands in (on the command line: to where loom was
// started), it becomes {"path": from where loom was started, "sha256": of its bytes}; written so, as in a lock, the
// bytes must still be those. Mistakes are told and give null.
Json resolve_file(const Scope& scope, const Field& field, const Node& node, const Place& place);

// `value` without such paths: a file counts by what it holds, not by where it lies.
Json without_paths(Json value);

}  // namespace loom
