// SPDX-License-Identifier: Apache-2.0
#include "harness/event_stream.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/error.h"

namespace loom::event_stream_test {
namespace {

using Rows = std::vector<std::vector<double>>;

StreamHistory history(std::string_view events, Rows scores, std::vector<double> untrained, bool higher = true) {
  StreamHistory out = {parse_events(events, 3), std::move(scores), std::move(untrained), {}, higher};
  for (size_t e = 0; e < out.events.size(); ++e) out.flops.push_back(100.0 * static_cast<double>(e + 1));
  return out;
}

void same(double found, double wanted) { CHECK(found == doctest::Approx(wanted).epsilon(1e-12)); }

TEST_CASE("[event_stream] three domains in turn, by hand") {
  // After Lopez-Paz and Ranzato: BWT = ((.5 - .9) + (.7 - .8)) / 2, FWT = ((.3 - .1) + (.25 - .15)) / 2.
  const StreamScores scores = stream_scores(history("", {{.9, .3, .2}, {.95, .8, .25}, {.5, .7, .6}}, {.1, .1, .15}));
  same(scores.acc, 1.8 / 3);
  same(scores.bwt, -0.25);
  same(scores.fwt, 0.15);
  same(scores.forgetting, (.45 + .1) / 2);  // domain 0 was best after the second event
  same(scores.update_flops, 200);
  CHECK(std::isnan(scores.deletion_residual));
  CHECK(std::isnan(scores.deletion_flops));
}

TEST_CASE("[event_stream] fewer bits are better: signs turn, acc stays bits") {
  const StreamScores scores = stream_scores(history("add 0, add 1", {{2, 6, 7}, {3, 2.5, 7}}, {8, 8, 8}, false));
  same(scores.acc, 2.75);
  same(scores.bwt, -1);
  same(scores.forgetting, 1);
  same(scores.fwt, 2);
}

TEST_CASE("[event_stream] an update is where a domain was last learned, and a deleted domain counts no longer") {
  const auto one = history("add 0, add 2, update 0, delete 2",
                           {{.6, .1, .2}, {.5, .1, .8}, {.7, .1, .4}, {.65, .1, .3}}, {.1, .1, .1});
  const StreamScores scores = stream_scores(one);
  same(scores.acc, .65);
  same(scores.bwt, -.05);  // against the update, not the add
  same(scores.forgetting, .05);
  same(scores.fwt, .1);  // of domain 2 alone; an update is no first sight
  same(scores.deletion_residual, .2);
  same(scores.update_flops, 200);
  same(scores.deletion_flops, 400);
}

TEST_CASE("[event_stream] one event has neither backward nor forward transfer") {
  const StreamScores scores = stream_scores(history("add 1", {{.2, .9, .2}}, {.1, .1, .1}));
  same(scores.acc, .9);
  CHECK(std::isnan(scores.bwt));
  CHECK(std::isnan(scores.fwt));
  CHECK(std::isnan(scores.forgetting));
}

TEST_CASE("[event_stream] a score that does not exist spoils only what needs it") {
  const StreamScores scores = stream_scores(history("add 0, add 1", {{.9, NAN, 0}, {.8, .7, 0}}, {.1, .1, .1}));
  same(scores.acc, .75);
  same(scores.bwt, -.1);
  CHECK(std::isnan(scores.fwt));
}

TEST_CASE("[event_stream] events as text, there and back") {
  const auto events = parse_events("add 2,  update 2 ,add 0,delete 2", 3);
  std::string text;
  for (const StreamEvent& event : events) text += to_text(event) + ";";
  CHECK(text == "add 2;update 2;add 0;delete 2;");
  CHECK(parse_events("  ", 2).size() == 2);
  CHECK(to_text(parse_events("", 2)[1]) == "add 1");
}

TEST_CASE("[event_stream] events that make no sense are refused by name") {
  const auto why = [](std::string_view text) {
    try {
      parse_events(text, 3);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(why("ad 0") == "event 'ad 0': expected add, update or delete and a domain's number");
  for (const char* text : {"add", "add x", "add -1", "add 0x1", "add 0,", ",", "add 99999999999", "add 0 1", "add0"}) {
    CAPTURE(text);
    CHECK(why(text).find("expected add") != std::string::npos);
  }
  CHECK(why("add 0, add 0").find("there already") != std::string::npos);
  CHECK(why("add 0, update 1") == "event 'update 1': no event before it adds the domain");
  CHECK(why("add 0, add 1, delete 0, update 0").find("no event before it") != std::string::npos);
  CHECK(why("add 0, delete 0, add 1") == "event 'delete 0': it leaves no domain");
}

TEST_CASE("[event_stream] what an event brings is new, and a deletion takes all of its domain's data away") {
  const auto events = parse_events("add 0, add 1, update 0, delete 0, add 0", 2);
  const auto numbers = [&](size_t event) {
    const Shard own = shard(events, event);
    return std::vector<int64_t>{own.domain, own.index, own.count};
  };
  CHECK(numbers(0) == std::vector<int64_t>{0, 0, 3});
  CHECK(numbers(1) == std::vector<int64_t>{1, 0, 1});
  CHECK(numbers(2) == std::vector<int64_t>{0, 1, 3});
  CHECK(numbers(4) == std::vector<int64_t>{0, 2, 3});
  CHECK(usable_events(events, 2) == std::vector<size_t>{0, 1, 2});
  CHECK(usable_events(events, 3) == std::vector<size_t>{1});
  CHECK(usable_events(events, 4) == std::vector<size_t>{1, 4});
  CHECK(present_domains(events, 3) == std::vector<int32_t>{1});
  CHECK(present_domains(events, 4) == std::vector<int32_t>{0, 1});
}

TEST_CASE("[event_stream] a record reads back, and one that does not fit together is refused") {
  const auto one = history("add 0, add 1, delete 0", {{.9, NAN, 0}, {.8, .7, 0}, {.2, .7, 0}}, {.1, .1, .1});
  const Json record = to_json(one);
  CHECK(record.at("R")[0][1].is_null());
  CHECK(record.at("deletion_residual").get<double>() == doctest::Approx(.1));
  CHECK(record.at("update_flops") == 150);
  CHECK(to_json(stream_history(record, true, "r")) == record);
  for (const char* key : {"events", "R", "flops", "untrained"}) {
    CAPTURE(key);
    Json short_of_one = record;
    short_of_one[key].erase(short_of_one[key].size() - 1);
    CHECK_THROWS_AS(stream_history(short_of_one, true, "r"), InputError);
  }
}

}  // namespace
}  // namespace loom::event_stream_test
