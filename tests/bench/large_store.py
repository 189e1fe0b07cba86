#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Multiplies a results folder: large_store.py RESULTS DEST RECORDS. Rows are repeated under new names until the plan has
that many trials, each with a record of its own, so that the time of `loom table DEST` can be read off."""
import argparse
import copy
import json
import random
import shutil
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("dest", type=Path)
    parser.add_argument("records", type=int)
    arguments = parser.parse_args()

    plan = json.loads((arguments.results / "plan.json").read_text())
    label = plan["rows"][0]["suite"]
    rows = [row for row in plan["rows"] if row["suite"] == label and row["status"] == "ok" and row["trials"]]
    texts = {}
    for row in rows:
        for trial in row["trials"]:
            texts[trial] = (arguments.results / "trials" / trial / "record.json").read_text()
    (arguments.dest / "trials").mkdir(parents=True)
    shutil.copytree(arguments.results / "layouts", arguments.dest / "layouts")
    shutil.copy(arguments.results / "lock.yaml", arguments.dest / "lock.yaml")
    draw, made, copies = random.Random(0), 0, 0
    suites, trials, all_rows, configs = {}, {}, [], []
    config = next(suite for suite in plan["experiment"]["suites"] if suite["label"] == label)
    while made < arguments.records:
        name = f"{label}-{copies}"
        copies += 1
        suites[name] = plan["suites"][label]
        configs.append({**config, "label": name})
        for row in rows:
            new = copy.deepcopy(row)
            new["suite"], new["trials"] = name, []
            for trial in row["trials"]:
                ident = f"{draw.getrandbits(64):016x}"
                folder = arguments.dest / "trials" / ident
                folder.mkdir()
                (folder / "record.json").write_text(texts[trial].replace(trial, ident))
                (folder / "manifest.json").write_text('{"files":{},"format":1}')
                trials[ident] = {"component": row["component"], "suite": plan["suites"][label]["suite"]}
                new["trials"].append(ident)
                made += 1
            all_rows.append(new)
    plan.update(rows=all_rows, suites=suites, trials=trials, members={})
    plan["experiment"]["suites"] = configs
    for claim in plan["experiment"].get("claims", []):
        claim["suites"] = list(suites)
    (arguments.dest / "plan.json").write_text(json.dumps(plan))
    print(f"{made} records in {len(all_rows)} rows")


if __name__ == "__main__":
    main()
