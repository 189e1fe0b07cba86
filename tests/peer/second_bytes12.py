#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tests/peer/second_bytes12.py    the digests of bytes12, from the prepared files and numpy alone.

Prints a line for each test that tests/bytes12_test.cpp holds the suite to (LOOM_DATA, else the cache).
"""
import hashlib
import os
import pathlib
import struct

import numpy as np

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
DATA = pathlib.Path(os.environ.get("LOOM_DATA") or CACHE / "loom/data")
OWN = ("en_lit en_sotu en_email man_de man_ja man_zh c_sqlite py_sympy js_three metamath dna_ecoli protein").split()
UNSEEN = {"near": "en_kjv en_brown iset_mm man_es hol_light".split(),
          "far": "man_ru lisp_sbcl svg_mdi wordnet krn_palestrina help_ko help_sv help_uk".split()}
LICENCE = ("by domain: public domain, MIT, BSD-3, GPL-3+, GFDL, CC0, CC BY 4.0; "
           "senders keep the rights to their emails")
SOURCE = "Debian, PyPI and npm packages, as scripts/data lists them"
WINDOW, BLOCK, TRAIN_KIB, TEST_KIB = 128, 16384, 1024, 16


def sides(name, by_document):
    """(bytes, group of each byte) of the train side and of the test."""
    text = np.fromfile(DATA / name / f"{name}.bytes", np.uint8)
    documents = DATA / name / f"{name}.documents"
    if by_document and documents.exists():
        ends, groups = np.loadtxt(documents, np.int64, unpack=True)
        of = np.repeat(groups, np.diff(ends, prepend=0))
    else:
        text = text[:len(text) // BLOCK * BLOCK]
        of = np.arange(len(text)) // BLOCK
    tested = of % 10 == 9
    return (text[~tested], of[~tested]), (text[tested], of[tested])


def middles(wanted, available):
    return [min(available - 1, ((2 * k + 1) * available) // (2 * wanted)) for k in range(wanted)]


def windows(side, wanted, unit):
    """The first bytes of windows: `wanted` units of the side's whole blocks, each from its start."""
    available = len(side[0]) // BLOCK * (BLOCK // unit)
    return np.concatenate([np.arange(at * unit, (at + 1) * unit, WINDOW) for at in middles(wanted, available)])


class Items:
    def __init__(self):
        self.bytes, self.domain, self.group = [], [], []

    def add(self, side, starts, domain, groups):
        self.bytes += [side[0][s:s + WINDOW] for s in starts]
        self.domain += [domain] * len(starts)
        self.group += groups

    def feed(self, feed):
        feed(struct.pack("<qqq", 1, len(self.domain), WINDOW))
        for part in (b"", np.concatenate(self.bytes).tobytes(), b"", np.array(self.domain, "<i4").tobytes(),
                     np.array(self.group, "<i4").tobytes()):
            feed(part)


def suite(test, by_document):
    train, tested, first = Items(), Items(), 0
    for number, name in enumerate(OWN):
        side, _ = sides(name, by_document)
        starts = windows(side, TRAIN_KIB * 1024 // BLOCK, BLOCK)
        order = {}
        groups = [first + order.setdefault(int(side[1][s]), len(order)) for s in starts]
        train.add(side, starts, number, groups)
        first += len(order)
    unseen = UNSEEN.get(test, [])
    for number, name in enumerate(unseen or OWN, len(OWN) if unseen else 0):
        _, side = sides(name, by_document and not unseen)
        starts = windows(side, TEST_KIB, 1024)
        tested.add(side, starts, number, [first + int(side[1][s]) // 10 for s in starts])
        first += int(side[1].max()) // 10 + 1
    return train, tested, unseen


def digest(test, by_document):
    train, tested, unseen = suite(test, by_document)
    total = hashlib.sha256()

    def feed(data):
        data = data.encode() if isinstance(data, str) else data
        total.update(struct.pack("<Q", len(data)) + data)

    summary = f"bytes of twelve domains{', split by document' if by_document else ''}; test: {test}"
    for text in ("loom suite 1", "bytes12", "bits_per_byte", LICENCE, SOURCE, summary, str(len(OWN) + len(unseen)),
                 *OWN, *unseen):
        feed(text)
    feed(struct.pack("<4d", .95, .02, .02, .01))
    if unseen:
        feed(f"held out {len(unseen)}")
    train.feed(feed)
    tested.feed(feed)
    return total.hexdigest()


if __name__ == "__main__":
    for by_document in (False, True):
        for test in ("own", "near", "far"):
            print("documents" if by_document else "blocks", test, digest(test, by_document))
