# SPDX-License-Identifier: Apache-2.0
# peer_environment ROOT [PACKAGE...]: LibTorch's own wheel, seen from a second environment, build/peer-venv, that has what
# its Python side imports beside it, and the packages.
peer_environment() {
  local checkout=$1 place=$1/build/peer-venv wheel
  shift
  if [[ ! -f $place/ready ]]; then
    printf 'peer: making %s\n' "$place" >&2
    rm -rf "$place"
    "$checkout/.venv/bin/python" -m venv "$place"
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check \
      numpy typing_extensions sympy networkx jinja2 filelock fsspec >&2
    wheel=$("$checkout/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    echo "$wheel" >"$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/loom_torch.pth"
    "$place/bin/python" -c 'import torch; torch.optim.AdamW([torch.zeros(1)])'
    touch "$place/ready"
  fi
  (($# == 0)) || "$place/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
}
