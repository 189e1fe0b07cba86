#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times training steps in turn: loom's benchmark program, step_torch.py and step_jax.py; see compare_steps.sh."""
import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent


def loom(bench):
    """us of a member's step by benchmark, e.g. 'mlp/stack:8'."""
    out = subprocess.run([bench, "--benchmark_filter=^(mlp|transformer)", "--benchmark_format=json"],
                         check=True, capture_output=True, text=True).stdout
    return {run["name"]: 1e6 * run["member_step_s"] for run in json.loads(out)["benchmarks"]}


def script(name):
    """us by what the script calls it."""
    out = subprocess.run([sys.executable, HERE / name], check=True, capture_output=True, text=True).stdout
    return {words[0]: float(words[1]) for words in map(str.split, out.splitlines())}


def pairs(names):
    """Which of loom's figures stands beside which of the others'."""
    for name in names:
        shape = name.split("/stack:")[0] if name.startswith("mlp") else "transformer/" + name.split("/", 2)[2]
        yield name, [f"{shape}/torch", f"{shape}/torch_fused"]
        if name.startswith("mlp"):
            yield name, [f"{name}/jax"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bench", type=Path, required=True)
    arguments = parser.parse_args()
    rounds = []
    for _ in range(arguments.rounds):
        rounds.append({**script("step_torch.py"), **loom(arguments.bench), **script("step_jax.py")})
        print(f"round {len(rounds)} of {arguments.rounds}", file=sys.stderr)
    times = defaultdict(list)
    for one in rounds:
        for name, value in one.items():
            times[name].append(value)
    print(f"{'loom':42} {'us':>8}   {'beside':36} {'us':>8}  times as long")
    for ours, others in pairs([name for name in rounds[0] if "/stack:" in name and not name.endswith("jax")]):
        for other in others:
            ratio = statistics.median(one[other] / one[ours] for one in rounds)
            print(f"{ours:42} {statistics.median(times[ours]):8.1f}   {other:36} {statistics.median(times[other]):8.1f}"
                  f"  {ratio:.2f}")


if __name__ == "__main__":
    main()
