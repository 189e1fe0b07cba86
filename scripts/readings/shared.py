# SPDX-License-Identifier: Apache-2.0
"""What all readings share: where the data are, the line of a domain, checksums, shuffles and the hash of a side."""
import csv
import hashlib
import math
import os
import zlib
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
DATA = Path(os.environ.get("LOOM_DATA") or CACHE / "loom/data")
TRAIN, TEST = 0, 1
WORD = 2 ** 64


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def read_csv(file, encoding="utf-8"):
    with open(file, newline="", encoding=encoding) as lines:
        return list(csv.reader(lines))


def absolute(inputs):
    """The measure of an item of numbers."""
    return math.fsum(abs(x) for x in inputs)


def checksum(content, label):
    """The measure of an item of bytes: a label that moves to another item shows, the order of items does not."""
    return (label + 1) * zlib.crc32(content)


def line(reading, domain, items):
    """Items are (side, label, group, measure)."""
    items, cells = list(items), [reading, domain]
    for side in (TRAIN, TEST):
        chosen = [item for item in items if item[0] == side]
        measures = [item[3] for item in chosen]
        whole = all(isinstance(measure, int) for measure in measures)
        cells += [len(chosen), sum(item[1] for item in chosen), len({item[2] for item in chosen}),
                  sum(measures) % 2 ** 32 if whole else f"{math.fsum(measures):.8g}"]
    return "\t".join(map(str, cells))


def hashed_side(key, share):
    """52 bits of the key's SHA-256 as a number from 0 to 1: below the share lies the test."""
    return TEST if int(hashlib.sha256(key).hexdigest()[:13], 16) / 16 ** 13 < share else TRAIN


def finalised(z):
    """SplitMix64's finaliser."""
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 % WORD
    z = (z ^ z >> 27) * 0x94d049bb133111eb % WORD
    return z ^ z >> 31


def fnv1a(text, bits=64):
    offset, prime = {32: (2166136261, 16777619), 64: (14695981039346656037, 1099511628211)}[bits]
    for byte in text:
        offset = (offset ^ byte) * prime % 2 ** bits
    return offset


def random_words(purpose, seed, index):
    """SplitMix64 (Steele et al. 2014); the state is keyed by seed, purpose and index, each mixed in turn."""
    gamma, state = 0x9e3779b97f4a7c15, 0
    for part in (seed, fnv1a(purpose.encode()), index, 0):
        state = finalised((state + gamma + part) % WORD)
    while True:
        state = (state + gamma) % WORD
        yield finalised(state)


def shuffled(values, purpose, seed=0, index=0):
    """Fisher and Yates from the end; words that would favour small numbers are passed over."""
    values, words = list(values), random_words(purpose, seed, index)
    for left in range(len(values), 1, -1):
        word = next(words)
        while word < WORD % left:
            word = next(words)
        at = word % left
        values[left - 1], values[at] = values[at], values[left - 1]
    return values


def evenly(values, wanted):
    """The middles of so many equal parts."""
    return [values[(2 * k + 1) * len(values) // (2 * wanted)] for k in range(wanted)]
