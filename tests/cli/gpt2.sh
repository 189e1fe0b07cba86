#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Backbone gpt2 from a file of weights on a suite of ids, end to end; what is wrong with the file is one line.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

mkdir -p "$work/ids" "$work/bytes" "$work/models"
cp "$LOOM_SOURCE_DIR/tests/golden/gpt2_tiny.safetensors" "$work/models/w.safetensors"
echo '{"model_type": "gpt2", "n_head": 4, "activation_function": "gelu_new"}' >"$work/models/config.json"
python3 - "$work" "$LOOM_SOURCE_DIR/tasks/data/bytes9" <<'END'
import json
import sys
from pathlib import Path

work, data = Path(sys.argv[1]), Path(sys.argv[2])
for name in ("sotu", "set_mm"):
    text = (data / f"{name}.txt").read_bytes()[:12288]
    (work / "bytes" / f"{name}.txt").write_bytes(text)
    ids = b"".join(byte.to_bytes(2, "little") for byte in text)
    header = {"bytes": {"dtype": "U8", "shape": [256], "data_offsets": [0, 256]},
              "ids": {"dtype": "U16", "shape": [len(text)], "data_offsets": [256, 256 + len(ids)]}}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    (work / "ids" / f"{name}.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + b"\1" * 256 + ids)
END
echo 'kind: bytes
window: 12
block: 96' >"$work/bytes/suite.yaml"
sed s/bytes/tokens/ "$work/bytes/suite.yaml" >"$work/ids/suite.yaml"
config() { # config NAME WEIGHTS
  cat >"$work/$1.yaml" <<END
suites: [{suite: {folder: $work/ids}}, {suite: {folder: $work/bytes}}]
reference: {dense: {backbone: {gpt2: {weights: $2}}}, samples: 4096}
columns: [free, serving]
seeds: 1
arms: [dense, {specialists: {combiner: posterior_mixture}}, {soft_moe: {experts: 2}}, {specialists: {combiner: router}}]
train: {batch: 16, learning_rate: 1e-4}
latency: {seconds: 0}
END
}

config one models/w.safetensors
expect 0 run "$work/one.yaml"
python3 - "$LOOM_RESULTS" one <<'END'
import json
import sys
from pathlib import Path

root = Path(sys.argv[1])
plan = json.loads((root / sys.argv[2] / "plan.json").read_text())
scores, reasons = {}, {}
for row in plan["rows"]:
    backbone = row["component"].get("backbone")
    if row["status"] == "rejected":
        reasons.setdefault((row["column"], row["architecture"]), row["reason"])
        continue
    assert row["status"] == "ok", row
    if backbone:
        assert (backbone["width"], backbone["hidden"], backbone["depth"], backbone["heads"]) == (16, 64, 2, 4), backbone
    record = json.loads((root / sys.argv[2] / "trials" / row["trials"][0] / "record.json").read_text())
    scores.setdefault((row["column"], row["arm"]), {})[row["suite"]] = record["scores"]["test"]["macro"]
assert "without experts" in reasons["free", "soft_moe"], reasons
assert "given weights fix its size" in reasons["serving", "specialists"], reasons
arms = {arm for _, arm in scores}
assert {"dense", "prior"} <= arms and sum("specialists" in arm for arm in arms) >= 2, arms
for arm, both in scores.items():
    assert abs(both["ids"] - both["bytes"]) < 1e-4, (arm, both)
END
ok 'weights fix the sizes, a text as bytes and as ids of one byte scores the same, and what cannot be is rejected in words'

trials() { python3 -c 'import json, sys; print(*sorted(json.load(open(sys.argv[1]))["trials"]))' "$LOOM_RESULTS/$1/plan.json"; }
mkdir "$work/elsewhere"
cp "$work"/models/* "$work/elsewhere/"
config two elsewhere/w.safetensors
expect 0 run "$work/two.yaml"
[[ $(trials one) == $(trials two) ]] || fail 'ids change with the path of the weights'
printf '\1' | dd of="$work/elsewhere/w.safetensors" bs=1 seek=40000 conv=notrunc status=none
expect 0 run "$work/two.yaml"
[[ $(trials one) != $(trials two) ]] || fail 'ids do not change with the bytes of the weights'
ok 'ids follow the bytes of the weights, not their path'

refuse() { # refuse PATTERN
  expect 2 plan "$work/two.yaml"
  said err "$1"
}
sed -i 's/c_attn/c_atnn/' "$work/elsewhere/w.safetensors"
refuse "has no tensor 'h.0.attn.c_attn.(bias|weight)'; the nearest it has is 'h.0.attn.c_atnn"
one_line
config two elsewhere/v.safetensors
refuse "two.yaml:2:[0-9]+: error: gpt2.weights: '.*v.safetensors' is no file"
said err "did you mean 'w.safetensors'"
expect 2 run "$LOOM_RESULTS/two/lock.yaml"
said err 'has other bytes now'
ok 'a wrong name, a missing file and a lock of other weights exit 2'
