#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/reference/ is what loom says of itself, and troubleshooting has every exit code.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

python3 "$LOOM_SOURCE_DIR/scripts/reference_pages" --check 2>"$work/err" || fail 'stale reference pages'
ok 'docs/reference is current'

for code in 0 1 2 3 4 5 75 130; do
  grep -qE "^## $code[,:]|^\| $code \|" "$LOOM_SOURCE_DIR/docs/exit-codes.md" || fail "docs/exit-codes.md lacks $code"
  grep -qE "^## $code[,:]" "$LOOM_SOURCE_DIR/docs/troubleshooting.md" || fail "docs/troubleshooting.md lacks $code"
done
ok 'every exit code is explained'

# Every relative link of the docs leads somewhere.
python3 - "$LOOM_SOURCE_DIR" <<'END' >"$work/out" 2>"$work/err" || fail 'dead links'
import re, sys
from pathlib import Path
root, dead = Path(sys.argv[1]), []
for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.S)):
        if "://" not in target and not (page.parent / target).exists():
            dead.append(f"{page.relative_to(root)}: {target}")
sys.exit("\n".join(dead) or 0)
END
ok 'every relative link of the docs leads somewhere'
