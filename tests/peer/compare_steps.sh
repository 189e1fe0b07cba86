#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/peer/compare_steps.sh [ROUNDS]    (default 7)
# What a training step of one member costs in loom, in plain PyTorch and, for the MLP, in JAX, each in turn, round after
# round: medians, and the median of the rounds' ratios. Builds the benchmark program. Run it while nothing else does.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
readonly here root

source "$here/environment.bash"
"$root/scripts/build" loom_bench
peer_environment "$root" jax
"$root/build/peer-venv/bin/python" "$here/compare_steps.py" --rounds "${1:-7}" --bench "$root/build/dev/loom_bench"
