#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/tutorial.md, command by command as it stands there. A component needs a build, which is left to cli.new: the run
# with the new combiner takes uniform_ensemble instead, which gives the same weights as what loom new writes.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

mkdir -p "$work/tree/scripts" "$work/tree/architectures/combiners"
cp -r "$LOOM_SOURCE_DIR/scripts/templates" "$work/tree/scripts/"
ln -s "$LOOM_SOURCE_DIR/docs" "$work/tree/docs"
cd "$work/tree"

# One command file for each ```sh block.
python3 - "$LOOM_SOURCE_DIR/docs/tutorial.md" "$work" <<'END'
import re
import sys
from pathlib import Path

blocks = re.findall(r"^```sh\n(.*?)^```$", Path(sys.argv[1]).read_text(), re.S | re.M)
for i, block in enumerate(blocks):
    (Path(sys.argv[2]) / f"block{i:02}.sh").write_text('set -euo pipefail\nloom() { "$LOOM" "$@"; }\n' + block)
END
ran=0
for block in "$work"/block*.sh; do
  sed -i 's/combiner: my_mean/combiner: uniform_ensemble/' "$block"
  bash "$block" >"$work/out" 2>"$work/err" || fail "the tutorial's block does not run: $(tail -n +3 "$block")"
  case $block in
    *block04.sh | *block03.sh) cat "$work/out" "$work/err" >>"$work/run" ;;
  esac
  ran=$((ran + 1))
done
((ran == 8)) || fail "$ran blocks ran"
grep -q 'Verdict: ' "$work/run" || fail 'no verdict'
grep -q '^next: ' "$work/run" || fail 'no closing summary'
said out 'begin.tabular..lrrr'
said out '^B own beside A mine: 0 of [1-9][0-9]* rows have another score'
[[ -s architectures/combiners/my_mean.cpp && -s tests/my_mean_test.cpp ]] || fail 'no new combiner'
[[ -s architectures/my_fabric.cpp && -s tests/engine/my_fabric_test.cpp ]] || fail 'no new architecture'
ok "the tutorial's $ran blocks run as they stand"
