# SPDX-License-Identifier: Apache-2.0
"""Suites of tables and series: tables12, fann8, building3, yeast14, series8, vowels."""
import hashlib
import math

from readings.shared import DATA, TEST, TRAIN, absolute, hashed_side, line, number, read_csv, shuffled

TABLES = "letter magic penbased satimage segment spambase texture phoneme ring splice chess vowel".split()
PROBLEMS = "gene thyroid soybean building abelone bank32nh bank32fm kin32fm".split()
SERIES = ("ACSF1 ArrowHead GunPoint ItalyPowerDemand OSULeaf BasicMotions JapaneseVowels_eq "
          "PickupGestureWiimoteZ_eq").split()
POINTS, BINS = 96, 41
FOUR = "iy ih aa ah".split()


def standardiser(numbers):
    mean = sum(numbers) / len(numbers)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in numbers) / len(numbers))
    return lambda x: (x - mean) / deviation if deviation > 1e-12 * abs(mean) else 0.0


def standardised(rows, train):
    columns = list(zip(*(rows[i] for i in train)))
    scales = [standardiser(column) for column in columns]
    return [[scale(x) for scale, x in zip(scales, row)] for row in rows]


def side_of_row(cells):
    group = hashlib.sha256("".join(cell + "\x1f" for cell in cells).encode()).hexdigest()
    return hashed_side(group.encode(), 0.2)


def keel(reading, name, rows_max=None):
    rows = read_csv(DATA / "keel" / f"{name}.csv")[1:]
    rows = [rows[i] for i in sorted(shuffled(range(len(rows)), "table/rows")[:rows_max])]
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
    labels = [order.index(row[-1]) for row in rows]
    return line(reading, name, zip(sides, labels, map(tuple, rows), map(absolute, inputs)))


def split_columns(header, halves):
    """Sides, groups, inputs and answers of all rows but train rows whose inputs the test has."""
    width = sum(name.startswith("x") for name in header)
    test = {tuple(row[:width]) for part, side in halves if side == TEST for row in part}
    kept = [(row, side) for part, side in halves for row in part if side == TEST or tuple(row[:width]) not in test]
    sides = [side for _, side in kept]
    train = [i for i, side in enumerate(sides) if side == TRAIN]
    groups = [tuple(row[:width]) for row, _ in kept]
    inputs = standardised(groups, train)
    return sides, groups, [absolute(row) for row in inputs], [row[width:] for row, _ in kept]


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
    sides, groups, inputs, answer = fann(name)
    if len(answer[0]) > 1 and name != "building":
        labels = [row.index(max(row)) for row in answer]
    else:
        labels = bins(sides, [row[0] for row in answer])
    return line("fann8", name, zip(sides, labels, groups, inputs))


def building3():
    sides, groups, inputs, answer = fann("building")
    for k in range(3):
        labels = bins(sides, [row[k] for row in answer])
        yield line("building3", f"output{k + 1}", zip(sides, labels, groups, inputs))


def yeast14():
    rows = read_csv(DATA / "yeast/yeast.csv")
    numbers = numbers_of(rows[1:])
    sides, groups, inputs, answer = split_columns(rows[0], [(numbers[:1500], TRAIN), (numbers[1500:], TEST)])
    for k in range(14):
        yield line("yeast14", f"class{k + 1}", zip(sides, [int(row[k]) for row in answer], groups, inputs))


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
    labels = [order.index(label) for _, label in items]
    groups = [str(channels) for channels, _ in train + test]
    return line("series8", name, zip(sides, labels, groups, map(absolute, inputs)))


def vowels():
    """Every fourth speaker is the test's; two formants of four of the ten vowels."""
    rows = [row for row in read_csv(DATA / "vowels/vowels.csv")[1:] if row[1] in FOUR]
    sides = [TEST if int(row[0]) % 4 == 0 else TRAIN for row in rows]
    train = [i for i, side in enumerate(sides) if side == TRAIN]
    inputs = standardised([(float(row[3]), float(row[4])) for row in rows], train)
    labels = [FOUR.index(row[1]) for row in rows]
    return line("vowels", "vowels", zip(sides, labels, [row[0] for row in rows], map(absolute, inputs)))


READINGS = {
    "tables12": lambda: [keel("tables12", name, 4000) for name in TABLES],
    "tables12_all": lambda: [keel("tables12_all", name) for name in TABLES],
    "fann8": lambda: map(fann8, PROBLEMS),
    "building3": building3,
    "yeast14": yeast14,
    "series8": lambda: map(series8, SERIES),
    "vowels": lambda: [vowels()],
}
