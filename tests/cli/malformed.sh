#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every malformed config and every wrong command line: exit code 2, the place, and nothing written.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

# A place in a config, or the file as a whole where it cannot be read as text.
readonly place='^[^ ]+\.yaml(:[0-9]+:[0-9]+)?: error: '
configs=0 places=0
for config in "$LOOM_SOURCE_DIR"/tests/errors/*.yaml; do
  if head -n 1 "$config" | grep -qa '^# overrides: '; then continue; fi # its mistake is on the command line
  if [[ $config == */arm_setting_range.yaml ]]; then continue; fi # its ranges are those of the unit tests' own facts
  for verb in check run plan; do
    expect 2 "$verb" "$config"
    [[ ! -s $work/out ]] || fail "$verb $config writes to standard output"
    said err "$place"
    said err '^[0-9]+ errors?; nothing was run$'
  done
  configs=$((configs + 1))
  if grep -qE '\.yaml:[0-9]+:[0-9]+: error: ' "$work/err"; then places=$((places + 1)); fi
done
((places >= 40)) || fail "only $places configs with a line"
[[ ! -e $LOOM_RESULTS ]] || fail 'something was written'
ok "check, run and plan refuse $configs malformed configs, $places of them with line and column; nothing is written"

refuse() { # refuse PATTERN ARGUMENT...
  local pattern=$1
  shift
  expect 2 "$@"
  said err "$pattern"
  one_line
}
refuse "no command 'rnu'; did you mean 'run'" rnu "$here/tiny.yaml"
refuse 'frobnicate' run "$here/tiny.yaml" --frobnicate
refuse 'jobs' run "$here/tiny.yaml" -j 0
refuse 'CONFIG' run
refuse 'no config named' run seeds=3
refuse 'one config at a time' run "$here/tiny.yaml" "$here/other.yaml"
refuse 'nothere' table nothere
refuse 'nothere' verify nothere
refuse 'nothere' show nothere
expect 2 run "$here/nothere.yaml"
said err 'nothere.yaml'
expect 2 run "$here/tiny.yaml" seeds=many
said err "^command line: error: seeds: .*'many'"
expect 2
said out 'loom run'
[[ ! -e $LOOM_RESULTS ]] || fail 'something was written'
ok 'unknown commands, options, names and files exit 2'

expect 0 --help
(($(wc -l <"$work/out") <= 40)) || fail 'the help does not fit on a screen'
awk 'length > 120 {exit 1}' "$work/out" || fail 'a line of the help is too wide'
for verb in run plan table ls show check verify doctor; do
  said out "^ +$verb "
  expect 0 "$verb" --help
  said out '^Examples?:'
  expect 0 --help
done
expect 0 --version
said out '^loom [0-9]+\.[0-9]+\.[0-9]+$'
ok 'help of one screen, with examples for each command; version'
