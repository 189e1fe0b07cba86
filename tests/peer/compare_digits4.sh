#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/peer/compare_digits4.sh [SEEDS]    (default 5)
# The same four arms from loom (configs/peer_digits4.yaml) and from plain PyTorch (digits4.py): accuracies must agree,
# and the ratio of the times to a table is printed. Run it while nothing else does. Exits 5 when an accuracy misses.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
readonly here root seeds=${1:-5}
readonly loom=${LOOM:-$root/build/dev/loom} venv=$root/build/peer-venv
work=$(mktemp -d)
readonly work
trap 'rm -rf "$work"' EXIT

# LibTorch's own wheel, seen from a second environment that has what its Python side imports beside it.
if [[ ! -f $venv/ready ]]; then
  printf 'peer: making %s\n' "$venv" >&2
  rm -rf "$venv"
  "$root/.venv/bin/python" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    numpy typing_extensions sympy networkx jinja2 filelock fsspec >&2
  wheel=$("$root/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  echo "$wheel" >"$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/loom_torch.pth"
  "$venv/bin/python" -c 'import torch; torch.optim.AdamW([torch.zeros(1)])'
  touch "$venv/ready"
fi

# timed NAME COMMAND...: its wall seconds go to $work/NAME.seconds
timed() {
  local name=$1 start=$EPOCHREALTIME
  shift
  "$@" || return
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {print b - a}' >"$work/$name.seconds"
}

timed peer "$venv/bin/python" "$here/digits4.py" --seeds "$seeds" --json "$work/peer.json"
LOOM_RESULTS=$work/results timed loom "$loom" run "$root/configs/peer_digits4.yaml" "seeds=$seeds" >"$work/table.txt"
python3 "$here/compare.py" "$work"
