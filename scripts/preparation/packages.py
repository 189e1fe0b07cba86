# SPDX-License-Identifier: Apache-2.0
"""Package files: which there are, getting them with the ordinary clients, and the proof that they are the pinned ones."""
import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from preparation.trouble import BadInput, Trouble


class Package(NamedTuple):
    client: str  # pip, npm or apt
    name: str
    version: str
    file: str
    bytes: int
    sha256: str

    def __str__(self):
        return f"{self.client} {self.name} {self.version}"


def read_tsv(path, columns):
    """The rows below a header that names exactly `columns`."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from None
    if not lines or lines[0].split("\t") != columns:
        raise BadInput(f"{path}:1: the columns are not {' '.join(columns)}")
    for number, line in enumerate(lines[1:], 2):
        if len(line.split("\t")) != len(columns):
            raise BadInput(f"{path}:{number}: not {len(columns)} columns")
        yield line.split("\t")


RUNS_HERE = {"pillow"}  # its code is imported; of other compiled wheels only files are read, on any Python


def suits_here(package):
    """Whether a wheel with compiled code is one for this interpreter."""
    version = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"-{version}-" in package.file and package.file.endswith(f"{platform.machine()}.whl")


def read_packages(path):
    """name -> Package. Where one name has several rows (a wheel for each Python) or its code runs, the row for this
    interpreter or none."""
    rows = {}
    for client, name, version, file, size, sha256 in read_tsv(path, list(Package._fields)):
        rows.setdefault(name, []).append(Package(client, name, version, file, int(size), sha256))
    chosen = {name: [p for p in some if (len(some) == 1 and name not in RUNS_HERE) or suits_here(p)]
              for name, some in rows.items()}
    return {name: some[0] for name, some in chosen.items() if some}


def fault(path, package):
    """What keeps the file from being the pinned one; empty when it is."""
    size = path.stat().st_size
    if size != package.bytes:
        return f"has {size} bytes instead of {package.bytes}"
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256") if sys.version_info >= (3, 11) else hashlib.sha256(file.read())
    return "" if digest.hexdigest() == package.sha256 else "has another sha256 than the pinned one"


def command(package, folder):
    """The client's command line that puts the package file into `folder`, which is also where it runs."""
    if package.client == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    if package.client == "apt":
        architecture = re.search(r"_(\w+)\.deb$", package.file)[1]
        name = package.name if architecture == "all" else f"{package.name}:{architecture}"
        return ["apt-get", "download", "--quiet", f"{name}={package.version}"]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest",
           str(folder)]
    return [*pip, *wheel_flags(package.file), f"{package.name}=={package.version}"]


def wheel_flags(file):
    """What makes pip choose exactly this file, on any Python."""
    if not file.endswith(".whl"):
        return ["--no-binary", ":all:"]
    python, abi, tags = file[:-len(".whl")].split("-")[-3:]
    if tags == "any":
        return ["--only-binary=:all:"]
    return ["--only-binary=:all:", "--python-version", python.removeprefix("cp"), "--implementation", "cp", "--abi",
            abi, "--platform", tags.split(".")[-1]]


class PackageFiles:
    """The package files of one call: from the cache, else from the folder of --from, else fetched."""

    def __init__(self, cache, folder, say):
        self._cache, self._folder, self._say = cache, folder, say
        self._apt_is_fresh = False

    def missing(self, packages):
        """Those that would have to be fetched."""
        places = [self._cache] + ([self._folder] if self._folder else [])
        return [p for p in packages if not any((place / p.file).is_file() for place in places)]

    def path(self, package):
        """Where the checked package file is."""
        cached = self._cache / package.file
        if cached.is_file():
            if not fault(cached, package):
                return cached
            cached.unlink()  # the cache is ours; what went bad there is fetched again
        if self._folder is None:
            self._fetch(package, cached)
            return cached
        own = self._folder / package.file
        if not own.is_file():
            raise Trouble(f"{self._folder} lacks {package.file}")
        if why := fault(own, package):
            raise Trouble(f"{own} {why}; nothing of it is used")
        return own

    def _fetch(self, package, cached):
        self._say(f"{package} ({package.bytes / 1e6:.1f} MB) ... ")
        self._cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=self._cache) as scratch:
            why = self._run(package, scratch)
            if why and package.client == "apt" and not self._apt_is_fresh:
                self._apt_is_fresh = True  # the lists may be missing or old: once is enough
                run(["apt-get", "update", "--quiet"], scratch)
                why = self._run(package, scratch)
            if why:
                raise Trouble(f"{package} cannot be fetched: {why}; or put {package.file} into a folder: --from DIR")
            fetched = Path(scratch) / package.file
            if not fetched.is_file():
                raise Trouble(f"{package}: {package.client} brought another file than {package.file}")
            if why := fault(fetched, package):
                raise Trouble(f"{package}: {package.file} {why}; nothing of it is kept")
            os.replace(fetched, cached)

    def _run(self, package, scratch):
        return run(command(package, scratch), scratch)


def run(words, folder):
    """Why the command failed: its last words; empty when it did not."""
    try:
        done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    except FileNotFoundError:
        return f"{words[0]} is not installed"
    last = [line.strip() for line in done.stdout.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
    errors = [line for line in last if re.match(r"E:|ERROR|npm ERR|npm error|.*No module named", line)]
    return "" if done.returncode == 0 else f"{Path(words[0]).name} says: {(errors or last)[-1]}"
