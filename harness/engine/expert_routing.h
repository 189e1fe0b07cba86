// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/model.h"

namespace loom {

// How a network's expert layers share out a view's rows (2048 items or 64 windows of it, evenly spaced; on tokens a row
// is a byte): {"layers": [{"load": [domain][expert], "entropy", "dead", "drop_rate"}]}; null without such layers,
// and where they would have to be told of a domain that they do not know.
// load: share of a domain's rows that an expert ran, or of their gates where all run; a domain without items is null.
// entropy: of a row's gates, in nats, mean; null where nothing is learned. dead: experts with less than a tenth of
// their even share, domains counting alike. drop_rate: share of the choices that `capacity` would drop from a batch
// with this load; null when dropless.
Json expert_routing(const Network& network, const View& view);

}  // namespace loom
