#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: scripts/table_witness.py [--check]    a second reading of the suites of tables and series.

Reads the prepared data (LOOM_DATA, else the cache) with the standard library alone, and
writes tests/golden/tables.tsv: items, sums of labels and sums of absolute inputs of both sides of
every domain. tests/tables_golden_test.cpp holds the suites to it. --check: says whether the file is current.
"""

import csv
import hashlib
import math
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/golden/tables.tsv"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
DATA = pathlib.Path(os.environ.get("LOOM_DATA") or CACHE / "loom/data")

TABLES = "letter magic penbased satimage segment spambase texture phoneme ring splice chess vowel".split()
PROBLEMS = "gene thyroid soybean building abelone bank32nh bank32fm kin32fm".split()
SERIES = ("ACSF1 ArrowHead GunPoint ItalyPowerDemand OSULeaf BasicMotions JapaneseVowels_eq "
          "PickupGestureWiimoteZ_eq").split()
TRAIN, TEST, POINTS, BINS = 0, 1, 96, 41


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def read_csv(file):
    with open(file, newline="") as lines:
        return list(csv.reader(lines))


def standardiser(numbers):
    mean = sum(numbers) / len(numbers)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in numbers) / len(numbers))
    return lambda x: (x - mean) / deviation if deviation > 1e-12 * abs(mean) else 0.0


def standardised(rows, train):
    columns = list(zip(*(rows[i] for i in train)))
    scales = [standardiser(column) for column in columns]
    return [[scale(x) for scale, x in zip(scales, row)] for row in rows]


def line(suite, domain, sides, labels, inputs):
    cells = [suite, domain]
    for side in (TRAIN, TEST):
        chosen = [i for i, s in enumerate(sides) if s == side]
        cells += [len(chosen), sum(labels[i] for i in chosen),
                  f"{math.fsum(abs(x) for i in chosen for x in inputs[i]):.8g}"]
    return "\t".join(map(str, cells))


def side_of_row(cells):
    group = hashlib.sha256("".join(cell + "\x1f" for cell in cells).encode()).hexdigest()
    return TEST if int(hashlib.sha256(group.encode()).hexdigest()[:13], 16) / 16 ** 13 < 0.2 else TRAIN


def keel(name):
    rows = read_csv(DATA / "keel" / f"{name}.csv")[1:]
    sides = [side_of_row(row) for row in rows]
    train = [i for i, side in enumerate(sides) if side == TRAIN]
    inputs = [[] for _ in rows]
    for column in range(len(rows[0]) - 1):
        cells = [row[column] for row in rows]
        if 2 * sum(number(cells[i]) is not None for i in train) > len(train):
            scale = standardiser([float(cells[i]) for i in train])
            for values, cell in zip(inputs, cells):
                values.append(scale(float(cell)))
            continue
        for text in sorted({cells[i] for i in train}):
            for values, cell in zip(inputs, cells):
                values.append(float(cell == text))
    texts = {rows[i][-1] for i in train}
    order = sorted(texts, key=float if all(number(text) is not None for text in texts) else str)
    return line("tables12", name, sides, [order.index(row[-1]) for row in rows], inputs)


def split_columns(header, halves):
    """Sides, inputs and answers of all rows but train rows whose inputs the test has."""
    width = sum(name.startswith("x") for name in header)
    test = {tuple(row[:width]) for part, side in halves if side == TEST for row in part}
    kept = [(row, side) for part, side in halves for row in part if side == TEST or tuple(row[:width]) not in test]
    sides = [side for _, side in kept]
    train = [i for i, side in enumerate(sides) if side == TRAIN]
    inputs = standardised([row[:width] for row, _ in kept], train)
    return sides, inputs, [row[width:] for row, _ in kept]


def numbers_of(rows):
    return [[float(cell) for cell in row] for row in rows]


def fann(name):
    train, test = (read_csv(DATA / "fann" / f"{name}_{half}.csv") for half in ("train", "test"))
    return split_columns(train[0], [(numbers_of(train[1:]), TRAIN), (numbers_of(test[1:]), TEST)])


def bins(sides, values):
    scale = standardiser([value for value, side in zip(values, sides) if side == TRAIN])
    inside = [min(max(scale(value), -4.0), 4.0) for value in values]
    return [math.floor((x / 4 + 1) / 2 * (BINS - 1) + 0.5) for x in inside]


def fann8(name):
    sides, inputs, answer = fann(name)
    if len(answer[0]) > 1 and name != "building":
        return line("fann8", name, sides, [row.index(max(row)) for row in answer], inputs)
    return line("fann8", name, sides, bins(sides, [row[0] for row in answer]), inputs)


def building3():
    sides, inputs, answer = fann("building")
    for k in range(3):
        yield line("building3", f"output{k + 1}", sides, bins(sides, [row[k] for row in answer]), inputs)


def yeast14():
    rows = read_csv(DATA / "yeast/yeast.csv")
    numbers = numbers_of(rows[1:])
    sides, inputs, answer = split_columns(rows[0], [(numbers[:1500], TRAIN), (numbers[1500:], TEST)])
    for k in range(14):
        yield line("yeast14", f"class{k + 1}", sides, [int(row[k]) for row in answer], inputs)


def read_ts(file):
    series, classes = [], []
    for text in open(file):
        if text.lower().startswith("@classlabel"):
            classes = text.split()[2:]
        elif text.strip() and text[0] not in "@#":
            *channels, label = text.strip().split(":")
            series.append(([[float(x) for x in channel.split(",")] for channel in channels], label))
    return series, classes


def resampled(values):
    result = []
    for i in range(POINTS):
        at = (len(values) - 1) * i / (POINTS - 1)
        low = min(int(at), len(values) - 1)
        high = min(low + 1, len(values) - 1)
        result.append(values[low] + (at - low) * (values[high] - values[low]))
    return result


def series8(name):
    (train, classes), (test, _) = (read_ts(DATA / "series" / f"{name}_{half}.ts") for half in ("TRAIN", "TEST"))
    repeated = {str(channels) for channels, _ in test}
    train = [(channels, label) for channels, label in train if str(channels) not in repeated]
    items = [([resampled(channel) for channel in channels], label) for channels, label in train + test]
    inputs = [[] for _ in items]
    for channel in range(len(items[0][0])):
        scale = standardiser([x for channels, _ in items[:len(train)] for x in channels[channel]])
        for values, (channels, _) in zip(inputs, items):
            values += [scale(x) for x in channels[channel]]
    order = sorted(classes, key=float if all(number(c) is not None for c in classes) else str)
    sides = [TRAIN] * len(train) + [TEST] * len(test)
    return line("series8", name, sides, [order.index(label) for _, label in items], inputs)


def main():
    lines = ["suite\tdomain\ttrain\ttrain_labels\ttrain_inputs\ttest\ttest_labels\ttest_inputs"]
    lines += [keel(name) for name in TABLES] + [fann8(name) for name in PROBLEMS]
    lines += [*building3(), *yeast14()] + [series8(name) for name in SERIES]
    text = "\n".join(lines) + "\n"
    if sys.argv[1:] == ["--check"]:
        current = GOLDEN.read_text() == text
        print("current" if current else f"{GOLDEN.relative_to(ROOT)} is not what this script writes")
        return 0 if current else 1
    GOLDEN.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
