#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what loom recorded below FOLDER/results with FOLDER/peer.json; see compare_digits4.sh."""
import json
import math
import statistics
import sys
from pathlib import Path

TOLERANCE = 0.01
STANDARD_ERRORS = 3  # where seeds alone move an arm by more than the tolerance: the plain average of specialists does


def load(path):
    return json.loads(path.read_text())


def loom_scores(results):
    """arm -> test accuracy of each seed, and the CPU seconds of the members behind each arm."""
    (plan_file,) = results.glob("*/plan.json")
    plan = load(plan_file)
    scores, members = {}, {}
    for row in plan["rows"]:
        records = [load(plan_file.parent / "trials" / trial / "record.json") for trial in row["trials"]]
        scores[row["arm"]] = [record["scores"]["test"]["macro"] for record in records]
        members[row["arm"]] = {charge["member"] for trial in row["trials"]
                               for charge in plan["trials"][trial]["charges"] if charge.get("member")}
    return scores, members


def standard_error(values):
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def main():
    folder = Path(sys.argv[1])
    peer = load(folder / "peer.json")
    loom, members = loom_scores(folder / "results")
    missed = []
    print(f"{'':30s} {'loom':>7s} {'peer':>7s} {'difference':>11s} {'allowed':>8s}")
    for arm, theirs in peer.items():
        ours = loom[arm if arm in loom else arm.split()[0]]
        our_mean, their_mean = statistics.mean(ours), statistics.mean(theirs)
        difference = our_mean - their_mean
        allowed = max(TOLERANCE, STANDARD_ERRORS * math.hypot(standard_error(ours), standard_error(theirs)))
        print(f"{arm:30s} {our_mean:7.4f} {their_mean:7.4f} {difference:+11.4f} {allowed:8.4f}")
        if not abs(difference) <= allowed:
            missed.append(arm)

    peer_s, loom_s = (float((folder / f"{name}.seconds").read_text()) for name in ("peer", "loom"))
    used = set().union(*(members[arm] for arm in peer))
    store = folder / "results/.members"
    cpu_s = sum(load(store / member / "member.json")["measured"]["train_cpu_s"] for member in used)
    extra = len(loom) - len(peer)
    print(f"time to table: peer {peer_s:.1f} s (one thread), loom {loom_s:.1f} s (a worker per core; with {extra} "
          f"nulls and references, and one seed more to choose widths): ratio {peer_s / loom_s:.1f}")
    print(f"training of these arms' {len(used)} members alone: {cpu_s:.1f} CPU s")
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 5 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
