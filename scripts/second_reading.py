#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second reading of the suites that read files, with the standard library alone.

    scripts/second_reading.py [READING...]    writes tests/golden/second_reading.tsv, or only these readings' lines
    scripts/second_reading.py --check [...]   says whether they are what the file holds

Of both sides of every domain: items, the sum of labels, groups, and what inputs come to: the sum of absolute numbers,
or of each item's CRC-32 times its label and one, modulo 2^32. tests/second_reading_test.cpp holds the suites to it.
LOOM_DATA, else the cache, has the data.
"""
import argparse
import difflib
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from readings import byte_domains, embedded, images, tables, text  # noqa: E402

GOLDEN = Path(__file__).resolve().parent.parent / "tests/golden/second_reading.tsv"
READINGS = embedded.READINGS | tables.READINGS | images.READINGS | text.READINGS | byte_domains.READINGS
HEADER = "\t".join(["reading", "domain"] + [f"{side}{part}" for side in ("train", "test")
                                              for part in ("", "_labels", "_groups", "_inputs")])


def stored():
    lines = {}
    for line in GOLDEN.read_text().splitlines()[1:]:
        lines.setdefault(line.split("\t")[0], []).append(line)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="READING", help=", ".join(READINGS))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in READINGS]
    if unknown:
        parser.error(f"no reading '{unknown[0]}'; there are {', '.join(READINGS)}")
    lines = stored()
    for name in arguments.names or READINGS:
        lines[name] = list(READINGS[name]())
    text_now = "\n".join([HEADER, *(line for name in READINGS for line in lines.get(name, []))]) + "\n"
    if arguments.check:
        change = list(difflib.unified_diff(GOLDEN.read_text().splitlines(), text_now.splitlines(), "stored", "now",
                                           lineterm="", n=0))
        print("\n".join(change) if change else "current")
        return 1 if change else 0
    GOLDEN.write_text(text_now)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(f"second_reading: {error.filename}: {error.strerror}")
