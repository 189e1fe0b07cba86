# SPDX-License-Identifier: Apache-2.0
"""Suites whose data lie in the tree: digits4 and bytes9."""
from pathlib import Path

from readings.shared import TEST, TRAIN, checksum, line, shuffled

TREE = Path(__file__).resolve().parents[2] / "tasks/data"
SIDE, INKS = 8, 16
BYTES = "ecoli_dna kjv mdi_svg sbcl_lisp set_mm sotu sqlite_c udhr_cyrillic udhr_romance".split()
BLOCK, WINDOW = 1024, 128


def columns(image):
    return [image[column::SIDE] for column in range(SIDE)]


def digits4(reading):
    """Ink from 0 to 16 as grey from 0 to 255. An image has one group in all views."""
    order = shuffled(range(SIDE * SIDE), "view permutation", seed=7)
    views = {"plain": lambda image: image,
             "inverted": lambda image: bytes(INKS - ink for ink in image),
             "rotated": lambda image: b"".join(reversed(columns(image))),  # its last column becomes the first row
             "permuted": lambda image: bytes(image[place] for place in order)}
    images = []
    for side, name in ((TRAIN, "train"), (TEST, "test")):
        pixels = (TREE / "digits4" / f"{name}-images.idx").read_bytes()[16:]
        labels = (TREE / "digits4" / f"{name}-labels.idx").read_bytes()[8:]
        images += [(side, pixels[64 * i:64 * i + 64], label) for i, label in enumerate(labels)]
    for domain, view in views.items():
        items = []
        for side, image, label in images:
            grey = bytes((2 * 255 * ink + INKS) // (2 * INKS) for ink in view(image))
            items.append((side, label, (image, label), checksum(grey, label)))
        yield line(reading, domain, items)


def bytes9(reading):
    """All windows of all blocks; every tenth block is the test's."""
    for domain in BYTES:
        content = (TREE / "bytes9" / f"{domain}.txt").read_bytes()
        items = []
        for begin in range(0, len(content), WINDOW):
            block = begin // BLOCK
            items.append((TEST if block % 10 == 9 else TRAIN, 0, block, checksum(content[begin:begin + WINDOW], 0)))
        yield line(reading, domain, items)


READINGS = {"digits4": lambda: digits4("digits4"), "bytes9": lambda: bytes9("bytes9")}
