# SPDX-License-Identifier: Apache-2.0
"""bytes12: windows of twelve domains, each a file of bytes."""
from bisect import bisect_right

from readings.shared import DATA, TEST, TRAIN, checksum, evenly, line

DOMAINS = "en_lit en_sotu en_email man_de man_ja man_zh c_sqlite py_sympy js_three metamath dna_ecoli protein".split()
KIB, BLOCK, WINDOW = 1024, 16 * 1024, 128
TRAIN_BLOCKS, TEST_PIECES = 64, 16


def groups_of(name):
    """(bytes, group) of the pieces of a file that stay together: its whole blocks, or its documents where their ends
    and groups are told."""
    content, documents = (DATA / name / f"{name}.bytes").read_bytes(), DATA / name / f"{name}.documents"
    if not documents.exists():
        return [(content[at:at + BLOCK], at // BLOCK) for at in range(0, len(content) - BLOCK + 1, BLOCK)]
    ends = [tuple(map(int, row.split("\t"))) for row in documents.read_text().splitlines()]
    begins = [0, *(end for end, _ in ends)]
    return [(content[begin:end], group) for begin, (end, group) in zip(begins, ends)]


def windows(pieces, size, wanted):
    """Those of `wanted` stretches of `size` at even distances through the pieces' whole blocks, one piece behind the
    other; the group of a window is that of its first byte."""
    side, starts = b"".join(content for content, _ in pieces), [0]
    for content, _ in pieces:
        starts.append(starts[-1] + len(content))
    for at in evenly(range(0, len(side) // BLOCK * BLOCK, size), wanted):
        for begin in range(at, at + size, WINDOW):
            yield side[begin:begin + WINDOW], pieces[bisect_right(starts, begin) - 1][1]


def bytes12(reading):
    """Every tenth group is the test's."""
    for domain in DOMAINS:
        pieces, items = groups_of(domain), []
        for side, size, wanted in ((TRAIN, BLOCK, TRAIN_BLOCKS), (TEST, KIB, TEST_PIECES)):
            own = [piece for piece in pieces if (piece[1] % 10 == 9) == (side == TEST)]
            items += [(side, 0, group, checksum(window, 0)) for window, group in windows(own, size, wanted)]
        yield line(reading, domain, items)


READINGS = {"bytes12": lambda: bytes12("bytes12")}
