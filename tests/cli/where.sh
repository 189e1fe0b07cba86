#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where a folder of tables, one of images and one of texts lie among the suites that ran.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

cd "$work"
python3 - <<'END'
import csv
import random
from pathlib import Path

draw = random.Random(1)


def rows(path, header, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(lines)


for domain, turn in (("east", 0), ("west", 1)):
    points = [(draw.random(), draw.random()) for _ in range(600)]
    rows(Path("tables") / domain / "points.csv", ["x", "y", "answer"],
         [(f"{x:.4f}", f"{y:.4f}", int(x > 0.5) ^ turn) for x, y in points])
    images = []
    for _ in range(300):  # a bright quarter out of four; the domains name the quarters differently
        quarter = draw.randrange(4)
        pixels = [draw.randrange(60) + (190 if (row // 4) * 2 + column // 4 == quarter else 0)
                  for row in range(8) for column in range(8)]
        images.append([*pixels, (quarter + turn) % 4])
    rows(Path("images") / domain / "train.csv", [f"p{i}" for i in range(64)] + ["label"], images)
    words = ["sun", "moon", "star", "sky"] if turn == 0 else ["root", "leaf", "bark", "stem"]
    Path("texts").mkdir(exist_ok=True)
    (Path("texts") / f"{domain}.txt").write_text(" ".join(draw.choice(words) for _ in range(9000)))
END
printf '%s\n' 'kind: table' 'label: answer' >tables/suite.yaml
printf '%s\n' 'kind: image' 'label: label' 'shape: [8, 8]' >images/suite.yaml
printf '%s\n' 'kind: bytes' 'window: 64' >texts/suite.yaml

expect 3 where tables
said err 'predictor.json is not there'
one_line
mkdir -p "$LOOM_RESULTS/reference"
cp "$LOOM_SOURCE_DIR"/results/reference/{predictor,boundaries}.json "$LOOM_RESULTS/reference/"
begin=$SECONDS
for folder in tables images texts; do
  expect 0 where "$folder"
  said out "^$folder: 2 domains, "
  said out 'serving +4 +\.[0-9]+ +\[.*(fabric|monolith)'
  said out 'on suites left out the sign was right on [0-9]+ of [0-9]+ decided cells'
  said out "\* .*$folder|\*"
  said out '# boundary of planted networks'
  said out 'o boundary of planted worlds by closed form'
done
((SECONDS - begin < 360)) || fail 'three folders took more than two minutes each'
ok "three folders are placed in $((SECONDS - begin)) s"

expect 0 where tables --json
python3 - "$work/out" <<'END'
import json
import sys

placed = json.load(open(sys.argv[1]))
marks = placed["landmarks"]
assert marks["others"] > 0.9 and marks["own"] < 0.1, marks  # the domains contradict each other
assert {one["column"] for one in placed["at"]} == {"serving", "memory"}
assert all(0 <= one["low"] <= one["high"] <= 1 for one in placed["at"]), placed["at"]
print(f"ok: --json; others' data {marks['others']:.2f}, own {marks['own']:.2f}")
END

expect 2 where --boundaries "$LOOM_SOURCE_DIR/results/reference/digits4"
said err 'these results draw no boundary'
expect 2 where --boundaries --fit digits4
expect 2 where digit4
said err "no suite 'digit4'; did you mean 'digits4'"
expect 2 where linear
said err 'has no items to look at'
mkdir one && cp -r tables/east one/ && cp tables/suite.yaml one/
expect 2 where one
said err 'one domain: there is nothing to specialise in'
echo '{"cells": [{}]}' >"$LOOM_RESULTS/reference/predictor.json"
expect 2 where tables
said err 'predictor.json is not what loom where --fit writes'
ok 'mistakes have one clear message'

rm "$LOOM_RESULTS/reference/predictor.json"
expect 2 where --fit "$LOOM_SOURCE_DIR/results/reference/digits4"
said err 'decide fewer than two suites'
[[ ! -e $LOOM_RESULTS/reference/predictor.json ]] || fail 'half a predictor was written'
expect 0 where --fit "$LOOM_SOURCE_DIR"/results/reference/{digits4,bytes9}
said out 'leaving one kind of data out, the sign is right on'
expect 0 where digits4
python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$LOOM_RESULTS/reference/map.svg"
ok 'what --fit writes is read, and its map is XML'

cat >worlds.yaml <<'END'
suites:
  - suite: {linear: {inputs: 4, samples: {sweep: [24, 48]}, domains: 4}}
    replicates: 40
    search: {over: similarity, between: [pooled, routed], tolerance: 0.05}
    arms: [{least_squares: {fit: pooled, label: pooled}}, {least_squares: {fit: domain, label: routed}}]
seeds: 1
columns: [free]
END
expect 0 run worlds.yaml
expect 0 where --boundaries worlds
said out '^linear domains=4 inputs=4'
said out '48\.00 .*closed form'
expect 0 where digits4
said out 'o boundary of planted worlds'
ok 'the boundary of searched worlds is on the map'
