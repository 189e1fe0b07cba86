#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same command again trains nothing and changes no byte; the same config elsewhere gives the same records.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

bytes() { (cd "$LOOM_RESULTS" && find . -type f -exec sha256sum {} + | sort -k 2); }

expect 0 run "$here/tiny.yaml"
said err 'members trained'
mv "$work/out" "$work/table"
bytes >"$work/before"
trials=$(grep -c '/record.json$' "$work/before")
((trials >= 20)) || fail "only $trials records"

start=$EPOCHREALTIME
expect 0 run "$here/tiny.yaml"
seconds=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {print b - a}')
said err 'nothing to train'
awk -v s="$seconds" 'BEGIN {exit !(s < 3)}' || fail "the second run took $seconds s"
cmp "$work/out" "$work/table" || fail 'the second run prints another table'
bytes >"$work/after"
cmp "$work/before" "$work/after" || fail 'the second run changed files'
ok "the second run took $seconds s, trained nothing and left all $(wc -l <"$work/after") files as they were"

records "$LOOM_RESULTS" >"$work/here"
LOOM_RESULTS=$work/elsewhere expect 0 run "$here/tiny.yaml" -j 1
records "$work/elsewhere" >"$work/there"
diff "$work/here" "$work/there" >&2 || fail 'records differ outside measured'
ok "one worker in another folder gives $(wc -l <"$work/here") equal trials and members"

python3 - "$LOOM_RESULTS/tiny" <<'END'
import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
plan = json.loads((folder / "plan.json").read_text())
oracles = fabrics = 0
for row in plan["rows"]:
    for id in row["trials"]:
        record = json.loads((folder / "trials" / id / "record.json").read_text())
        scores, alone = record["scores"]["test"], record["member_scores"]
        assert (alone is None) == (len(record["members"]) < 2), row["arm"]
        if alone is None:
            continue
        fabrics += 1
        assert all(best >= max(column) for best, column in zip(alone["sample_oracle"]["domain"], zip(*alone["member_domain"])))
        if row["component"]["combiner"]["name"] == "oracle":
            oracles += 1
            diagonal = [line[d] for d, line in enumerate(alone["member_domain"])]
            assert diagonal == scores["domain"], (diagonal, scores["domain"])
assert oracles == 2 and fabrics >= 8, (oracles, fabrics)
print(f"ok: the oracle's score per domain is its own member's in {oracles} trials; {fabrics} hold their members' scores")
END
expect 0 table tiny --decomposition --format json
python3 - "$work/out" <<'END'
import json
import sys

found = json.load(open(sys.argv[1]))
assert found, "no decomposition"
for one in found:
    gap, gain, regret = (one[key]["by_seed"] for key in ("gap", "gain", "regret"))
    assert len(gap) == one["seeds"] > 0
    assert all(abs(a - (b - c)) < 1e-12 for a, b, c in zip(gap, gain, regret)), one
print("ok: gap = gain - regret in every seed of a real run")
END

expect 0 verify tiny
said out 'R0 holds'
outcomes=$(find "$LOOM_RESULTS/tiny/trials" -name outcomes-test.safetensors | sort | head -n 1)
python3 - "$outcomes" <<'END'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(-1, 2)
    last = file.read(1)[0]
    file.seek(-1, 2)
    file.write(bytes([last ^ 1]))
END
expect 5 verify tiny
said out "$(basename "$(dirname "$outcomes")")/outcomes-test.safetensors"
said out 'SHA-256'
ok 'verify exits 0, and 5 with the name of the file after one bit of it flipped'
