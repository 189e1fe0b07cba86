#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sets the specialists of configs/suites/sent4_published.yaml beside table 5 of Hutto and Gilbert 2014.

    published_sentiment.py [RESULTS]     default results; results/reference for the committed ones

A run's outcomes are not committed; without them it gives accuracy, which records hold. F1 is averaged by class support: with the sign of the mean rating as the class this gives the table's human rater to both
digits, and macro F1, which records hold, does not.
"""
import json
import struct
import sys
from pathlib import Path
from statistics import mean

DOMAINS = ["tweets", "movie", "amazon", "nyt"]
NAIVE_BAYES = [[.84, .53, .53, .42], [.56, .75, .49, .44], [.69, .55, .61, .48], [.59, .56, .51, .49]]


def integers(path):
    """The I32 arrays of a safetensors file."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "I32":
            begin, end = (start + offset for offset in entry["data_offsets"])
            found[name] = struct.unpack(f"<{(end - begin) // 4}i", data[begin:end])
    return found


def weighted_f1(said, domain):
    pairs = [(t, a) for t, a, d in zip(said["target"], said["argmax"], said["domain"]) if d == domain]
    total = 0
    for label in {target for target, _ in pairs}:
        hits = sum(target == answer == label for target, answer in pairs)
        targets = sum(target == label for target, _ in pairs)
        answers = sum(answer == label for _, answer in pairs)
        total += 2 * hits / (targets + answers) * targets / len(pairs)
    return total


def of_a_seed(root, record):
    """[trained on][asked] F1 from what the members said, or accuracy where that is not there; and which of them."""
    said = [root / ".members" / member / "outcomes-test.safetensors" for member in record["members"]]
    if all(path.exists() for path in said):
        return [[weighted_f1(one, d) for d in range(len(DOMAINS))] for one in map(integers, said)], "F1"
    return record["member_scores"]["member_domain"], "accuracy"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "results")
    folder = root / "sent4_published"
    rows = json.loads((folder / "plan.json").read_text())["rows"]
    seeds = []
    wanted = ("sent4_published", "specialists oracle")
    for trial in next(row for row in rows if (row["suite"], row["arm"]) == wanted)["trials"]:
        record = json.loads((folder / "trials" / trial / "record.json").read_text())
        scores, metric = of_a_seed(root, record)
        seeds.append(scores)
    heads = "".join(f"{name:>14}" for name in DOMAINS)
    print(f"{'trained on':11}{heads}   {metric} here / F1 of the paper's naive Bayes")
    for k, name in enumerate(DOMAINS):
        cells = [f"{mean(seed[k][d] for seed in seeds):.2f} / {NAIVE_BAYES[k][d]:.2f}" for d in range(len(DOMAINS))]
        print(f"{name:11}" + "".join(f"{cell:>14}" for cell in cells))


main()
