// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/json.h"

namespace loom {

// Domains come, bring new data and go, one event after another. What an arm is after an event is its stage.
struct StreamEvent {
  enum class Kind : uint8_t { add, update, remove };
  Kind kind = Kind::add;
  int32_t domain = 0;
  bool brings_data() const { return kind != Kind::remove; }
};

// "add 0, add 1, update 0, delete 1"; empty: add 0 to domains - 1, in that order. InputError where the text is none,
// where an event does not fit those before it, or where it leaves no domain.
std::vector<StreamEvent> parse_events(std::string_view text, int64_t domains);
std::string to_text(const StreamEvent& event);

// A domain's items are dealt in equal parts to the events that bring its data: what an event brings is new.
struct Shard {
  int32_t domain = 0;
  int64_t index = 0, count = 1;
};
Shard shard(const std::vector<StreamEvent>& events, size_t event);
// Up to and including `event`: domains that are there, ascending; events whose data may be used, those of such domains
// since they were last added.
std::vector<int32_t> present_domains(const std::vector<StreamEvent>& events, size_t event);
std::vector<size_t> usable_events(const std::vector<StreamEvent>& events, size_t event);

// What was measured of one arm on one seed.
struct StreamHistory {
  std::vector<StreamEvent> events;
  std::vector<std::vector<double>> scores;  // R [events][domains]: the stage's score on each domain's test
  std::vector<double> untrained;            // b [domains]: of random weights
  std::vector<double> flops;                // [events] spent at each
  bool higher_is_better = true;
};

// Lopez-Paz and Ranzato 2017 (GEM), extended to events other than add; T the last stage. All but acc are signed so that
// + is better, forgetting so that + is worse. NaN where the stream has nothing of the kind.
struct StreamScores {
  double acc = 0;  // mean of R[T] over the domains present at the end
  double bwt = 0;  // mean of R[T][d] - R[t][d], t the last event that brought d's data; domains whose t is before T
  double fwt = 0;  // mean of R[t - 1][d] - b[d], t > 0 the event that first added d: zero-shot, before its data
  double forgetting = 0;  // mean of max over stages from d's add to T - 1 of R[.][d], - R[T][d] (Chaudhry et al. 2018)
  double deletion_residual = 0;  // mean over deletions of R[t][d] - b[d]: what a model still knows of a deleted domain
  double update_flops = 0;       // mean over add and update events
  double deletion_flops = 0;     // mean over deletions
};
StreamScores stream_scores(const StreamHistory& history);

// {"events", "R", "untrained", "flops"} and every number of StreamScores by its name; null: not finite.
Json to_json(const StreamHistory& history);
// Reads the first four; InputError names `what` where they do not belong together.
StreamHistory stream_history(const Json& value, bool higher_is_better, std::string_view what);

}  // namespace loom
