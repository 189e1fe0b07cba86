# SPDX-License-Identifier: Apache-2.0
"""Reads package files of all three clients with the standard library alone."""
import io
import re
import tarfile
import zipfile
from pathlib import Path

from preparation.trouble import Trouble


def deb_payload(deb):
    """The data.tar member of a .deb, which is an ar archive: 60-byte headers, members padded to even offsets."""
    offset = len(b"!<arch>\n")
    while offset + 60 <= len(deb):
        size = int(deb[offset + 48:offset + 58])
        if deb[offset:offset + 16].startswith(b"data.tar"):
            return deb[offset + 60:offset + 60 + size]
        offset += 60 + size + size % 2
    raise Trouble("a .deb without data.tar")


class Archive:
    def __init__(self, path):
        self.path = Path(path)

    def files(self, pattern):
        """[(name, bytes)] of the regular files whose whole name matches, sorted by name: no order of the package's
        maker enters. Names carry no leading "./"."""
        accepts = re.compile(pattern).fullmatch
        if self.path.suffix == ".whl":
            with zipfile.ZipFile(self.path) as wheel:
                return [(name, wheel.read(name)) for name in sorted(wheel.namelist()) if accepts(name)]
        data = self.path.read_bytes()
        return sorted(tar_files(deb_payload(data) if self.path.suffix == ".deb" else data, accepts))

    def file(self, name):
        found = self.files(re.escape(name))
        if not found:
            raise Trouble(f"{self.path.name} holds no {name}")
        return found[0][1]


def tar_files(data, accepts):
    # As a stream: each member is read when it passes, so nothing is decompressed twice.
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|*") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isfile() and accepts(name):
                yield name, tar.extractfile(member).read()
