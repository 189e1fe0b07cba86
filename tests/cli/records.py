#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One line per stored trial and member: its id and a digest of all that must be equal wherever and however it was made,
which is everything outside `measured`: the record, and the bytes of weights, outcomes and curves."""
import hashlib
import json
import sys
from pathlib import Path

RECORDS = ("record.json", "member.json")


def digest(folder):
    parts = {}
    for file in sorted(folder.iterdir()):
        if file.name in RECORDS:
            body = json.loads(file.read_text())
            body.pop("measured")
            parts[file.name] = body
        elif file.name != "manifest.json":
            parts[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


root = Path(sys.argv[1])
for manifest in sorted([*root.glob("*/trials/*/manifest.json"), *root.glob(".members/*/manifest.json")]):
    print(manifest.parent.parent.name, manifest.parent.name, digest(manifest.parent))
