#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A domain that nobody is trained on, as the whole test and beside the others, from the config to the table: members are
# shared, what would answer by its number is rejected, and how it is told apart is what the stored outcomes say.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
cat >"$work/unseen.yaml" <<'END'
suites:
  - {suite: {shifted: {of: digits4, kind: held_out, domain: rotated}}, label: alone}
  - {suite: {shifted: {of: digits4, kind: rejection, domain: rotated}}, label: beside}
reference: {dense: {backbone: {mlp: {width: 24}}}, samples: 16384}
columns: [memory]
seeds: 2
arms:
  - dense
  - sparse_moe: {experts: 4, top_k: 1}
  - specialists: {combiner: {router: {hidden: 4, epochs: 4}}}
  - specialists: {combiner: uniform_ensemble}
  - specialists: {combiner: oracle}
latency: {seconds: 0}
END

expect 0 run "$work/unseen.yaml"
expect 0 verify unseen
expect 0 table unseen
said out 'rejection'
said out 'rejected  specialists oracle: the test has domains that nobody was trained on'
expect 0 compare unseen dense sparse_moe
expect 0 report unseen
python3 - "$LOOM_RESULTS" <<'END'
import json
import pathlib
import struct
import sys
from bisect import bisect_left, bisect_right

root = pathlib.Path(sys.argv[1])


def tensor(data, name, code):
    size = struct.unpack("<Q", data[:8])[0]
    begin, end = json.loads(data[8:8 + size])[name]["data_offsets"]
    return [value for value, in struct.iter_unpack("<" + code, data[8 + size + begin:8 + size + end])]


def auroc(folder, held_out):
    """Pairs of a trained domain's item and a held-out one in which the former is surer; equal ones count half."""
    data = (folder / "outcomes-test.safetensors").read_bytes()
    sure, domain = tensor(data, "max_log_prob", "f"), tensor(data, "domain", "i")
    known = [s for s, d in zip(sure, domain) if d != held_out]
    other = sorted(s for s, d in zip(sure, domain) if d == held_out)
    return sum(bisect_left(other, s) + bisect_right(other, s) for s in known) / 2 / len(known) / len(other)


members, checked = {"alone": set(), "beside": set()}, 0
for row in json.load(open(root / "unseen/plan.json"))["rows"]:
    if row["status"] != "ok":
        assert row["status"] == "rejected", row
        continue
    for trial in row["trials"]:
        folder = root / "unseen/trials" / trial
        record = json.load(open(folder / "record.json"))
        assert record["status"] == "ok", record["message"]
        members[row["suite"]] |= set(record["members"])
        test = record["scores"]["test"]
        has = [score is not None for score in test["domain"]]
        assert has == ([False] * 3 + [True] if row["suite"] == "alone" else [True] * 3 + [False]), test
        assert ("rejection_auroc" in test) == (row["suite"] == "beside"), test
        if row["suite"] == "beside" and (folder / "outcomes-test.safetensors").exists():
            here = auroc(folder, 3)
            assert abs(here - test["rejection_auroc"]) < 1e-9, (row["arm"], here, test["rejection_auroc"])
            checked += 1
assert members["alone"] == members["beside"] != set(), members
assert checked >= 5, checked
END
ok 'a held-out domain alone and beside the others: the same members, and the AUROC of the stored outcomes'
