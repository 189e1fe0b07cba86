#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/config.schema.json is what loom prints, every shipped config names it, and an independent validator agrees with
# the parser about both.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

readonly schema=$LOOM_SOURCE_DIR/docs/config.schema.json
expect 0 check --schema
cmp -s "$work/out" "$schema" || fail 'docs/config.schema.json is stale: build/dev/loom check --schema > docs/config.schema.json'
expect 2 check --schema "$here/tiny.yaml"
ok "docs/config.schema.json is current, $(wc -c <"$schema") bytes"

mapfile -t shipped < <(find "$LOOM_SOURCE_DIR/configs" -name '*.yaml' | sort)
for config in "${shipped[@]}"; do
  read -r line <"$config"
  [[ $line == '# yaml-language-server: $schema='* ]] || fail "$config names no schema in its first line"
  named=$(dirname "$config")/${line#*=}
  [[ -f $named ]] || fail "$config names $named, which is not there"
  case $config in
    */claims/*) [[ $named -ef ${schema%/*}/claims.schema.json ]] || fail "$config is a list of claims" ;;
    *) [[ $named -ef $schema ]] || fail "$config is an experiment" ;;
  esac
done
ok "${#shipped[@]} shipped configs name the schema"

mapfile -t experiments < <(printf '%s\n' "${shipped[@]}" | grep -v /claims/)
(cd "$LOOM_SOURCE_DIR" && expect 0 check "${experiments[@]}")
ok "the parser takes all ${#experiments[@]} experiments"

python=${LOOM_CHECKS:-$LOOM_SOURCE_DIR/build/checks}/bin/python
if [[ -x $python ]] && "$python" -c 'import jsonschema, ruamel.yaml' 2>/dev/null; then
  "$python" "$here/schema_parity.py" "$schema" "$LOOM_SOURCE_DIR" >"$work/out" 2>"$work/err" || fail 'schema and parser disagree'
  ok "$(<"$work/out")"
else
  ok 'skipped: no independent validator here (scripts/setup --checks installs one)'
fi
