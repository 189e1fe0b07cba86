#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# loom new writes components that compile and pass the tests it writes beside them; it overwrites nothing.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

readonly tree=$work/tree
mkdir -p "$tree/scripts" "$tree/architectures/combiners"
cp -r "$LOOM_SOURCE_DIR/scripts/templates" "$tree/scripts/"
cp "$LOOM_SOURCE_DIR/architectures/combiners/router.cpp" "$tree/architectures/combiners/"
cd "$tree"

refuse() { # refuse PATTERN ARGUMENT...
  local pattern=$1
  shift
  expect 2 "$@"
  said err "$pattern"
  one_line
}
refuse "'router' exists: architectures/combiners/router.cpp" new combiner router
refuse "'router' exists" new suite router
refuse "cannot name a component" new combiner Mine
refuse "cannot name a component" new combiner '../x'
refuse "cannot name a component" new combiner 2x
refuse "cannot name a component" new combiner a__b
refuse "cannot name a component" new combiner ''
refuse 'means something to C' new combiner class
refuse "cannot make a new 'combinre'; did you mean 'combiner'" new combinre mine
(cd "$work" && refuse "loom's source folder" new combiner mine)
[[ -z $(find . -newer "$work/err" -name '*mine*') ]] || fail 'a refusal wrote something'
ok 'existing names, bad identifiers, unknown kinds and other folders are refused'

for kind in birth closed_form combiner partition suite architecture backbone; do
  expect 0 new "$kind" "my_$kind"
  refuse 'exists' new "$kind" "my_$kind"
  [[ -s configs/my_$kind.yaml ]] || fail "no config for my_$kind"
done
[[ -z $(grep -rl '@[A-Z]*@' architectures tasks tests configs) ]] || fail 'a mark is left in a file'
ok 'seven kinds are written, each once'

binary=${LOOM%/*}
mapfile -t sources < <(find architectures/{births,closed_forms,combiners,partitions} tasks tests -maxdepth 1 -name '*my_*.cpp')
((${#sources[@]} == 10)) || fail "${#sources[@]} torch-free files"
printf '#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN\n#include <doctest/doctest.h>\n' >"$work/main.cpp"
for source in "${sources[@]}"; do printf '#include "%s"\n' "$tree/$source" >>"$work/main.cpp"; done
g++ -std=c++20 -O0 -Wall -Wextra -Werror -I"$LOOM_SOURCE_DIR" -isystem /usr/include/eigen3 "$work/main.cpp" \
  -o "$work/tests" -Wl,--start-group "$binary"/lib{parts,suites,core}.a -Wl,--end-group -lyaml-cpp -lcrypto -pthread \
  >"$work/out" 2>"$work/err" || fail 'they do not compile'
"$work/tests" >"$work/out" 2>&1 || fail 'their tests fail'
said out 'test cases: *5 *\| *5 passed'
ok 'the torch-free ones compile without a warning, and pass their own tests'
