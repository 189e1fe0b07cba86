# SPDX-License-Identifier: Apache-2.0
"""Makes a wheel, an npm archive and a Debian package of a few bytes, and the pins that name them: data_packages.py DIR"""
import gzip
import hashlib
import io
import platform
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(sys.argv[1])
SQLITE = b"int main(void) { return 0; }\n"
HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
YEAST = "a,b\n" + ",".join(["0.5"] * 103 + ["1"] * 14) + "\n"


def tar(mode, files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def wheel():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("river/datasets/yeast.csv.gz", gzip.compress(YEAST.encode()))
    return out.getvalue()


def pillow():
    """A wheel whose compiled part does not load."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("PIL/__init__.py", "raise ImportError('no _imaging for it')")
    return out.getvalue()


def deb():
    """An ar archive with a member of odd length before the payload."""
    folder = "./usr/share/datasets/fashion-mnist/"
    payload = tar("w:xz", [(folder + name + ".gz", gzip.compress(name.encode()))
                           for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")])
    def member(name, data):
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        return head + data + b"\n" * (len(data) % 2)
    return b"!<arch>\n" + member("debian-binary", b"2.0") + member("data.tar.xz", payload)


def row(name, files):
    digest = lambda data: hashlib.sha256(data).hexdigest()  # noqa: E731
    manifest = "".join(f"{file}\t{len(data)}\t{digest(data)}\n" for file, data in sorted(files.items()))
    return f"{name}\t{len(files)}\t{sum(map(len, files.values()))}\t{digest(manifest.encode())}\n"


def main():
    (ROOT / "packages").mkdir()
    (ROOT / "pins").mkdir()
    made = [("pip", "river", "1", "river-1-py3-none-any.whl", wheel()),
            ("npm", "better-sqlite3", "1", "better-sqlite3-1.tgz",
             tar("w:gz", [("package/deps/sqlite3/sqlite3.c", SQLITE), ("package/other.c", b"no")])),
            ("apt", "dataset-fashion-mnist", "1", "dataset-fashion-mnist_1_all.deb", deb()),
            ("apt", "fonts-aenigma", "1", "fonts-aenigma_1_all.deb", deb()),
            ("pip", "pillow", "1", f"pillow-1-{HERE}-{HERE}-manylinux_2_27_{platform.machine()}.whl", pillow())]
    rows = "client\tname\tversion\tfile\tbytes\tsha256\n"
    for client, name, version, file, data in made:
        (ROOT / "packages" / file).write_bytes(data)
        rows += "\t".join([client, name, version, file, str(len(data)), hashlib.sha256(data).hexdigest()]) + "\n"
    (ROOT / "pins" / "packages.tsv").write_text(rows)
    (ROOT / "pins" / "suites.tsv").write_text("suite\tdata\nsmall\tc_sqlite yeast\nimages\tfashion\n")
    table = ",".join([f"x{i + 1}" for i in range(103)] + [f"y{i + 1}" for i in range(14)]) + YEAST[3:]
    (ROOT / "pins" / "prepared.tsv").write_text(
        "data\tfiles\tbytes\tsha256\n" + row("c_sqlite", {"c_sqlite.bytes": SQLITE}) +
        row("yeast", {"yeast.csv": table.encode()}) +
        row("fashion", {name: name.encode() for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}))


main()
