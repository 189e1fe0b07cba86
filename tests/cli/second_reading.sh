#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/golden/second_reading.tsv is what the script reads: from embedded data, from others where all of them are here.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

# reading CODE ARGUMENT...
reading() {
  local wanted=$1 code=0
  shift
  "$LOOM_SOURCE_DIR/scripts/second_reading.py" "$@" >"$work/out" 2>"$work/err" || code=$?
  ((code == wanted)) || fail "scripts/second_reading.py $* exits $code instead of $wanted"
}

reading 0 --check digits4 bytes9
[[ $(<"$work/out") == current ]] || fail 'digits4 and bytes9 are not current'
reading 2 --check digits5
said err "no reading 'digits5'"
ok 'the embedded suites are read as they were; what there is not is refused'

"$LOOM_SOURCE_DIR/scripts/data" --list >"$work/out"
if grep -q lacks "$work/out"; then
  ok 'skipped: the others, whose data are not all here (scripts/data all)'
  exit 0
fi
reading 0 --check
ok 'and so are all others'
