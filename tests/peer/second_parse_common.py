# SPDX-License-Identifier: Apache-2.0
"""What the second reading of the data shares: packages as folders, and comparisons that say what they compared."""
import csv
import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
ROOT = Path(os.environ.get("LOOM_DATA") or CACHE / "loom" / "data")


class Differs(Exception):
    pass


def same(what, ours, theirs):
    if ours != theirs:
        raise Differs(f"{what}: prepared {ours!r}, package {theirs!r}")
    return f"{what} {ours}"


def sha(data):
    return hashlib.sha256(data).hexdigest()[:16]


class Unpacked:
    """A package as a folder, by the system's own programs."""

    def __init__(self, scratch):
        self._scratch, self._folders = Path(scratch), {}

    def __call__(self, start):
        if start not in self._folders:
            (package,) = (ROOT / "packages").glob(start + "*")
            folder = self._folders[start] = self._scratch / package.name
            folder.mkdir()
            if package.suffix == ".whl":
                with zipfile.ZipFile(package) as wheel:
                    wheel.extractall(folder)
            else:
                unpack = ["dpkg-deb", "-x"] if package.suffix == ".deb" else ["tar", "-C", folder, "-xzf"]
                subprocess.run([*unpack, package, *([folder] if package.suffix == ".deb" else [])], check=True)
        return self._folders[start]


def prepared(*parts):
    return ROOT.joinpath(*parts).read_bytes()


def rows_of(*parts):
    with open(ROOT.joinpath(*parts), newline="", encoding="utf-8") as file:
        return list(csv.reader(file))
