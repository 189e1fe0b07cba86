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

source "$here/environment.bash"
peer_environment "$root"

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
