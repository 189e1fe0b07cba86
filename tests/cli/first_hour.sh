#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The README's commands exist and their configs are valid; and scripts/first_hour, which walks them, tells what differs.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

cd "$LOOM_SOURCE_DIR"
scripts/first_hour --list >"$work/list"
count=0
while IFS=$'\t' read -r line _ command; do
  for word in $command; do
    case $word in
      scripts/*) [[ -x $word ]] || fail "README:$line runs $word, which is not there" ;;
      configs/*) expect 0 check "$word" ;;
    esac
  done
  count=$((count + 1))
done <"$work/list"
((count >= 8)) || fail "README holds only $count commands"
ok "$count commands of the README name scripts that run and configs that are valid"

# The file that the README's mistake stands in has that mistake, word for word.
python3 - "$work" <<'END'
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

loader = importlib.machinery.SourceFileLoader("first_hour", "scripts/first_hour")
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("first_hour", loader))
sys.modules["first_hour"] = module
loader.exec_module(module)
steps, files = module.steps_and_files(Path("README.md").read_text())
(Path(sys.argv[1]) / "mine.yaml").write_text(files["mine.yaml"])
[step] = [step for step in steps if "mine.yaml" in step.command]
(Path(sys.argv[1]) / "wanted").write_text("\n".join(step.printed) + "\n")
assert module.compare(["a 1.5", "b"], ["x", "a 1.5", "y", "b"]) == ""
assert module.compare(["a 1.5", "b"], ["a 2.5", "b"]) == "figures"
assert module.compare(["a", "b"], ["b", "a"]) == "b"
END
(cd "$work" && expect 2 run mine.yaml)
grep -vxFf "$work/err" "$work/wanted" >&2 && fail 'the README shows another mistake'
ok 'the mistake in the README is what loom prints'

walk() {
  local code=0
  LOOM_NO_BUILD=1 LOOM_PRESET=$(basename "${LOOM%/*}") scripts/first_hour --readme "$work/walk.md" >"$work/out" 2>"$work/err" || code=$?
  ((code == $1)) || fail "first_hour exits $code instead of $1"
}
cat >"$work/walk.md" <<'END'
```
scripts/loom --version
$ scripts/loom run no_such.yaml
no_such.yaml:1:1: error: nothing of the kind
scripts/loom run configs/suites/bytes12.yaml      # 45 minutes
```
END
walk 5
said out '^ok       scripts/loom --version'
said out '^differs  scripts/loom run no_such.yaml: README:3 says'
said out '^skipped  scripts/loom run configs/suites/bytes12.yaml'
ok 'a walk tells what is so, what differs and what it left out'
