#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tests/peer/second_bytes12.py    the digests of bytes12, from its second reading (scripts/readings).

Prints a line for each test that tests/bytes12_test.cpp holds the suite to (LOOM_DATA, else the cache).
"""
import hashlib
import struct
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from readings.byte_domains import DOMAINS, WINDOW, sampled, sides_of  # noqa: E402
from readings.shared import TEST, TRAIN  # noqa: E402

UNSEEN = {"near": "en_kjv en_brown iset_mm man_es hol_light".split(),
          "far": "man_ru lisp_sbcl svg_mdi wordnet krn_palestrina help_ko help_sv help_uk".split()}
LICENCE = ("by domain: public domain, MIT, BSD-3, GPL-3+, GFDL, CC0, CC BY 4.0; "
           "senders keep the rights to their emails")
SOURCE = "Debian, PyPI and npm packages, as scripts/data lists them"


def suite(test, by_document):
    """Items of both sides as (window, domain, group). Groups of the train side are counted as they appear, those of the
    test by their place among the domain's tenths."""
    train, tested, first, unseen = [], [], 0, UNSEEN.get(test, [])
    for number, name in enumerate(DOMAINS):
        order = {}
        train += [(window, number, first + order.setdefault(group, len(order)))
                  for window, group in sampled(sides_of(name, by_document)[TRAIN], TRAIN)]
        first += len(order)
    for number, name in enumerate(unseen or DOMAINS, len(DOMAINS) if unseen else 0):
        pieces = sides_of(name, by_document and not unseen)[TEST]
        tested += [(window, number, first + group // 10) for window, group in sampled(pieces, TEST)]
        first += max(group for _, group in pieces) // 10 + 1
    return train, tested, unseen


def digest(test, by_document):
    *sides, unseen = suite(test, by_document)
    total = hashlib.sha256()

    def feed(data):
        data = data.encode() if isinstance(data, str) else data
        total.update(struct.pack("<Q", len(data)) + data)

    summary = f"bytes of twelve domains{', split by document' if by_document else ''}; test: {test}"
    domains = [*DOMAINS, *unseen]
    for text in ("loom suite 1", "bytes12", "bits_per_byte", LICENCE, SOURCE, summary, str(len(domains)), *domains):
        feed(text)
    feed(struct.pack("<4d", .95, .02, .02, .01))
    if unseen:
        feed(f"held out {len(unseen)}")
    for items in sides:
        feed(struct.pack("<qqq", 1, len(items), WINDOW))
        windows, numbers, groups = zip(*items)
        for part in (b"", b"".join(windows), b"", struct.pack(f"<{len(items)}i", *numbers),
                     struct.pack(f"<{len(items)}i", *groups)):
            feed(part)
    return total.hexdigest()


if __name__ == "__main__":
    for split in (False, True):
        for tests in ("own", "near", "far"):
            print("documents" if split else "blocks", tests, digest(tests, split))
