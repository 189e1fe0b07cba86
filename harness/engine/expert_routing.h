// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/model.h"

namespace loom {

// How a network's expert layers share out a view's rows (2048 items or 64 windows of it, evenly spaced; on tokens a row
// is a byte): {"layers": [{"load": [domain][expert], "entropy", "gate_entropy", "load_entropy", "dead", "drop_rate"}]};
// null without such layers, and where they would have to be told of a domain that they do not know.
// load: share of a domain's rows that an expert ran, or of their gates where all run; a domain without items is null.
// entropy = gate_entropy: of a row's gates, in nats, mean; null where nothing is learned. load_entropy: of the mean
// load, domains counting alike. dead: experts with less than a tenth of their even share, domains counting alike.
// drop_rate: share of the choices that `capacity` drops when the rows come in batches of `batch` items (0: in one) that
// mix the domains, a last one that is not full left out; null when dropless.
Json expert_routing(const Network& network, const View& view, int64_t batch);

}  // namespace loom
