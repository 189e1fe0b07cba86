#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/setup, with a dpkg that has all packages and a pip that only notes what it is asked for: once is enough, another
# index installs again, and later calls without one keep what came from it.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
unset Torch_DIR LOOM_TORCH_INDEX

readonly tree=$work/tree asked=$work/asked
mkdir -p "$tree/scripts" "$tree/.venv/bin" "$work/bin"
cp "$LOOM_SOURCE_DIR/scripts/setup" "$tree/scripts/"
printf '#!/bin/sh\necho "Status: install ok installed"\n' >"$work/bin/dpkg"
cat >"$tree/.venv/bin/python" <<'END'
#!/usr/bin/env bash
case $* in
  *' install '*torch==*) ;;
  *) exit 0 ;;
esac
printf '%s\n' "$*" >>"$ASKED"
version=$(sed 's/.*torch==//' <<<"$*")
[[ $* != *cpu* ]] || version+=+cpu
site=${0%/bin/python}/lib/python3.11/site-packages
rm -rf "$site"
mkdir -p "$site/torch-$version.dist-info" "$site/torch"
: >"$site/torch-$version.dist-info/RECORD"
if [[ $* == *cpu* ]]; then cuda=None; else cuda="'13.0'"; fi
printf "cuda: Optional[str] = %s\n" "$cuda" >"$site/torch/version.py"
END
chmod +x "$work/bin/dpkg" "$tree/.venv/bin/python"
export PATH=$work/bin:$PATH ASKED=$asked

times() { # times COUNT: so often was a wheel asked for
  (($(wc -l <"$asked") == $1)) || fail "$(wc -l <"$asked") installations instead of $1"
}
setup() { "$tree/scripts/setup" >"$work/out" 2>"$work/err" || fail "set-up exits $?"; }

setup
times 1
! grep -q index-url "$asked" || fail 'an index that nobody named'
said err "from pip's index"
said err 'a CUDA build'
setup
times 1
[[ ! -s $work/err ]] || fail 'a second set-up says something'
LOOM_TORCH_INDEX=file:///cpu setup
times 2
tail -n 1 "$asked" | grep -q -- '--extra-index-url file:///cpu --force-reinstall' || fail 'the index is not asked'
said err 'LibTorch 2.13.0.cpu, a CPU build'
LOOM_TORCH_INDEX=file:///cpu setup
setup
times 2
LOOM_TORCH_INDEX=file:///other-cpu setup
times 3
rm "$tree/.venv/.torch-index"
LOOM_TORCH_INDEX=file:///cpu setup
times 3
ok 'an index is part of what set-up pins: another one installs again, none keeps the wheel'
