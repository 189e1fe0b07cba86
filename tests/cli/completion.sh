#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real bash completes loom's command lines with what `loom completion bash` prints; zsh takes its own.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

PATH=${LOOM%/*}:$PATH
expect 0 completion bash
cp "$work/out" "$work/loom.bash"
expect 2 completion tcsh
expect 0 completion zsh
cp "$work/out" "$work/loom.zsh"
cd "$LOOM_SOURCE_DIR"
export LOOM_RESULTS=results

# completes LINE WANTED...: what bash offers at the end of LINE, as readline would hand it over.
completes() {
  local line=$1 got
  shift
  got=$(bash --norc -c '
    source "$1"
    COMP_LINE=$2 COMP_POINT=${#2}
    [[ $(complete -p loom) == *"-F _loom loom" ]] || exit 1
    _loom
    printf "%s\n" "${COMPREPLY[@]}"' _ "$work/loom.bash" "$line")
  [[ $got == "$(printf '%s\n' "$@")" ]] || fail "'$line' completes to: $got"
}
completes 'loom pl' plan
completes 'loom run configs/quicks' configs/quickstart.yaml
completes 'loom check configs/quickstart.yaml train.weight' train.weight_decay=
completes 'loom check configs/quickstart.yaml train.schedule=c' constant cosine # readline breaks words at =
completes 'loom table reference/digits4' reference/digits4 reference/digits4_shift
completes 'loom table reference/digits4 --by ' domain
completes 'loom compare reference/digits4 den' dense
completes 'loom compare reference/digits4 dense sof' soft_moe
completes 'loom compare reference/digits4 dense self' self_ensemble
completes 'loom compare reference/digits4 dense random_split' 'random_split\ branch' 'random_split\ cold'
completes 'loom show uniform_s' uniform_soup
completes 'loom ls comb' combiners
completes 'loom audit digits4' digits4
completes 'loom nothing ' ''
ok 'bash completes commands, flags, configs, keys, values, components, results and arms'

# What a person's shell does with it: a tab at a prompt.
typed=$(printf 'source %q\nloom show uniform_s\t\nexit\n' "$work/loom.bash" |
  TERM=dumb PS1='' bash --norc -i 2>&1 | tr -d '\r\a') || true
[[ $typed == *'loom show uniform_soup'* ]] || [[ $typed == *'combiner uniform_soup'* ]] || fail "a tab gives: $typed"
ok 'a tab in an interactive bash completes'

if command -v zsh >/dev/null; then
  zsh -n "$work/loom.zsh" || fail 'zsh does not parse its completion'
  ok 'zsh parses its completion'
else
  ok 'skipped: no zsh here'
fi
