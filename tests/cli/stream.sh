#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Arms of a stream of events, from the config to --stream: equal training, events' costs that are the ledger, a deletion
# that leaves the fabric before it, the monolith where everything is retrained; the same command again trains nothing.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
readonly events='add 0, add 1, update 0, add 2, delete 2'
cat >"$work/events.yaml" <<END
suites: [digits4]
reference: {dense: {backbone: {mlp: {width: 16}}}, samples: 32768}
columns: [serving]
seeds: 2
arms:
  - dense
  - stream_monolith: {strategy: retrain}
  - stream_monolith: {strategy: retrain, events: "$events"}
  - stream_monolith: {strategy: fine_tune, events: "$events"}
  - stream_monolith: {strategy: replay, events: "$events"}
  - stream_specialists: {combiner: {router: {hidden: 4, epochs: 4}}, events: "$events"}
  - stream_specialists: {combiner: oracle, events: "$events"}
latency: {seconds: 0}
END

expect 0 run "$work/events.yaml"
expect 0 verify events
python3 - "$LOOM_RESULTS" <<'END'
import json
import pathlib
import sys

root = pathlib.Path(sys.argv[1])
plan = json.load(open(root / "events/plan.json"))
found = {}
for row in plan["rows"]:
    assert row["status"] == "ok", row["reason"]
    for trial in row["trials"]:
        record = json.load(open(root / f"events/trials/{trial}/record.json"))
        stream = record.get("stream")
        assert (stream is not None) == row["architecture"].startswith("stream"), row["arm"]
        if stream is None:
            continue
        total = sum(charge["flops"] for charge in record["ledger"])
        assert abs(sum(stream["flops"]) / total - 1) < 1e-12, (row["arm"], stream["flops"], total)
        assert abs(row["ratios"]["train_flops"] - 1) <= .02, row["ratios"]
        last = record["scores"]["test"]["domain"]
        assert stream["R"][-1] == last, "the last stage is the model that is scored"
        component = row["component"]
        name = component.get("strategy", component.get("combiner", {}).get("name"))
        if component["events"]:
            found.setdefault(name, []).append(stream)
        else:  # retrained on all domains: the monolith's own run, a quarter as long
            member = plan["members"][record["members"][-1]]
            assert member["partition"]["name"] == "pooled" and not member["parent"] and member["init_index"] == 0
assert sorted(found) == ["fine_tune", "oracle", "replay", "retrain", "router"], sorted(found)
for name, streams in found.items():
    for stream in streams:
        assert len(stream["R"]) == 5 and len(stream["R"][0]) == 4
        spent = stream["flops"]
        assert (spent[4] > 0) == (name in ("retrain", "router")), (name, spent)
        assert max(spent[:4]) < 1.5 * min(spent[:4]), (name, spent)  # training is equal, validation and routers are not
        if name in ("router", "oracle"):
            assert stream["R"][4] == stream["R"][2], "without the specialist added last it is the fabric before"
        if name in ("fine_tune", "replay"):
            assert stream["R"][4] == stream["R"][3], "a deletion trains nothing"
for stream in found["oracle"]:
    assert stream["bwt"] == 0 and stream["forgetting"] == 0
assert all(a["bwt"] < b["bwt"] for a, b in zip(found["fine_tune"], found["retrain"]))
END
ok 'events cost what the ledger says, a deleted specialist leaves the fabric before it, an oracle forgets nothing'

expect 0 table events --stream
said out 'ACC +BWT +FWT +forgetting'
said out 'dense \(joint\)'
said out 'oracle.*\(reference\)'
expect 0 table events --stream --format csv
(($(wc -l <"$work/out") == 8)) || fail 'not a line for each arm'
expect 0 table events --stream --json
python3 -c 'import json, sys
rows = json.load(open(sys.argv[1]))
assert len(rows) == 7 and rows[-1]["joint"] and all(len(row["acc"]["by_seed"]) == 2 for row in rows)' "$work/out"
expect 2 table events --stream --decomposition
one_line
ok 'the table has every arm and the joint reference, in text, CSV and JSON'

expect 0 table events
said out 'judges them by what was to be kept'
LOOM=$LOOM "$LOOM_SOURCE_DIR/scripts/reference" events "$work/reference" >"$work/out" 2>"$work/err" ||
  fail 'scripts/reference fails'
expect 0 table events --stream --format md
cmp "$work/out" "$work/reference/tables/stream.md" || fail 'the reference has another stream table'
ok 'the plain table says that deletions are not judged by it, and a reference holds the table that does'

records "$LOOM_RESULTS" >"$work/before"
expect 0 run "$work/events.yaml"
said err 'nothing to train'
records "$LOOM_RESULTS" >"$work/after"
cmp "$work/before" "$work/after" || fail 'the second run changed records'
expect 2 run "$work/events.yaml" 'arms=[{stream_monolith: {events: "add 0, add 0"}}]'
said err "event 'add 0': the domain is there already"
one_line
expect 0 plan "$work/events.yaml" 'arms=[dense, {stream_monolith: {events: "add 0, add 4"}}]'
said out "'add 4': the last domain is 3"
no_leftovers
ok 'again, it trains nothing; events that make no sense are told in one line'
