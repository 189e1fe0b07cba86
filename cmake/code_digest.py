#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes digests.json: SHA-256 of the sources that decide the bits of a result.

engine      harness/engine and the torch-free sources whose change may change a trained bit
components  one per component: its file and what it includes from architectures/, tasks/ or the extra folder,
            recursively, each header with the .cpp of the same stem
imported    what decides the bits of a replay of imported outcomes, beside the combiner
planted     torch-free sources whose change may change a planted record
statistics  what decides a table's numbers, given the records
"""
import argparse
import hashlib
import json
import re
from pathlib import Path

ENGINE = ["harness/engine/**/*", "tasks/sources/**/*"] + [
    f"harness/{stem}*" for stem in (
        "random", "suite", "group_deal", "metrics", "member_scores", "outcomes", "evaluator", "combiner", "merging", "stitch",
        "partition", "birth", "event_stream")]
IMPORTED = ["harness/imported/**/*"] + [
    f"harness/{stem}*" for stem in ("metrics", "outcomes", "combiner", "cells", "member_scores")]
PLANTED = [f"harness/{stem}*" for stem in ("random", "planted", "cells")]
STATISTICS = [f"harness/{stem}.*" for stem in (
    "statistics", "power", "effects", "random", "metrics", "metrics_probability", "cells", "paired_cells", "comparison",
    "ranking", "arm_comparison", "gates", "decomposition", "verdict", "claims", "budgets", "budget_signs")]
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


class Tree:
    """The source folder and, where given, the user's extra folder."""

    def __init__(self, root, extra):
        self.root = root
        self.extra = extra

    def label(self, path):
        """A name for `path` that does not depend on where the folders lie."""
        if self.extra and path.is_relative_to(self.extra):
            return "extra/" + path.relative_to(self.extra).as_posix()
        return path.relative_to(self.root).as_posix()

    def digest(self, paths):
        total = hashlib.sha256()
        for label, path in sorted((self.label(path), path) for path in set(paths)):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{content}  {label}\n".encode())
        return total.hexdigest()

    def matching(self, patterns):
        return {path for pattern in patterns for path in self.root.glob(pattern) if path.suffix in (".h", ".cpp")}

    def with_parts(self, paths):
        """Adds each harness/*.cpp without a header of its own that includes one of `paths`: a part of that module."""
        lone = {path for path in self.root.glob("harness/*.cpp") if not path.with_suffix(".h").exists()}
        names = {self.label(path).encode() for path in paths}
        return paths | {path for path in lone if names & set(INCLUDE.findall(path.read_bytes()))}

    def included(self, path):
        """Files of component folders that `path` includes; the harness has digests of its own."""
        homes = [self.root / "architectures", self.root / "tasks"] + ([self.extra] if self.extra else [])
        for name in INCLUDE.findall(path.read_bytes()):
            for base in [path.parent, self.root] + ([self.extra] if self.extra else []):
                target = (base / name.decode()).resolve()
                if target.is_file() and any(target.is_relative_to(home) for home in homes):
                    yield target
                    break

    def closure(self, path):
        seen, waiting = set(), [path]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            waiting += self.included(current)
            if current.suffix == ".h" and current.with_suffix(".cpp").is_file():
                waiting.append(current.with_suffix(".cpp"))
        return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--extra", type=Path)
    parser.add_argument("--components", type=Path, required=True, help="lines kind/name=path")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    tree = Tree(arguments.root.resolve(), arguments.extra.resolve() if arguments.extra else None)
    lines = [line.split("=", 1) for line in arguments.components.read_text().splitlines() if line]
    digests = {
        "components": {key: tree.digest(tree.closure(Path(path).resolve())) for key, path in sorted(lines)},
        "engine": tree.digest(tree.matching(ENGINE)),
        "imported": tree.digest(tree.matching(IMPORTED)),
        "planted": tree.digest(tree.matching(PLANTED)),
        "statistics": tree.digest(tree.with_parts(tree.matching(STATISTICS))),
    }
    arguments.output.write_text(json.dumps(digests, indent=1) + "\n")


if __name__ == "__main__":
    main()
