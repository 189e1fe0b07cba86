#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Predictions made elsewhere: from files to a table without a worker; again does nothing; mistakes are told by file and line.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

bytes() { (cd "$LOOM_RESULTS" && find . -type f -exec sha256sum {} + | sort -k 2); }

cd "$LOOM_SOURCE_DIR"
expect 0 check configs/imported_example.yaml
expect 0 plan configs/imported_example.yaml
said out '14 trials: 0 cached, 14 to do'
expect 0 run configs/imported_example.yaml
bytes >"$work/before"
expect 0 run configs/imported_example.yaml
said err 'nothing to train'
expect 0 run "$LOOM_RESULTS/imported_example/lock.yaml"
said err 'nothing to train'
bytes >"$work/after"
cmp "$work/before" "$work/after" || fail 'the second run changed files'
expect 0 verify imported_example
expect 0 table imported_example --by domain
expect 0 table imported_example --decomposition
said out 'uniform_ensemble'
expect 0 compare imported_example north-7b wide-13b
expect 0 table imported_example --format json
python3 - "$work/out" <<'END'
import json
import sys

keys = set("""suite arm architecture family column information_level role seeds seeds_failed metric higher_is_better score
score_ci_low score_ci_high worst_domain_score nll ece params_total params_active train_flops infer_flops ratio_train_flops
ratio_infer_flops ratio_params ratio_samples train_cpu_s peak_memory_bytes latency_p50_s latency_p99_s flags status""".split())
rows = json.load(open(sys.argv[1]))
assert all(set(row) == keys for row in rows), rows[0]
by_arm = {row["arm"]: row for row in rows}
assert all("declared" in row["flags"] and row["column"] == "free" and row["status"] == "ok" for row in rows)
assert all(row["infer_flops"] is None and row["train_cpu_s"] is None and row["peak_memory_bytes"] is None for row in rows)
assert not any("pareto" in row["flags"] for row in rows), "declared costs rank"
assert by_arm["sample_oracle of 4"]["information_level"] == "answer" and by_arm["oracle of 4"]["role"] == "reference"
assert by_arm["north-7b"]["family"] == "monolith" and by_arm["uniform_ensemble"]["family"] == "fabric"
models = [by_arm[name]["score"] for name in ("north-7b", "east-7b", "south-7b", "wide-13b")]
assert by_arm["sample_oracle of 4"]["score"] >= max(models), "nobody beats who is told which model is right"
assert by_arm["best_constant of 4"]["score"] in models
END
ok 'an example of four models runs, again does nothing, and its rows have all keys'

mkdir "$work/runs"
python3 - "$work/runs" <<'END'
import json
import random
import sys
from pathlib import Path

# The shape in which LLMRouterBench stores a run; the numbers are drawn here.
draw = random.Random(3)
for dataset in ("sums", "proofs"):
    for model in ("small", "large"):
        records = [{"index": i, "origin_query": f"{dataset} {i}", "prompt": "Q", "prompt_tokens": 5, "completion_tokens": 7,
                    "cost": 0.01, "score": float(draw.random() < .6), "prediction": "1", "ground_truth": "1",
                    "raw_output": "1", "extra_fields": {}} for i in range(60)]
        run = {"performance": .6, "time_taken": 1.0, "prompt_tokens": 300, "completion_tokens": 420, "cost": .6, "counts": 60,
               "model_name": model, "dataset_name": dataset, "split": "test", "demo": False, "extra_metrics": {},
               "data_fingerprint": "", "records": records}
        folder = Path(sys.argv[1]) / dataset / "test" / model
        folder.mkdir(parents=True)
        (folder / f"{dataset}-test-{model}-20260101_000000.json").write_text(json.dumps(run, indent=2))
END
cd "$work"
echo 'arms: [{imported: runs}]' >bench.yaml
expect 0 run bench.yaml --json
python3 - "$work/out" <<'END'
import json
import sys

rows = {row["arm"]: row for row in json.load(open(sys.argv[1]))}
assert set(rows) == {"small", "large", "best_constant", "random_router", "oracle", "sample_oracle"}, rows.keys()
assert all(row["metric"] == "score" and row["suite"] == "runs" and row["nll"] is None for row in rows.values())
END
ok "one line of config runs LLMRouterBench's records"

refused() {
  expect 2 run "$@"
  said err "$wanted"
  one_line
}
echo '{suites: [{imported: runs}], arms: [{imported: {combiner: uniform_ensemble}}]}' >mixed.yaml
wanted='mixes log-probabilities, and the files hold only scores' refused mixed.yaml
echo '{suites: [{imported: runs}], arms: [{imported: larje}]}' >near.yaml
wanted="no model 'larje'; did you mean 'large'" refused near.yaml
echo '{suites: [{imported: runs}], arms: [{imported: {combiner: router}}]}' >router.yaml
wanted='routes by the inputs' refused router.yaml
echo '{suites: [{imported: runs}], arms: [dense]}' >dense.yaml
expect 2 check dense.yaml
said err 'dense is trained, and imported outcomes have no inputs'
echo '{suites: [{imported: runs}], samples: 9, columns: [memory]}' >budget.yaml
expect 2 check budget.yaml
said err "imported outcomes have no 'samples'"
said err 'no size that could match a budget'
echo '{suites: [digits4], reference: {dense: {backbone: mlp}, samples: 99}, arms: [imported]}' >alone.yaml
expect 2 check alone.yaml
said err "no imported outcomes in suite 'digits4'"
echo '{"model": "a", "item": 1, "skore": 1}' >bad.jsonl
echo 'arms: [{imported: bad.jsonl}]' >bad.yaml
wanted="bad.jsonl:1: unknown key 'skore'; did you mean 'score'" refused bad.yaml
ok 'mistakes exit 2 with one line'
no_leftovers
