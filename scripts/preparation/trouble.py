# SPDX-License-Identifier: Apache-2.0
"""What ends scripts/data with one line and an exit code of docs/exit-codes.md."""


class Trouble(Exception):
    code = 3  # the machine: data, disk, network, a missing program


class BadInput(Trouble):
    code = 2  # the user's mistake
