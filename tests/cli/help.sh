#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `loom --help` fits a terminal of 24 lines and 80 columns with the prompt below it, starts with examples, and names every
# command, each of which has a page of its own.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

expect 0 --help
cp "$work/out" "$work/help"
(($(wc -l <"$work/help") <= 23)) || fail "the help has $(wc -l <"$work/help") lines"
wide=$(awk 'length > 80' "$work/help")
[[ -z $wide ]] || fail "wider than 80 columns: $wide"
sed -n 2p "$work/help" | grep -q '^  loom run configs/' || fail 'the help does not start with an example'
grep -oE '^  loom [a-z]+' "$work/help" | awk '{print $2}' | sort -u >"$work/examples"
expect 0 __complete ''
grep -v '^-' "$work/out" | sort >"$work/verbs"
(($(wc -l <"$work/verbs") >= 15)) || fail 'few commands'
[[ -z $(comm -23 "$work/examples" "$work/verbs") ]] || fail 'an example names no command'
while read -r verb; do
  grep -qE "^  $verb  +[a-z]" "$work/help" || fail "the help does not name $verb"
  expect 0 "$verb" --help
  said out "^Usage: loom $verb "
done <"$work/verbs"
ok "$(wc -l <"$work/help") lines name $(wc -l <"$work/verbs") commands"
