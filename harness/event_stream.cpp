// SPDX-License-Identifier: Apache-2.0
#include "harness/event_stream.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"

namespace loom {
namespace event_stream_detail {
namespace {

using Kind = StreamEvent::Kind;
constexpr std::string_view kKinds[] = {"add", "update", "delete"};

[[noreturn]] void refuse(std::string_view event, const std::string& why) {
  throw InputError("event '" + std::string(event) + "': " + why);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

StreamEvent parse_event(std::string_view text) {
  const size_t blank = std::min(text.find(' '), text.size());
  const auto* kind = std::ranges::find(kKinds, text.substr(0, blank));
  const std::string_view digits = trimmed(text.substr(blank));
  StreamEvent event;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), event.domain);
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && event.domain >= 0;
  if (kind == std::end(kKinds) || !whole) refuse(text, "expected add, update or delete and a domain's number");
  event.kind = static_cast<Kind>(kind - kKinds);
  return event;
}

// Mean of the finite values; NaN of none.
struct Mean {
  double sum = 0;
  int count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  double value() const { return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN(); }
};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json numbers(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(number(value));
  return out;
}

std::vector<double> numbers(const Json& values) {
  std::vector<double> out;
  for (const Json& value : values)
    out.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  return out;
}

class Measures {
 public:
  explicit Measures(const StreamHistory& history)
      : history_(history), events_(history.events), last_(history.events.size() - 1) {}

  StreamScores take() const {
    StreamScores out;
    Mean acc, bwt, forgetting;
    for (const int32_t domain : present_domains(events_, last_)) {
      acc.add(score(last_, domain));
      const size_t learned = latest(domain, /*only_add=*/false);
      if (learned == last_) continue;
      bwt.add(sign() * (score(last_, domain) - score(learned, domain)));
      forgetting.add(best_before_last(domain) - sign() * score(last_, domain));
    }
    out.acc = acc.value();
    out.bwt = bwt.value();
    out.forgetting = forgetting.value();
    out.fwt = forward_transfer();
    add_events(out);
    return out;
  }

 private:
  double sign() const { return history_.higher_is_better ? 1 : -1; }
  double score(size_t stage, int32_t domain) const { return history_.scores[stage].at(static_cast<size_t>(domain)); }
  double untrained(int32_t domain) const { return history_.untrained.at(static_cast<size_t>(domain)); }

  size_t latest(int32_t domain, bool only_add) const {
    size_t found = 0;
    for (size_t e = 0; e <= last_; ++e)
      if (events_[e].domain == domain && (only_add ? events_[e].kind == Kind::add : events_[e].brings_data()))
        found = e;
    return found;
  }

  double best_before_last(int32_t domain) const {
    double best = -std::numeric_limits<double>::infinity();
    for (size_t e = latest(domain, /*only_add=*/true); e < last_; ++e) {
      const double value = sign() * score(e, domain);
      if (std::isnan(value)) return value;
      best = std::max(best, value);
    }
    return best;
  }

  double forward_transfer() const {
    Mean mean;
    std::set<int32_t> seen;
    for (size_t e = 0; e <= last_; ++e)
      if (const int32_t domain = events_[e].domain; seen.insert(domain).second && e > 0)
        mean.add(sign() * (score(e - 1, domain) - untrained(domain)));
    return mean.value();
  }

  void add_events(StreamScores& out) const {
    Mean update, deletion, residual;
    for (size_t e = 0; e <= last_; ++e) {
      (events_[e].brings_data() ? update : deletion).add(history_.flops[e]);
      if (events_[e].brings_data()) continue;
      residual.add(sign() * (score(e, events_[e].domain) - untrained(events_[e].domain)));
    }
    out.update_flops = update.value();
    out.deletion_flops = deletion.value();
    out.deletion_residual = residual.value();
  }

  const StreamHistory& history_;
  const std::vector<StreamEvent>& events_;
  size_t last_;
};

}  // namespace
}  // namespace event_stream_detail

using namespace event_stream_detail;

std::string to_text(const StreamEvent& event) {
  return std::string(kKinds[static_cast<size_t>(event.kind)]) + " " + std::to_string(event.domain);
}

std::vector<StreamEvent> parse_events(std::string_view text, int64_t domains) {
  std::vector<StreamEvent> events;
  if (trimmed(text).empty()) {
    for (int64_t domain = 0; domain < domains; ++domain) events.push_back({Kind::add, static_cast<int32_t>(domain)});
    return events;
  }
  std::set<int32_t> there;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view word = trimmed(text.substr(at, comma - at));
    const StreamEvent event = parse_event(word);
    at = comma + 1;
    const bool known = there.contains(event.domain);
    if (event.kind == Kind::add && known) refuse(word, "the domain is there already; update brings more of its data");
    if (event.kind != Kind::add && !known) refuse(word, "no event before it adds the domain");
    if (event.kind == Kind::remove)
      there.erase(event.domain);
    else
      there.insert(event.domain);
    if (there.empty()) refuse(word, "it leaves no domain");
    events.push_back(event);
  }
  return events;
}

Shard shard(const std::vector<StreamEvent>& events, size_t event) {
  Shard out{events.at(event).domain, 0, 0};
  for (size_t e = 0; e < events.size(); ++e)
    if (events[e].domain == out.domain && events[e].brings_data()) {
      out.index += e < event ? 1 : 0;
      ++out.count;
    }
  return out;
}

std::vector<int32_t> present_domains(const std::vector<StreamEvent>& events, size_t event) {
  std::set<int32_t> there;
  for (size_t e = 0; e <= event; ++e)
    if (events[e].brings_data())
      there.insert(events[e].domain);
    else
      there.erase(events[e].domain);
  return {there.begin(), there.end()};
}

std::vector<size_t> usable_events(const std::vector<StreamEvent>& events, size_t event) {
  std::vector<size_t> usable;
  for (size_t e = 0; e <= event; ++e)
    if (events[e].brings_data())
      usable.push_back(e);
    else
      std::erase_if(usable, [&](size_t earlier) { return events[earlier].domain == events[e].domain; });
  return usable;
}

StreamScores stream_scores(const StreamHistory& history) {
  check(!history.events.empty() && history.scores.size() == history.events.size() &&
            history.flops.size() == history.events.size(),
        "a stream has a row of scores and a cost for each event");
  return Measures(history).take();
}

Json to_json(const StreamHistory& history) {
  const StreamScores scores = stream_scores(history);
  Json out = {{"events", Json::array()},
              {"R", Json::array()},
              {"untrained", numbers(history.untrained)},
              {"flops", numbers(history.flops)},
              {"acc", number(scores.acc)},
              {"bwt", number(scores.bwt)},
              {"fwt", number(scores.fwt)},
              {"forgetting", number(scores.forgetting)},
              {"deletion_residual", number(scores.deletion_residual)},
              {"update_flops", number(scores.update_flops)},
              {"deletion_flops", number(scores.deletion_flops)}};
  for (const StreamEvent& event : history.events) out["events"].push_back(to_text(event));
  for (const auto& row : history.scores) out["R"].push_back(numbers(row));
  return out;
}

StreamHistory stream_history(const Json& value, bool higher_is_better, std::string_view what) {
  StreamHistory out;
  out.higher_is_better = higher_is_better;
  std::string events;
  for (const Json& event : value.at("events")) events += (events.empty() ? "" : ", ") + event.get<std::string>();
  out.events = parse_events(events, 0);
  for (const Json& row : value.at("R")) out.scores.push_back(numbers(row));
  out.untrained = numbers(value.at("untrained"));
  out.flops = numbers(value.at("flops"));
  bool fits = !out.events.empty() && out.scores.size() == out.events.size() && out.flops.size() == out.events.size();
  for (const auto& row : out.scores) fits = fits && row.size() == out.untrained.size();
  for (const StreamEvent& event : out.events) fits = fits && event.domain < std::ssize(out.untrained);
  if (!fits) throw InputError(std::string(what) + ": the stream's events, scores and costs do not belong together");
  return out;
}

}  // namespace loom
