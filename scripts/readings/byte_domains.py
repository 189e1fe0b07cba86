# SPDX-License-Identifier: Apache-2.0
"""Windows of bytes: bytes12, each domain a file; speeches by decade; declarations by language."""
from bisect import bisect_right
from collections import defaultdict

from readings.shared import DATA, TEST, TRAIN, checksum, evenly, line

DOMAINS = "en_lit en_sotu en_email man_de man_ja man_zh c_sqlite py_sympy js_three metamath dna_ecoli protein".split()
KIB, BLOCK, WINDOW = 1024, 16 * 1024, 128
TRAIN_BLOCKS, TEST_PIECES = 64, 16


def groups_of(name, by_document=True):
    """(bytes, group) of the pieces of a file that stay together: its whole blocks, or its documents where their ends
    and groups are told."""
    content, documents = (DATA / name / f"{name}.bytes").read_bytes(), DATA / name / f"{name}.documents"
    if not by_document or not documents.exists():
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


def sides_of(domain, by_document=True):
    """Pieces of both sides: every tenth group is the test's."""
    pieces = groups_of(domain, by_document)
    return {side: [piece for piece in pieces if (piece[1] % 10 == 9) == (side == TEST)] for side in (TRAIN, TEST)}


def sampled(pieces, side):
    return windows(pieces, *((BLOCK, TRAIN_BLOCKS) if side == TRAIN else (KIB, TEST_PIECES)))


def bytes12(reading):
    for domain in DOMAINS:
        yield line(reading, domain, [(side, 0, group, checksum(window, 0)) for side, pieces in sides_of(domain).items()
                                     for window, group in sampled(pieces, side)])


def cut(content, window):
    return [content[at:at + window] for at in range(0, len(content) - window + 1, window)]


def of_speeches(speeches, kib):
    """Of (group, text) so many of their whole KiB at even distances, each in windows."""
    pieces = [(group, piece) for group, text in speeches for piece in cut(text, KIB)]
    for group, piece in evenly(pieces, kib):
        yield from ((group, window) for window in cut(piece, WINDOW))


def sotu_decades(reading):
    """One speech in five, or one, is the test's. Where the others are fewer than the train side has splits, four, each
    is four groups."""
    decades = defaultdict(list)
    for file in sorted((DATA / "sotu").glob("*.txt")):
        decades[f"{file.name[:3]}0s"].append(file.read_bytes())
    for decade, speeches in sorted(decades.items()):
        tested = evenly(range(len(speeches)), max(1, len(speeches) // 5))
        trained = [(number, text) for number, text in enumerate(speeches) if number not in tested]
        if len(trained) < 4:
            ends = [[KIB * (len(text) // KIB * part // 4) for part in range(5)] for _, text in trained]
            trained = [((number, part), text[end[part]:end[part + 1]])
                       for (number, text), end in zip(trained, ends) for part in range(4)]
        chosen = {TRAIN: of_speeches(trained, 32), TEST: of_speeches([(n, speeches[n]) for n in tested], 8)}
        yield line(reading, decade, [(side, 0, group, checksum(window, 0))
                                     for side, windows_of in chosen.items() for group, window in windows_of])


def udhr(reading):
    """Articles 2, 6, 10 ... are the test's; the preamble's quarters are groups of their own."""
    for language in "spa rus hin arb fin tur swh ind tam tha cmn_hans kor".split():
        parts = defaultdict(bytes)
        for row in (DATA / "udhr" / f"{language}.txt").read_bytes().splitlines(keepends=True):
            number, _, text = row.partition(b"\t")
            parts[int(number)] += text
        preamble = parts.pop(0)
        ends = [len(preamble) * quarter // 4 for quarter in range(5)]
        parts |= {-1 - quarter: preamble[ends[quarter]:ends[quarter + 1]] for quarter in range(4)}
        yield line(reading, language, [(TEST if part >= 0 and part % 4 == 2 else TRAIN, 0, part, checksum(window, 0))
                                       for part, text in parts.items() for window in cut(text, 64)])


READINGS = {"bytes12": lambda: bytes12("bytes12"), "sotu_decades": lambda: sotu_decades("sotu_decades"),
            "udhr": lambda: udhr("udhr")}
