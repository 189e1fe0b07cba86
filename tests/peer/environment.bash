# SPDX-License-Identifier: Apache-2.0
# peer_environment ROOT [PACKAGE...]: LibTorch's own wheel, seen from a second environment, build/peer-venv, that has what
# its Python side imports beside it, and the packages.
peer_environment() {
  local root=$1 venv=$1/build/peer-venv wheel
  shift
  if [[ ! -f $venv/ready ]]; then
    printf 'peer: making %s\n' "$venv" >&2
    rm -rf "$venv"
    "$root/.venv/bin/python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
      numpy typing_extensions sympy networkx jinja2 filelock fsspec >&2
    wheel=$("$root/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    echo "$wheel" >"$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/loom_torch.pth"
    "$venv/bin/python" -c 'import torch; torch.optim.AdamW([torch.zeros(1)])'
    touch "$venv/ready"
  fi
  (($# == 0)) || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
}
