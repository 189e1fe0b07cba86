#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A user's own data in five lines of config: two domains, a CSV file each, from nothing to a table.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

# A point is inside or outside a circle; the domains disagree about which is "yes".
python3 - "$work/mine" <<'END'
import csv
import random
import sys
from pathlib import Path

draw = random.Random(1)
for domain, inside in (("east", "yes"), ("west", "no")):
    folder = Path(sys.argv[1]) / domain
    folder.mkdir(parents=True)
    with open(folder / "points.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["x", "y", "answer"])
        for _ in range(600):
            x, y = draw.gauss(0, 1), draw.gauss(0, 1)
            answer = inside if x * x + y * y < 1.4 else {"yes": "no", "no": "yes"}[inside]
            rows.writerow([f"{x:.4f}", f"{y:.4f}", answer])
END
printf '%s\n' 'kind: table' 'label: answer' >"$work/mine/suite.yaml"
cat >"$work/mine.yaml" <<'END'
suites: [{suite: {folder: mine}}]
reference: {dense: {backbone: {mlp: {width: 16}}}, samples: 40000}
columns: [serving]
seeds: 2
arms: [dense, {specialists: {combiner: oracle}}, {specialists: {combiner: uniform_soup}}]
END
(($(wc -l <"$work/mine.yaml") == 5)) || fail 'more than five lines'

cd "$work"  # a relative folder is looked for where loom is started
expect 0 check mine.yaml
expect 0 run mine.yaml latency.seconds=0 --json
python3 - "$work/out" <<'END'
import json
import sys

rows = {row["arm"]: row for row in json.load(open(sys.argv[1]))}
assert {row["suite"] for row in rows.values()} == {"mine"}, rows.keys()
scores = {arm: row["score"] for arm, row in rows.items() if row["status"] == "ok"}
# The domains contradict each other, so nothing that is not told the domain beats chance by much; who is told, knows.
assert scores["dense"] < 0.65, scores
assert scores["specialists oracle"] > 0.8, scores
print(f"ok: five lines of config and a folder give a table of {len(rows)} rows; dense {scores['dense']:.2f}, "
      f"specialists told the domain {scores['specialists oracle']:.2f}")
END

expect 0 run mine.yaml latency.seconds=0
said err 'nothing to train'
echo '0.5,0.5,yes' >>"$work/mine/east/points.csv"
expect 0 plan mine.yaml latency.seconds=0
said out 'stale: changed.* data of mine'
echo 'not a number,0.5,yes' >>"$work/mine/east/points.csv"
expect 2 run mine.yaml latency.seconds=0
said err 'east/points.csv:603: '
ok 'again trains nothing; changed data makes trials stale; a broken row is refused by file and line'
